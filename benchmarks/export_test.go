package benchmarks

import "time"

// The tests run in virtual time, which the kernel does not know.
func init() { finest = time.Sleep }

// What a program was built from.
var (
	Stamped    = stamped
	CheckedOut = checkedOut
)
