package client

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// world drives a table at random and checks what must hold at all times.
type world struct {
	*bench
	calls   []*call
	ops     []*op
	dropped map[*op]bool   // withdrawn from a call that goes on without it
	left    map[*call]bool // a link took it
	numbers map[message.SessionID]map[uint64]*call
	seq     message.Seq
}

func TestTableModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config(1, 1, 1, 1)
		cfg.Window = rapid.IntRange(1, 5).Draw(t, "window")
		w := &world{bench: newBench(t, cfg), dropped: map[*op]bool{}, left: map[*call]bool{}, numbers: map[message.SessionID]map[uint64]*call{}}
		w.bundle = rapid.IntRange(1, 3).Draw(t, "bundle")
		t.Repeat(map[string]func(*rapid.T){
			"submit": w.submitOne,
			"turn":   w.send,
			"reply":  w.hear,
			"cancel": w.giveUp,
			"hurry": func(*rapid.T) {
				for _, x := range w.calls {
					w.hurry(x, w.now)
				}
			},
			"link": func(t *rapid.T) { w.linkUp(rapid.IntRange(0, 3).Draw(t, "member")) },
			"pass": func(t *rapid.T) { w.pass(clock.Duration(rapid.Int64Range(0, 2e9).Draw(t, "ns"))) },
			"":     w.check,
		})
	})
}

func (w *world) submitOne(*rapid.T) {
	x, o := w.submit([]byte("op"))
	if len(x.ops) == 1 {
		w.calls = append(w.calls, x)
	}
	w.ops = append(w.ops, o)
}

// send is one turn of the sender, with links that take a parcel or not.
func (w *world) send(t *rapid.T) {
	deliver := func(list []*call) {
		fresh := w.leaving(list)
		if rapid.Bool().Draw(t, "taken") {
			for _, x := range list {
				w.left[x] = true
			}
			return
		}
		w.unsent(fresh)
	}
	for {
		_, list, ok := w.missing()
		if !ok {
			break
		}
		deliver(list)
	}
	deliver(w.due(w.now))
	list := w.stage(w.now, 2)
	for _, x := range list {
		w.checkNumber(t, x)
	}
	var out []*call
	for _, x := range list {
		var err error
		switch rapid.IntRange(0, 9).Draw(t, "while signing") {
		case 0:
			err = errors.New("no signature")
		case 1:
			if x != w.opener.call {
				_, _ = w.cancel(x.ops[len(x.ops)-1], errors.New("cancelled"))
			}
		}
		if x == w.opener.call {
			err = nil
		}
		if w.launch(x, x.req.Digest(w.cluster), err, w.now) {
			out = append(out, x)
		}
	}
	deliver(out)
}

// checkNumber checks the identity that an operation was given.
func (w *world) checkNumber(t *rapid.T, x *call) {
	if x == w.opener.call {
		return
	}
	s := w.numbers[x.req.Session]
	if s == nil {
		s = map[uint64]*call{}
		w.numbers[x.req.Session] = s
	}
	require.Nil(t, s[x.req.Number], "number %d given twice", x.req.Number)
	s[x.req.Number] = x
	require.EqualValues(t, len(s), x.req.Number)
	lowest := x.req.Number
	for n, y := range s {
		if y.state != settled && y.state != queued {
			lowest = min(lowest, n)
		}
	}
	require.Equal(t, lowest, x.req.Awaited, "the lowest outstanding")
	require.Less(t, x.req.Number-x.req.Awaited, uint64(w.cfg.Window))
}

func (w *world) hear(t *rapid.T) {
	open := w.launched()
	if len(open) == 0 {
		return
	}
	x := rapid.SampledFrom(open).Draw(t, "call")
	code := rapid.SampledFrom([]message.ReplyCode{0, 0, 0, 0, 1, 2, 3, 9}).Draw(t, "code")
	r := coded(x, code)
	if x.req.Type == message.RequestOpen && code == message.ReplyOK {
		w.seq++
		r.Session = message.SessionID{Seq: w.seq}
	}
	for _, member := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 4).Draw(t, "members") {
		w.answer(member, r)
	}
}

// checkResults checks that each operation of a call has its own.
func (w *world) checkResults(t *rapid.T, x *call) {
	for _, o := range x.ops {
		result, err := o.outcome()
		require.NoError(t, err)
		require.Equal(t, resultOf(x, o.place, ""), string(result))
	}
}

// launched returns the calls that may be answered.
func (w *world) launched() (open []*call) {
	for _, l := range []*list{&w.table.under, &w.table.waits} {
		for x := l.front; x != nil; x = x.next {
			open = append(open, x)
		}
	}
	return open
}

func (w *world) giveUp(t *rapid.T) {
	if len(w.calls) == 0 {
		return
	}
	x := rapid.SampledFrom(w.calls).Draw(t, "call")
	o := rapid.SampledFrom(x.ops).Draw(t, "op")
	before, several := isSettled(x), len(x.ops) > 1
	reason := errors.New("cancelled")
	var unknown *UnknownOutcomeError
	_, err := w.cancel(o, reason)
	switch {
	case before:
		_, want := o.outcome()
		require.Equal(t, want, err)
	case !errors.As(err, &unknown):
		require.Equal(t, reason, err)
		require.False(t, w.left[x], "said not to have left, but has")
		require.Equal(t, !several, isSettled(x))
		require.Equal(t, several, !slices.Contains(x.ops, o))
		w.dropped[o] = several
	default:
		require.Same(t, x, unknown.op.call)
		require.Same(t, o, unknown.op)
	}
}

func (w *world) check(t *rapid.T) {
	count, carried := 0, 0
	for _, x := range w.launched() {
		require.Equal(t, outstanding, x.state)
		require.Equal(t, x.in == &w.table.under, x.under)
		require.False(t, x.under && (w.deadline.IsZero() || x.due.Before(w.deadline)), "due at %v, deadline %v", x.due, w.deadline)
		if x != w.opener.call {
			count++
			carried += len(x.ops)
		}
		if x.req.Session == w.session.id && w.session.live() {
			require.Same(t, x, *w.session.slot(x.req.Number))
		}
	}
	require.Equal(t, count, w.numbered)
	require.Equal(t, carried, w.carried)
	places := 0
	for _, x := range w.calls {
		require.LessOrEqual(t, len(x.ops), w.bundle)
		for i, o := range x.ops {
			require.Equal(t, i, o.place)
			require.False(t, w.dropped[o])
		}
		places += len(x.ops)
		if isSettled(x) && x.err == nil && x.ops != nil && !x.withdrawn {
			w.checkResults(t, x)
		}
	}
	dropped := 0
	for _, gone := range w.dropped {
		if gone {
			dropped++
		}
	}
	require.Equal(t, len(w.ops), places+dropped, "every operation is in one call")
	require.LessOrEqual(t, count, w.cfg.Window)
	for _, x := range w.calls {
		require.Equal(t, isSettled(x), x.state == settled)
		if x.state == settled && w.left[x] && x.err != nil {
			var unknown *UnknownOutcomeError
			require.True(t, errors.As(x.err, &unknown) || errors.Is(x.err, ErrRefused), "sent, but %v", x.err)
		}
	}
	if w.queue.len > 0 && !w.ready(w.now) {
		require.False(t, w.next().IsZero(), "operations wait for nothing")
	}
	require.LessOrEqual(t, w.session.base, w.session.next)
	require.False(t, slices.ContainsFunc(w.calls, func(x *call) bool { return x.state == staged }))
}
