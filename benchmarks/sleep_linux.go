package benchmarks

import (
	"syscall"
	"time"
)

// nap sleeps for less than a few milliseconds. The runtime's timers wake an idle process up to a millisecond late, since
// epoll_wait counts in those; nanosleep does not. A signal may end it early.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // EINTR is an early end
}
