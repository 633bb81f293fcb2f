package tcp

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unsentBytesMax is how much the kernel takes beyond what the network has room for. What it has taken is
// sent in order, so more of it would be bulk that stands before votes, out of our reach (spec D2).
const unsentBytesMax = 128 << 10

// setSocketOptions bounds how long written data may stay unacknowledged, without which a cut network is
// noticed by writes only after many minutes of retransmission, and how much may stay unsent.
func setSocketOptions(conn syscall.Conn, userTimeout time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	ms := int(min(userTimeout.Milliseconds(), 1<<31-1))
	control := raw.Control(func(fd uintptr) {
		if err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ms); err == nil {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentBytesMax)
		}
	})
	if control != nil {
		return control
	}
	return err
}
