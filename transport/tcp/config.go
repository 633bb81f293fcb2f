package tcp

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"net"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
)

// Config describes an endpoint. A zero field takes its default; negative values are errors.
type Config struct {
	transport.Config

	// Key is the identity of this end. Required.
	Key ed25519.PrivateKey

	// Listener accepts connections; the endpoint owns and closes it. Nil makes an endpoint that only
	// dials: a client of its members, which may not be a member itself.
	Listener net.Listener

	// PendingMax bounds connections that have not yet proved a key. When there is one more, the
	// oldest of the source address that has most of them is closed: a flood costs a correct peer an
	// attempt only if it outruns a whole handshake. Default 64.
	PendingMax int

	// HandshakeTimeout bounds everything from the first byte of a connection to its welcome.
	// Default 3 s.
	HandshakeTimeout time.Duration

	// DialTimeout bounds the TCP connection of a dial. Default 3 s.
	DialTimeout time.Duration

	// BackoffMin and BackoffMax are the shortest and longest pause between two dials to one member.
	// A pause doubles with each failure and is then shortened at random by up to half. A link counts
	// as a success only once it has lived for BackoffMax, so that a member that hangs up at once is
	// not dialled in a tight loop. Defaults 50 ms and 1 s.
	BackoffMin, BackoffMax time.Duration

	// PingInterval is the longest that an idle link says nothing. Default 1 s.
	PingInterval time.Duration

	// IdleTimeout ends a link on which nothing was heard for so long, not even a ping: the peer's
	// process is stopped or the network is gone, though the kernel may acknowledge everything. At
	// least twice the PingInterval. Default 5 s. Measured to an eighth: it may be that much shorter.
	IdleTimeout time.Duration

	// WriteTimeout ends a link whose peer does not take one write, of 128 KiB plus framing at most,
	// for so long. Default 10 s. Measured to an eighth, too.
	WriteTimeout time.Duration

	// UserTimeout is TCP_USER_TIMEOUT, where the system has it: how long written data may stay
	// unacknowledged by the other kernel. Rounded down to milliseconds. Default 5 s.
	UserTimeout time.Duration

	// InsecurePlaintext runs links WITHOUT TLS: nothing is encrypted and anybody can claim any key.
	// For measuring what TLS costs, on a network where nobody else is. Both ends must agree.
	InsecurePlaintext bool
}

// Validate reports the first field that makes no sense, wrapped in transport.ErrConfig.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if len(c.Key) != ed25519.PrivateKeySize {
		return fmt.Errorf("%w: Key is no Ed25519 private key", transport.ErrConfig)
	}
	if c.PendingMax < 0 {
		return fmt.Errorf("%w: PendingMax is negative", transport.ErrConfig)
	}
	d := c.withDefaults()
	for name, value := range map[string]time.Duration{
		"HandshakeTimeout": d.HandshakeTimeout, "DialTimeout": d.DialTimeout, "BackoffMin": d.BackoffMin,
		"PingInterval": d.PingInterval, "WriteTimeout": d.WriteTimeout, "UserTimeout": d.UserTimeout,
	} {
		if value < 0 {
			return fmt.Errorf("%w: %s is negative", transport.ErrConfig, name)
		}
	}
	switch {
	case d.BackoffMax < d.BackoffMin:
		return fmt.Errorf("%w: BackoffMax is below BackoffMin", transport.ErrConfig)
	case d.IdleTimeout < 2*d.PingInterval:
		return fmt.Errorf("%w: IdleTimeout is below twice the PingInterval", transport.ErrConfig)
	}
	return c.checkMembers(c.Members)
}

func (c *Config) checkMembers(members map[transport.Peer]string) error {
	if _, ok := members[c.self()]; ok && c.Listener == nil {
		return fmt.Errorf("%w: a member must accept connections", transport.ErrConfig)
	}
	return nil
}

// self is the public half of Key, which Validate has found to be there.
func (c *Config) self() transport.Peer {
	return transport.Peer(c.Key.Public().(ed25519.PublicKey))
}

func (c *Config) withDefaults() Config {
	d := *c
	d.Members = maps.Clone(c.Members)
	d.Limits = c.Limits.WithDefaults()
	if d.PendingMax == 0 {
		d.PendingMax = 64
	}
	for field, value := range map[*time.Duration]time.Duration{
		&d.HandshakeTimeout: 3 * time.Second,
		&d.DialTimeout:      3 * time.Second,
		&d.BackoffMin:       50 * time.Millisecond,
		&d.BackoffMax:       time.Second,
		&d.PingInterval:     time.Second,
		&d.IdleTimeout:      5 * time.Second,
		&d.WriteTimeout:     10 * time.Second,
		&d.UserTimeout:      5 * time.Second,
	} {
		if *field == 0 {
			*field = value
		}
	}
	return d
}
