package client

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// cancel ends the wait for a call, for the reason given. A call that cannot have left this machine is
// withdrawn and the reason returned as it is; one that may have is kept until it is settled.
func (t *table) cancel(x *call, reason error) ([]byte, error) {
	switch {
	case x.state == settled:
		return x.result, x.err
	case x.state == staged:
		x.withdrawn = true
		return nil, reason
	case !x.sent:
		t.settle(x, nil, reason)
		return nil, reason
	}
	if !x.abandoned {
		x.abandoned = true
		t.stats.Abandoned++
	}
	if x.overloaded(t.members.Quorums()) {
		reason = fmt.Errorf("%w: %w", ErrOverloaded, reason)
	}
	return nil, t.unknown(x, reason)
}

func (t *table) unknown(x *call, reason error) error {
	return &UnknownOutcomeError{
		Session: x.req.Session, Number: x.req.Number, Digest: x.digest, Err: reason, client: t.client, call: x,
	}
}

// settle ends a call. It forgets what only a call under way needs, since an error may keep the rest.
func (t *table) settle(x *call, result []byte, err error) {
	if x.state != queued && x.req.Type == message.RequestOperation {
		t.session.release(x)
		t.numbered--
	}
	delete(t.strays, x.digest)
	t.ashore(x)
	x.unlink()
	x.state, x.result, x.err = settled, result, err
	x.req.Op, x.req.Sig, x.votes = nil, nil, nil
	close(x.done)
}

// shut settles everything that is left.
func (t *table) shut() {
	for _, l := range []*list{&t.under, &t.waits, &t.queue} {
		for x := l.front; x != nil; x = l.front {
			if x.sent {
				t.settle(x, nil, t.unknown(x, ErrClosed))
			} else {
				t.settle(x, nil, ErrClosed)
			}
		}
	}
}
