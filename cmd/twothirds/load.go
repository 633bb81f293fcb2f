package main

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// redisConn is the few lines of the Redis protocol that a load needs.
type redisConn struct {
	c net.Conn
	r *bufio.Reader
	w *bufio.Writer
}

func dialRedis(addr string, timeout time.Duration) (*redisConn, error) {
	c, err := net.DialTimeout("tcp", addr, timeout)
	if err != nil {
		return nil, err
	}
	return &redisConn{c: c, r: bufio.NewReader(c), w: bufio.NewWriter(c)}, c.SetDeadline(time.Now().Add(10 * time.Minute))
}

func (c *redisConn) close() error { return c.c.Close() }

func (c *redisConn) write(args ...string) {
	fmt.Fprintf(c.w, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c.w, "$%d\r\n%s\r\n", len(a), a)
	}
}

// read reads one reply: the text of a line, an integer or a bulk string.
func (c *redisConn) read() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	switch {
	case line == "" || line == "$-1":
		return "", nil
	case line[0] == '-':
		return "", fmt.Errorf("redis: %s", line[1:])
	case line[0] != '$':
		return line[1:], nil
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 || n > 1<<20 {
		return "", fmt.Errorf("redis: bad length %q", line)
	}
	b := make([]byte, n+2)
	for got := 0; got < len(b); {
		k, err := c.r.Read(b[got:])
		if err != nil {
			return "", err
		}
		got += k
	}
	return string(b[:n]), nil
}

func (c *redisConn) do(args ...string) (string, error) {
	c.write(args...)
	if err := c.w.Flush(); err != nil {
		return "", err
	}
	return c.read()
}

// load drives a gateway from several connections, each with its own counter, and
// checks every reply: a counter that skips or repeats a number was not incremented
// exactly once.
type load struct {
	done atomic.Uint64
	quit chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	errs []string
	last time.Time
	gap  time.Duration
}

func startLoad(addr string, conns, pipeline int) *load {
	l := &load{quit: make(chan struct{}), last: time.Now()}
	for i := range conns {
		l.wg.Go(func() {
			if err := l.drive(addr, i, pipeline); err != nil {
				l.mu.Lock()
				l.errs = append(l.errs, fmt.Sprintf("connection %d: %v", i, err))
				l.mu.Unlock()
			}
		})
	}
	return l
}

func (l *load) drive(addr string, id, pipeline int) error {
	c, err := dialRedis(addr, 5*time.Second)
	if err != nil {
		return err
	}
	defer c.close()
	counter := fmt.Sprintf("counter:%d", id)
	for n := 1; ; n++ {
		select {
		case <-l.quit:
			return nil
		default:
		}
		value := fmt.Sprintf("value %d of %d", n, id)
		c.write("INCR", counter)
		for k := range pipeline - 1 {
			key := fmt.Sprintf("key:%d:%d", id, k%8)
			if k%2 == 0 {
				c.write("SET", key, value)
			} else {
				c.write("GET", fmt.Sprintf("key:%d:%d", id, (k-1)%8))
			}
		}
		if err := c.w.Flush(); err != nil {
			return err
		}
		if err := l.expect(c, counter, n, pipeline, value); err != nil {
			return err
		}
	}
}

// expect reads the replies of one pipeline and compares each with what a store
// that executes everything exactly once and in order must say.
func (l *load) expect(c *redisConn, counter string, n, pipeline int, value string) error {
	got, err := c.read()
	if err != nil {
		return err
	}
	if got != strconv.Itoa(n) {
		return fmt.Errorf("%s is %s after %d increments", counter, got, n)
	}
	for k := range pipeline - 1 {
		got, err := c.read()
		if err != nil {
			return err
		}
		if want := []string{"OK", value}[k%2]; got != want {
			return fmt.Errorf("reply %q, want %q", got, want)
		}
	}
	l.progress(pipeline)
	return nil
}

func (l *load) progress(ops int) {
	l.done.Add(uint64(ops))
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.gap = max(l.gap, now.Sub(l.last))
	l.last = now
}

func (l *load) stop() {
	close(l.quit)
	l.wg.Wait()
}

func (l *load) longestGap() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gap
}

func (l *load) errors() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.errs...)
}
