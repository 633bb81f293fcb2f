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

func (*encoder) reply(m *message.Reply) *wirepb.Reply {
	return &wirepb.Reply{
		Replica: uint32(m.Replica), Request: wirepb.Digest(m.Request), Seq: uint64(m.Seq), Code: uint32(m.Code),
		SessionSeq: uint64(m.Session.Seq), SessionPos: m.Session.Pos, Number: m.Number, Result: m.Result,
	}
}

func toReply(p *wirepb.Reply) *message.Reply {
	return &message.Reply{
		Replica: message.ReplicaID(p.Replica), Request: message.Digest(p.Request), Seq: message.Seq(p.Seq),
		Code:    message.ReplyCode(p.Code),
		Session: message.SessionID{Seq: message.Seq(p.SessionSeq), Pos: p.SessionPos},
		Number:  p.Number, Result: p.Result,
	}
}
