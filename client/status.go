package client

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Status is a snapshot of a Client, for people, metrics and tests.
type Status struct {
	Session     message.SessionID // zero while none is open
	Queued      int               // operations that wait for a session, or for a request that takes them
	Outstanding int               // operations that have a number and no outcome, Abandoned among them
	Abandoned   int               // those of them for which nobody waits, but perhaps in Resolve
	Target      message.ReplicaID // where requests go first
	Room        int               // requests that may be under way at a time, by what replicas turned away
	Retry       clock.Duration    // the pause before a request is sent to all, on average
	Stats       Stats
	Replicas    []ReplicaStatus // in the order of their ids
}

// Stats counts what has happened since New. Requests include openings of sessions.
type Stats struct {
	Sent          uint64 // requests that may have left this machine
	Retransmitted uint64 // times that one was sent again
	Busy          uint64 // times that one was turned away for want of room
	Done          uint64 // operations with a result
	Abandoned     uint64 // operations whose wait ended with an unknown outcome
	Sessions      uint64 // sessions opened
	Expired       uint64 // operations that were answered with ErrSessionExpired
	Refused       uint64 // openings whose nonce was too low
}

// ReplicaStatus is what the client has seen of one replica.
type ReplicaStatus struct {
	ID message.ReplicaID
	// Usual is the smoothed time from sending a request to this replica alone until the cluster has
	// answered it. Zero: not known.
	Usual clock.Duration
	// Counted are its replies that were counted, Unasked those to requests that were settled already
	// (most often because others were faster) or never made, Malformed other frames.
	Counted, Unasked, Malformed uint64
	// Disagreed are those of Counted that contradicted what was accepted. A replica whose number grows
	// is faulty or has diverged; a correct one may add one when a session expires.
	Disagreed uint64
}

// voice is what the table counts for one member.
type voice struct {
	counted, unasked, malformed, disagreed uint64

	view message.View // the latest that it said it has entered
}

// Status returns a snapshot.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.table.status()
}

func (t *table) status() Status {
	s := Status{
		Session: t.session.id, Outstanding: t.carried, Room: t.flow.room,
		Target: t.members.At(t.route.best).ID, Retry: t.patience(1), Stats: t.stats,
		Replicas: slices.Grow([]ReplicaStatus(nil), t.members.Len()),
	}
	for x := t.queue.front; x != nil; x = x.next {
		s.Queued += len(x.ops)
	}
	for _, l := range []*list{&t.under, &t.waits} {
		for x := l.front; x != nil; x = x.next {
			for _, o := range x.ops {
				if o.abandoned {
					s.Abandoned++
				}
			}
		}
	}
	for i, v := range t.voices {
		s.Replicas = append(s.Replicas, ReplicaStatus{
			ID: t.members.At(i).ID, Usual: t.route.members[i].usual,
			Counted: v.counted, Unasked: v.unasked, Malformed: v.malformed, Disagreed: v.disagreed,
		})
	}
	return s
}
