//go:build !linux

package tcp

import (
	"syscall"
	"time"
)

// setUserTimeout does nothing here: pings, IdleTimeout and WriteTimeout have to notice.
func setUserTimeout(syscall.Conn, time.Duration) error { return nil }
