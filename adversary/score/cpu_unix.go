//go:build unix

package score

import (
	"syscall"
	"time"
)

// cpuTime returns what this process has used of its processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // not with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
