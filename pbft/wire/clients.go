package wire

import (
	"math"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// requests leaves out the batch, which is the tail.
func (e *encoder) requests(m *message.Requests) *wirepb.Requests {
	if len(m.List) == 0 {
		e.fail("no requests")
	}
	e.tail = 4
	for i := range m.List {
		r := &m.List[i]
		if len(r.Sig) > math.MaxUint8 {
			e.fail("length of signature")
		}
		e.tail += 4 + r.Size()
	}
	return &wirepb.Requests{Overdue: m.Overdue}
}

func toRequests(p *wirepb.Requests) (*message.Requests, error) {
	batch, err := message.ParseBatch(p.Batch)
	if err != nil {
		return nil, malformed(err.Error())
	}
	return &message.Requests{List: batch.Requests, Overdue: p.Overdue}, nil
}

// reply leaves out the flat form, which is the tail.
func (e *encoder) reply(m message.Message) *wirepb.Replies {
	list := repliesOf(m)
	if len(list) == 0 {
		e.fail("no replies")
	}
	e.tail = message.RepliesSize(list)
	p := &wirepb.Replies{}
	if r, ok := m.(*message.Replies); ok {
		p.View = uint64(r.View)
	}
	return p
}

// repliesOf returns what a message of this kind carries: a single reply travels as a
// list of one.
func repliesOf(m message.Message) []message.Reply {
	switch m := m.(type) {
	case *message.Replies:
		return m.List
	case *message.Reply:
		return []message.Reply{*m}
	}
	return nil
}

func toReplies(p *wirepb.Replies) (*message.Replies, error) {
	m, err := message.ParseReplies(p.Batch)
	if err != nil {
		return nil, malformed(err.Error())
	}
	m.View = message.View(p.View)
	return m, nil
}
