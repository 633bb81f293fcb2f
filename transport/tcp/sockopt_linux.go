package tcp

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// setUserTimeout bounds how long written data may stay unacknowledged. Without it a cut network is
// noticed by writes only after many minutes of retransmission.
func setUserTimeout(conn syscall.Conn, timeout time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	ms := int(min(timeout.Milliseconds(), 1<<31-1))
	control := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ms)
	})
	if control != nil {
		return control
	}
	return err
}
