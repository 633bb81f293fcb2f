package transport

// Reason says why a frame, a connection or a link was given up. Reasons are
// counted, and are errors: errors.Is(link.LastErr, transport.ReasonIdle) holds
// for a link that fell silent. A peer's fault is a counter, never an error
// returned to the engine.
type Reason uint8

// Why Send dropped a frame.
const (
	ReasonQueueFull Reason = iota + 1 // the peer's queue of that class is full
	ReasonNoLink                      // the peer is unknown or its link is down
	ReasonFrame                       // empty, larger than may be sent, or of an unknown class
	ReasonLost                        // was queued when the link fell
)

// Why a connection did not become a link.
const (
	ReasonDial        Reason = iota + 16 // the member could not be reached
	ReasonHandshake                      // garbage, or a handshake that proved nothing
	ReasonTimeout                        // the handshake took too long
	ReasonPending                        // gave way to newer unauthenticated connections
	ReasonIdentity                       // proved a key, but not one that may stand here
	ReasonDirection                      // a member dialled that ought to be dialled
	ReasonNotAdmitted                    // Config.Admit refused the client
	ReasonClientsFull                    // Limits.ClientsMax clients are connected
	ReasonRefused                        // the other end hung up before its welcome
)

// Why a link fell.
const (
	ReasonOversize  Reason = iota + 32 // a frame was announced that is larger than allowed
	ReasonMalformed                    // framing that no correct peer sends
	ReasonIdle                         // nothing was heard for too long, not even a ping
	ReasonStalled                      // the peer did not take what was written in time
	ReasonBroken                       // the connection ended or was reset
	ReasonReplaced                     // the peer opened a newer connection
	ReasonRole                         // a change of members changed what the peer is
	ReasonCut                          // a test cut it (memory links only)
)

// ReasonsMax is larger than every Reason, for tables indexed by one.
const ReasonsMax = 48

var reasons = [ReasonsMax]string{
	ReasonQueueFull:   "queue full",
	ReasonNoLink:      "no link",
	ReasonFrame:       "unsendable frame",
	ReasonLost:        "lost with its link",
	ReasonDial:        "dial failed",
	ReasonHandshake:   "handshake failed",
	ReasonTimeout:     "handshake timed out",
	ReasonPending:     "too many unauthenticated connections",
	ReasonIdentity:    "wrong identity",
	ReasonDirection:   "wrong end dialled",
	ReasonNotAdmitted: "client not admitted",
	ReasonClientsFull: "too many clients",
	ReasonRefused:     "refused by peer",
	ReasonOversize:    "oversize frame",
	ReasonMalformed:   "malformed frame",
	ReasonIdle:        "silent for too long",
	ReasonStalled:     "write stalled",
	ReasonBroken:      "connection broken",
	ReasonReplaced:    "replaced by a newer connection",
	ReasonRole:        "role changed",
	ReasonCut:         "cut",
}

// String returns a short lower-case phrase, fit for a metrics label.
func (r Reason) String() string {
	if r < ReasonsMax && reasons[r] != "" {
		return reasons[r]
	}
	return "unknown reason"
}

// Error makes a Reason usable as a sentinel with errors.Is.
func (r Reason) Error() string { return "transport: " + r.String() }
