// Package transport defines the links between replicas and from clients to replicas: opaque frames
// between keys. Package tcp implements them over TLS 1.3, package memory within one process, and package
// transporttest is what every implementation must pass.
//
// # What it does
//
// An [Endpoint] is one process's end of all its links. A link joins two [Peer]s, each named by its
// Ed25519 public key and by nothing else. The peers in [Config.Members] are members: the endpoint keeps a
// link to each of them up for as long as it lives. Any other key that connects is a client: it is
// admitted up to a limit, answered over the link that it opened, and forgotten when that link falls.
//
//	e, err := tcp.New(tcp.Config{
//		Config:   transport.Config{Members: addresses, Handler: inbox, OnUp: resend},
//		Key:      key,
//		Listener: listener, // nil for a client
//	})
//	...
//	e.Send(peer, transport.Frame{Slot: prepareSlot, Data: vote})             // newest vote counts
//	e.Send(peer, transport.Frame{Class: transport.Bulk, Data: body}) // behind the votes
//
// # What it guarantees
//
// From is true. The key given to [Handler] and OnUp is the one that the other end proved to hold, in this
// very connection. That is what the engine calls a signer's own authenticated link (spec N8).
//
// Frames arrive whole and unaltered or not at all, and within a class in the order of sending. One that
// was accepted by Send is lost only when its link falls, or when a newer frame of its slot supersedes it.
// Nothing is sent again by the transport: on every new link OnUp is called at both ends, and the engines
// send their newest messages (spec S2, S3).
//
// Send never blocks, and a peer that does not keep up costs nobody but itself (spec D1, D2). Its two
// queues are bounded in bytes and frames; what does not fit is dropped and counted, the newest first. Of
// messages that replace each other only one per slot is queued, and it keeps its turn. Votes overtake
// bodies: a control frame waits for 64 KiB of bulk at most, and bulk has its share of every turn, so that
// neither starves.
//
// A slow Handler holds back the peer whose frame it is busy with, through the network's own flow control,
// and no other. For each peer there is one call of Handler or OnUp at a time, also while links fall and
// come up again.
//
// # What it does not do
//
// True from Send means queued, not received, let alone processed: a stopped process's kernel
// acknowledges everything. Only answers of the other engine are acknowledgements.
//
// A link that is up says that the other process reads and pings. Whether its engine makes progress is for
// the engine's own status messages.
//
// Close does not flush. Keys are one per process: two processes that share one keep taking each other's
// links.
//
// # Who connects to whom
//
// Of two members the one with the smaller key dials and the other only accepts. There is thus one
// connection, no tie to break, and only one direction that firewalls have to allow: every member must be
// reachable for those with smaller keys and for clients. A newer connection of a key replaces the older,
// for its owner has given that one up.
//
// Both ends of a cluster's link must agree on who is a member. While they do not, as in a change of
// membership (spec R5), the smaller key of a pair may be held for a client for a while, and the larger
// waits to be dialled; the link settles when both know.
//
// # Watching it
//
// [Endpoint.Links] shows every link with its queue, counters and last error. Both implementations have a
// method Refused, which counts everything that was given up by [Reason]: frames, connections that proved
// nothing, links that fell. Nothing that a peer does is reported otherwise, and nothing is logged.
package transport
