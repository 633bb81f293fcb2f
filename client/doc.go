// Package client is a client of a cluster in a process of its own. It opens a session, numbers and signs
// operations, sends them to the replicas, and takes a result once members of weak power, hence at least one
// correct replica, have sent the same (spec X1, X2).
//
//	key, err := crypto.LoadKey("client.key")
//	...
//	c, err := client.New(client.Config{
//		Genesis: genesis,
//		Key:     key,
//		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
//			links := transport.Config{Members: addresses, Handler: h, OnUp: up}
//			return tcp.New(tcp.Config{Config: links, Key: key.TLSKey()})
//		},
//	})
//	...
//	defer c.Close()
//	result, err := c.Do(ctx, []byte("put k v"))
//
// # What an error means
//
// An operation whose answer did not come may have been executed or not, and a client that guesses is wrong
// one way or the other. Here the error says which of these is true (spec X5):
//
//   - nil: it was executed, once, with this result.
//   - [ErrForgotten]: it was executed, once, and its result is lost.
//   - Any other that is no [*UnknownOutcomeError]: it was not executed and never will be. Do it again if you
//     like. It is the context's error if nothing had left this machine, [ErrRefused], [ErrTooLarge],
//     [ErrClosed], or the signer's.
//   - An [*UnknownOutcomeError]: nobody knows yet. Ask [Client.Resolve] later; it has the same request sent
//     again, which cannot execute it twice, and tells what came of it. Do not repeat the operation with Do,
//     which would be another one.
//
// A pattern that is right for an operation that must happen once:
//
//	result, err := c.Do(ctx, op)
//	var unknown *client.UnknownOutcomeError
//	if errors.As(err, &unknown) {
//		result, err = c.Resolve(patient, unknown)
//	}
//
// The outcome stays unknown for good in three cases, in which Resolve returns at once: the session ended
// ([ErrSessionExpired]; the operation will not be executed any more, so that looking at the application's
// state and then deciding is safe), the Client was closed, or the cluster answered with something that
// this version does not know ([ErrReply]).
//
// A context that ends does not undo an operation that was sent. The client goes on asking for it, because
// its number stands for a place in the session's window: replicas keep the reply to it and all above until it
// is settled. So do not use short contexts to give operations up, and expect Do to wait, with nothing
// sent, while Config.Window operations are unsettled.
//
// # Sessions
//
// A session is opened when the first operation needs it, and a new one when the cluster has evicted it: a
// cluster keeps a bounded number of them and evicts the one that was idle longest. One key has one live
// session, so two Clients with one key at a time would take it from each other without end; they slow
// down, but neither works well. A Client that is restarted takes the session over from its former self.
// Replicas refuse to open one with a nonce below that of the live session, hence nonces come from the wall
// clock. If that has gone back, further than the restart took, openings are refused; the client then adds a
// second to its nonce, then two, four and so on, until it is above the last one, which takes some dozen
// openings for hours and years alike. To keep out openings of long ago that somebody may have stored,
// Config.Nonce may come from a better source.
//
// # Faulty replicas
//
// A reply counts for the request whose digest it carries and for the replica on whose authenticated link it
// came. Each replica has one vote per request, its newest; votes agree if the replies agree in all but
// the replica (spec X2). So replicas of less than weak power can neither have a result accepted nor keep the
// true one out, whatever they send, how often and how early. With fewer than four replicas weak power is one
// replica, which is then trusted.
//
// A request goes to one replica first, at best the primary, and to all if no result comes in time (Castro and
// Liskov, section 4.1). Which one comes first is decided by how long weak power took to answer what was sent to
// it alone, not by anything that a replica says; others are tried now and then. A replica that
// drops or delays requests loses its place, and the more often it does the more rarely it is tried.
// [Client.Status] shows for each replica what was measured, and how many of its replies contradicted the
// accepted ones.
//
// Where a cluster does not authenticate clients (spec X6) replicas do not take a client's requests from each
// other, so only requests sent to the primary or to all are executed. The client finds the primary by the views that replies
// name: what weak power has entered, a correct replica has.
//
// # Overload
//
// Replicas turn requests away that they have no room for. The client then has no more under way than what they took,
// tries one more now and then, and keeps the others until answers come in: offered more than it can take, a cluster
// goes on at its full rate, every client has its share of it, and only the wait in the client grows. Requests that
// nobody answers in time are sent to all a few at a time, and the others once those were answered.
// [Status] shows how many may be under way, and [Stats] how often that was too many.
//
// # Limits and cost
//
// A Client has one goroutine of its own, and none per operation. [Client.DoAll] is the way to have many operations under
// way: with [Client.Do] the caller needs a goroutine for each. It holds at most Config.Window operations
// of Config.OpBytesMax bytes, and of each replica's answer to each 40 bytes, however long the
// answer. Requests that queue up while the sender is at work travel in one message. Replies share a queue at
// each replica, so a window of very large results at one time makes replicas drop some, which costs a retry
// (transport.Limits.ClientQueueBytesMax).
//
// An operation of 256 bytes at n=4 takes about 2 us of CPU in calls of DoAll with hundreds of them, without links and
// signature: encoding, hashing, decoding and counting, and what a test that answers needs itself. In calls of Do, each in
// a goroutine of its own, it is 6 us, most of it for putting those to sleep and waking them.
package client
