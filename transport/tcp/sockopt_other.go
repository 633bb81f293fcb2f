//go:build !linux

package tcp

import (
	"syscall"
	"time"
)

// setSocketOptions does nothing here: pings, IdleTimeout and WriteTimeout have to notice what is cut.
func setSocketOptions(syscall.Conn, time.Duration) error { return nil }
