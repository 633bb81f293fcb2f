package tcp

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync"

	"github.com/twothirds-bft/twothirds/transport"
)

// socket stands between TLS and the network. TLS reads and writes record by record, 16 KiB each and often
// in two pieces; a socket asks the system once for many of them.
type socket struct {
	net.Conn
	reader *bufio.Reader // nil before there is a link

	mu     sync.Mutex // TLS writes alerts on its own
	gather bool
	buf    *[]byte // what was gathered
}

// socketOf returns what a connection runs on, nil if it is insecure.
func socketOf(conn net.Conn) *socket {
	if conn, ok := conn.(*tls.Conn); ok {
		return conn.NetConn().(*socket)
	}
	return nil
}

// recordBytes is the most that TLS puts into one record, and so writes at a time anyway.
const recordBytes = 16 << 10

// What a socket reads ahead.
const (
	memberSocketBytes = 64 << 10
	clientSocketBytes = recordBytes
)

// readAhead begins to read ahead. Nobody may be reading.
func (s *socket) readAhead(role transport.Role) {
	size := memberSocketBytes
	if role == transport.Client {
		size = clientSocketBytes
	}
	s.reader = bufio.NewReaderSize(s.Conn, size)
}

func (s *socket) Read(b []byte) (int, error) {
	if s.reader == nil {
		return s.Conn.Read(b)
	}
	return s.reader.Read(b)
}

func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gather {
		return s.Conn.Write(b)
	}
	*s.buf = append(*s.buf, b...)
	return len(b), nil
}

// writeAll writes b to conn, which runs on s, in one piece. An error may stand for all of it.
func (s *socket) writeAll(conn net.Conn, b []byte) (n int, err error) {
	s.mu.Lock()
	s.gather, s.buf = true, buffers.Get().(*[]byte)
	*s.buf = (*s.buf)[:0]
	s.mu.Unlock()
	n, err = conn.Write(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, flushed := s.Conn.Write(*s.buf); err == nil {
		err = flushed
	}
	buffers.Put(s.buf)
	s.gather, s.buf = false, nil
	return n, err
}
