//go:build twothirds_bug

package bug

import (
	"os"
	"strings"
)

// The switches are described beside their constants in bug.go.
var (
	M31, M32, M63, M65, M66, M68, M69, M77, M78, M79, M81, M82, M83 bool
)

var switches = map[string]*bool{
	"M31": &M31, "M32": &M32, "M63": &M63, "M65": &M65, "M66": &M66, "M68": &M68, "M69": &M69, "M77": &M77, "M78": &M78,
	"M79": &M79, "M81": &M81, "M82": &M82, "M83": &M83,
}

func init() {
	Set(strings.FieldsFunc(os.Getenv("TWOTHIRDS_BUG"), func(r rune) bool { return r == '+' || r == ',' })...)
}

// Set turns the named bugs on and all others off. It panics on a name that there is
// not. It is for tests, while nothing else runs.
func Set(names ...string) {
	for _, on := range switches {
		*on = false
	}
	for _, name := range names {
		*switches[name] = true
	}
}
