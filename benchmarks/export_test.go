package benchmarks

import "time"

// The tests run in virtual time, which the kernel does not know.
func init() { finest = time.Sleep }

// What a program was built from.
var (
	Stamped    = stamped
	CheckedOut = checkedOut
)

// CeilingQuorum is the quorum that a Ceiling reckons with.
func CeilingQuorum(n int) int { return (&Ceiling{Replicas: n}).quorum() }
