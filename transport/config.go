package transport

import (
	"errors"
	"fmt"
)

// ErrConfig is wrapped by every error of a Validate in this tree.
var ErrConfig = errors.New("transport: invalid configuration")

// Config is what every kind of endpoint needs.
type Config struct {
	// Members maps the keys of the configured peers to their addresses.
	// The endpoint's own key may be among them and is ignored, so that one
	// table serves the whole cluster. Memory links ignore the addresses.
	Members map[Peer]string

	// Handler takes received frames. Required. It and OnUp may be called
	// before the function that makes the endpoint has returned.
	Handler Handler

	// OnUp, if set, is called whenever a link to a peer, member or client,
	// has come up, before the Handler sees the first frame of that link
	// and never at the same time as the Handler for the same peer. Frames
	// may be sent from within: the engine sends its newest messages again
	// (spec S2). It must return for the peer's frames to be received.
	OnUp func(Peer)

	// Admit, if set, decides which keys that are not members may connect
	// as clients. Nil admits all, up to Limits.ClientsMax. It is called
	// concurrently, must not block, and must not call the endpoint.
	Admit func(Peer) bool

	// Limits bounds what one peer can make this endpoint hold.
	Limits Limits
}

// Validate reports the first field that makes no sense, wrapped in ErrConfig.
func (c *Config) Validate() error {
	if c.Handler == nil {
		return fmt.Errorf("%w: no Handler", ErrConfig)
	}
	return c.Limits.Validate()
}

// Limits bounds what one peer can make an endpoint hold (spec D1). A zero
// field takes its default. All ends of a cluster must agree on the two frame
// sizes, for a frame above the receiver's limit costs the sender its link.
//
// Worst case of one endpoint, all peers hostile: per link, sending, two queues
// of QueueBytesMax (or ClientQueueBytesMax) of data that may be shared with
// other queues; receiving, two frames of FrameBytesMax (or
// ClientFrameBytesMax), for which memory is only taken as their bytes arrive.
type Limits struct {
	// FrameBytesMax bounds a frame to or from a member. Default 4 MiB.
	FrameBytesMax int

	// ClientFrameBytesMax bounds a frame from a client. Default 256 KiB.
	ClientFrameBytesMax int

	// QueueBytesMax bounds each of the two queues to a member; a frame
	// that does not fit is dropped. At least FrameBytesMax.
	// Default 16 MiB, or FrameBytesMax if that is larger.
	QueueBytesMax int

	// ClientQueueBytesMax does so for each of the two queues to a client,
	// and so bounds a reply. Default 1 MiB.
	ClientQueueBytesMax int

	// QueueFramesMax bounds each queue in frames. Default 4096.
	QueueFramesMax int

	// ClientsMax bounds the clients connected at one time. One more is
	// refused; those connected are not disturbed. Default 256.
	ClientsMax int
}

// frameBytesCeiling is what the framing of tcp can express with room to spare.
const frameBytesCeiling = 1 << 30

// Validate reports the first limit that is negative or contradicts another,
// wrapped in ErrConfig.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int
	}{
		{"FrameBytesMax", l.FrameBytesMax},
		{"ClientFrameBytesMax", l.ClientFrameBytesMax},
		{"QueueBytesMax", l.QueueBytesMax},
		{"ClientQueueBytesMax", l.ClientQueueBytesMax},
		{"QueueFramesMax", l.QueueFramesMax},
		{"ClientsMax", l.ClientsMax},
	} {
		if f.value < 0 {
			return fmt.Errorf("%w: %s is negative", ErrConfig, f.name)
		}
	}
	d := l.WithDefaults()
	switch {
	case d.FrameBytesMax > frameBytesCeiling:
		return fmt.Errorf("%w: FrameBytesMax exceeds 1 GiB", ErrConfig)
	case d.ClientFrameBytesMax > d.FrameBytesMax:
		return fmt.Errorf("%w: ClientFrameBytesMax exceeds FrameBytesMax", ErrConfig)
	case d.QueueBytesMax < d.FrameBytesMax:
		return fmt.Errorf("%w: QueueBytesMax is below FrameBytesMax", ErrConfig)
	}
	return nil
}

// WithDefaults returns the limits with every zero field set to its default.
func (l Limits) WithDefaults() Limits {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set(&l.FrameBytesMax, 4<<20)
	set(&l.ClientFrameBytesMax, min(256<<10, l.FrameBytesMax))
	set(&l.QueueBytesMax, max(16<<20, l.FrameBytesMax))
	set(&l.ClientQueueBytesMax, 1<<20)
	set(&l.QueueFramesMax, 4096)
	set(&l.ClientsMax, 256)
	return l
}
