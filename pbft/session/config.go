package session

import (
	"errors"
	"fmt"
)

// Limits of Config. They keep a mistyped figure from becoming an allocation.
const (
	SessionsMax   = 1 << 20
	WindowMin     = 64
	WindowMax     = 1 << 16
	ReplyBytesMax = 1 << 40
)

// Defaults of Config.
const (
	DefaultSessions   = 4096
	DefaultWindow     = 1024
	DefaultReplyBytes = 64 << 20
)

// ErrConfig reports a Config outside its limits.
var ErrConfig = errors.New("session: invalid config")

// Config bounds a table (spec X1, D1). Sessions, Window and ReplyBytes decide outcomes: they must be
// equal on all replicas, for executors and mirrors alike. Zero fields mean the defaults.
type Config struct {
	// Sessions is the number of live sessions, default 4096. At the limit an opening evicts the
	// least recently used one.
	Sessions int
	// Window is how many numbers, from the lowest awaited one on, a session may have outstanding: a
	// power of two from 64 to 65536, default 1024. Beyond it operations are refused.
	Window uint64
	// ReplyBytes bounds the cached replies of all sessions together, each counted as its result
	// plus ReplyOverhead, default 64 MiB. At the limit the largest holders lose their oldest ones
	// until 7/8 of it is left.
	ReplyBytes int
	// Replies says whether replies are kept: true for the executor, false for a mirror.
	Replies bool
}

// Validate returns nil or an error that wraps ErrConfig. Zero fields are valid.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Sessions < 1 || c.Sessions > SessionsMax:
		return fmt.Errorf("%w: %d sessions, limits 1 and %d", ErrConfig, c.Sessions, SessionsMax)
	case c.Window < WindowMin || c.Window > WindowMax || c.Window&(c.Window-1) != 0:
		return fmt.Errorf("%w: window %d is no power of two from %d to %d", ErrConfig, c.Window, WindowMin, WindowMax)
	case c.ReplyBytes < 1 || int64(c.ReplyBytes) > ReplyBytesMax:
		return fmt.Errorf("%w: %d reply bytes, limits 1 and %d", ErrConfig, c.ReplyBytes, int64(ReplyBytesMax))
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Sessions == 0 {
		c.Sessions = DefaultSessions
	}
	if c.Window == 0 {
		c.Window = DefaultWindow
	}
	if c.ReplyBytes == 0 {
		c.ReplyBytes = DefaultReplyBytes
	}
	return c
}
