package client

import "fmt"

// cancel ends the wait for an operation, for the reason given. One that cannot have left this machine, nor
// shares a request that is made, is withdrawn and the reason returned as it is; others are kept until they
// are settled.
func (t *table) cancel(o *op, reason error) ([]byte, error) {
	x := o.call
	alone := len(x.ops) == 1
	switch {
	case x.state == settled:
		return o.outcome()
	case !alone && !x.shut:
		x.drop(o)
		return nil, reason
	case alone && x.state == staged:
		x.withdrawn = true
		return nil, reason
	case alone && !x.sent:
		t.settle(x, reason)
		return nil, reason
	}
	if !o.abandoned {
		o.abandoned = true
		t.stats.Abandoned++
	}
	if x.overloaded(t.members.Quorums()) {
		reason = fmt.Errorf("%w: %w", ErrOverloaded, reason)
	}
	e := t.unknown(x, reason)
	e.op = o
	return nil, e
}

func (t *table) unknown(x *call, reason error) *UnknownOutcomeError {
	return &UnknownOutcomeError{
		Session: x.req.Session, Number: x.req.Number, Digest: x.digest, Err: reason, client: t.client,
	}
}

// settle ends a call. It forgets what only a call under way needs, since an error may keep the rest.
func (t *table) settle(x *call, err error) {
	if x.state != queued && x.ops != nil {
		t.session.release(x)
		t.numbered--
		t.carried -= len(x.ops)
	}
	delete(t.strays, x.digest)
	t.ashore(x)
	x.unlink()
	x.state, x.err = settled, err
	x.req.Op, x.req.Sig, x.votes = nil, nil, nil
	close(x.done)
}

// shut settles everything that is left.
func (t *table) shut() {
	for _, l := range []*list{&t.under, &t.waits, &t.queue} {
		for x := l.front; x != nil; x = l.front {
			if x.sent {
				t.settle(x, t.unknown(x, ErrClosed))
			} else {
				t.settle(x, ErrClosed)
			}
		}
	}
}
