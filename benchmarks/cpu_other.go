//go:build !unix

package benchmarks

import "time"

// ProcessCPU is not known here.
func ProcessCPU() time.Duration { return 0 }
