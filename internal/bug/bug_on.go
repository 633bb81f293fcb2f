//go:build twothirds_bug

package bug

import "os"

var chosen = os.Getenv("TWOTHIRDS_BUG")

// The switches are described beside their constants in bug.go.
var M63 = chosen == "M63"
