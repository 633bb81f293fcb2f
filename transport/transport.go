package transport

import "errors"

// ErrClosed is returned by operations on an endpoint after Close. It is also
// the last error of every link that Close ended.
var ErrClosed = errors.New("transport: endpoint closed")

// Peer is the identity of one end of a link: its Ed25519 public key. Replicas
// and clients alike are named by it, and by nothing else: addresses, host
// names and certificates carry no authority.
type Peer = [32]byte

// Class says how urgent a frame is. Each class has a queue of its own and its
// own order; between the classes there is no order (spec D2).
type Class uint8

const (
	// Control is for votes and other small messages. It goes first.
	Control Class = iota
	// Bulk is for bodies and answers to pulls. It never delays a control
	// frame by more than a slice of 64 KiB, and control traffic never
	// starves it: a turn of the writer takes up to 64 KiB of each.
	Bulk
)

// Frame is one opaque message for one peer.
type Frame struct {
	// Class chooses the queue.
	Class Class

	// Slot marks frames of which only the newest matters, such as the
	// cumulative votes of one kind. Zero: never superseded. Otherwise the
	// newer frame replaces a queued one of the same Class and Slot to the
	// same peer and keeps its turn (spec D1), so that a slow peer costs
	// one frame per slot and is not sent what is out of date. A frame
	// whose first slice has left the queue is no longer replaced.
	Slot uint64

	// Data is the message, 1 to Limits.FrameBytesMax bytes. It belongs to
	// the endpoint after Send, which never modifies it; the caller must not
	// either. The same slice may be sent to several peers.
	Data []byte
}

// Handler takes what a peer sent. It is called by one goroutine at a time for
// each peer, in the order of sending within a class, also across reconnects.
// It may block: then only that peer waits, and what it sends meanwhile piles
// up in its own queue, which is bounded. From is always the key that the
// other end proved to hold. Data belongs to the callee, which may keep or
// change it. A Handler may call Send and Links, but not Close: Close waits for
// it. A panic in a Handler is not recovered.
type Handler func(from Peer, data []byte)

// Endpoint is one process's end of its links. All methods are safe for
// concurrent use.
type Endpoint interface {
	// Send queues a frame for a peer and never blocks. It reports false if
	// the frame was dropped: the queue of its class is full, the peer is
	// unknown or has no live link, or the frame may not be sent (empty,
	// too large, unknown class). Drops are counted. True is no promise of
	// arrival: what is queued or in flight when a link falls is lost
	// (spec S2), and only an answer from the other engine is an
	// acknowledgement.
	Send(to Peer, f Frame) bool

	// Links returns the state of the link to each member, up or not, and of
	// each live client link, in the order of their keys. It is a copy.
	Links() []Link

	// Close ends all links without flushing queues, and waits until the
	// last Handler and OnUp call has returned; no goroutine of the endpoint
	// outlives it. Calling it again is harmless and waits likewise. It
	// returns nil or the error of closing a listener.
	Close() error
}

// Role says how an endpoint came to know a peer.
type Role uint8

const (
	// Member is a configured peer, whose link is kept up.
	Member Role = iota
	// Client is any other peer that connected. It is answered over the
	// link that it opened and forgotten when that link falls.
	Client
)

// String returns "member" or "client".
func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "member"
}

// Link is a snapshot of one link, for people, metrics and tests. Counts are
// since the endpoint knows the peer: for a member since it was configured, for
// a client since it connected.
type Link struct {
	Peer      Peer
	Role      Role
	Connected bool
	Addr      string // where a member is dialled or connected from; where a client connected from

	QueuedBytes  int // of both classes, not yet given to the network
	QueuedFrames int

	Ups        uint64 // times that the link came up
	Dropped    uint64 // frames refused by Send, or lost in the queue when the link fell
	Superseded uint64 // frames replaced in the queue by a newer one of their slot
	FramesIn   uint64
	FramesOut  uint64
	BytesIn    uint64 // with framing, before encryption
	BytesOut   uint64

	LastErr error // why the link last fell or a dial last failed; nil if never
}
