package client

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// Limits and defaults of Config.
const (
	WindowMax            = 1024 // what a session may have outstanding in a cluster of default settings (spec X1)
	DefaultOpBytesMax    = 64 << 10
	DefaultFrameBytesMax = 256 << 10
	DefaultRetryMin      = 250 * clock.Millisecond
	DefaultRetryMax      = 5 * clock.Second
)

// frameSpare is what a frame holds beyond the operation of its only request, and more.
const frameSpare = 1 << 10

// ErrConfig is wrapped by every error of Config.Validate.
var ErrConfig = errors.New("client: invalid configuration")

// Endpoint is what a Client needs of its links. A [transport.Endpoint] is one; its contract holds here
// too: Send never blocks, keeps the frame's data and may be given the same data for several peers, and
// no Handler or OnUp is called after Close has returned.
type Endpoint interface {
	Send(to transport.Peer, f transport.Frame) bool
	Close() error
}

// Config describes a client. It is copied by New.
type Config struct {
	// Genesis is the cluster's, the same that its replicas were started with: it says whose word counts
	// and how much. Required.
	Genesis message.Genesis

	// Key is the client's identity. No other Client may use it at the same time, in this process or
	// another: a key has one session, and they would take it from each other (spec X1). A later one may.
	// Not a member's key. Required.
	Key crypto.Signer

	// Connect makes the client's end of its links to the members: it is called once, by New, with the
	// handler and the notification to put into the transport's configuration. The endpoint must prove Key
	// to the replicas. The Client closes what it returns. Required.
	Connect func(h transport.Handler, up func(transport.Peer)) (Endpoint, error)

	// Window bounds the requests outstanding at one time, which is also the span of their numbers;
	// further ones wait in Do. It must not exceed the window of sessions in the cluster, else operations
	// end with ErrRefused. 1 to WindowMax, which is the default.
	Window int

	// OpBytesMax bounds an operation; a longer one ends with ErrTooLarge. It must not exceed the
	// cluster's limit, else such operations are never answered. Default 64 KiB.
	OpBytesMax int

	// FrameBytesMax bounds a frame sent. It must not exceed the ClientFrameBytesMax of this endpoint and
	// of the replicas'. At least OpBytesMax and 1 KiB, at most wire.FrameMax. Default 256 KiB.
	FrameBytesMax int

	// RetryMin and RetryMax are the shortest and longest pause before an unanswered request is sent to
	// all replicas again. The first follows the latencies measured, as in RFC 6298, and is longer while the
	// replica that was asked is at work; each one doubles, and all are varied at random by a quarter.
	// Defaults 250 ms and 5 s.
	RetryMin, RetryMax clock.Duration

	// Nonce is for the first opening of a session and must be higher than all that this key has used
	// before; later ones count up (spec X1). Zero means the wall clock in nanoseconds since 1970.
	// See the package documentation for what happens when that clock goes back.
	Nonce uint64
}

// Validate reports the first field that makes no sense, wrapped in ErrConfig.
func (c *Config) Validate() error {
	_, members, err := c.Genesis.Cluster()
	if err != nil {
		return fmt.Errorf("%w: Genesis: %w", ErrConfig, err)
	}
	if c.Key == nil || c.Connect == nil {
		return fmt.Errorf("%w: no Key or no Connect", ErrConfig)
	}
	key := c.Key.Public()
	if err := crypto.ValidatePublic(key); err != nil {
		return fmt.Errorf("%w: Key: %w", ErrConfig, err)
	}
	for i := range members.Len() {
		if members.At(i).Key == key {
			return fmt.Errorf("%w: Key is replica %d's", ErrConfig, members.At(i).ID)
		}
	}
	d := c.withDefaults()
	switch {
	case d.Window < 1 || d.Window > WindowMax:
		return fmt.Errorf("%w: Window %d is not 1 to %d", ErrConfig, d.Window, WindowMax)
	case d.OpBytesMax < 1 || d.FrameBytesMax-frameSpare < d.OpBytesMax:
		return fmt.Errorf("%w: OpBytesMax %d does not fit into FrameBytesMax %d", ErrConfig, d.OpBytesMax, d.FrameBytesMax)
	case d.FrameBytesMax > wire.FrameMax:
		return fmt.Errorf("%w: FrameBytesMax %d exceeds %d", ErrConfig, d.FrameBytesMax, wire.FrameMax)
	case d.RetryMin < clock.Millisecond || d.RetryMax < d.RetryMin:
		return fmt.Errorf("%w: RetryMin %v, RetryMax %v", ErrConfig, d.RetryMin, d.RetryMax)
	}
	return nil
}

func (c *Config) withDefaults() Config {
	d := *c
	for field, value := range map[*int]int{
		&d.Window: WindowMax, &d.OpBytesMax: DefaultOpBytesMax, &d.FrameBytesMax: DefaultFrameBytesMax,
	} {
		if *field == 0 {
			*field = value
		}
	}
	if d.RetryMin == 0 {
		d.RetryMin = DefaultRetryMin
	}
	if d.RetryMax == 0 {
		d.RetryMax = max(DefaultRetryMax, d.RetryMin)
	}
	return d
}
