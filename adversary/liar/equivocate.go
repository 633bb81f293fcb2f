package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// equivocator keeps a shadow chain beside the honest core's own: for each block
// that the core proposes there is a twin with another payload, and some replicas
// see twins only.
type equivocator struct {
	e     *Env
	sees  func(to message.ReplicaID) bool // twins
	twin  func(reqs []message.Request) []byte
	twins map[message.Digest]message.Digest // own chain digest -> twin's
}

// newEquivocate shows the upper half of the replicas blocks with the same requests,
// the first of them twice (A13).
func newEquivocate(e *Env) Sender {
	q := &equivocator{e: e, twins: make(map[message.Digest]message.Digest)}
	q.sees = e.upper
	q.twin = func(reqs []message.Request) []byte {
		return message.AppendBatch(nil, append(append([]message.Request{}, reqs...), reqs[0]))
	}
	return q.send
}

// newBadPayload shows everyone blocks whose payload is no batch, under good
// signatures.
func newBadPayload(e *Env) Sender {
	q := &equivocator{e: e, twins: make(map[message.Digest]message.Digest)}
	q.sees = func(message.ReplicaID) bool { return true }
	q.twin = func(reqs []message.Request) []byte { return append(message.AppendBatch(nil, reqs), 0) }
	return q.send
}

func (q *equivocator) send(to message.ReplicaID, m message.Message) {
	if !q.sees(to) {
		q.e.Send(to, m)
		return
	}
	switch m := m.(type) {
	case *message.PrePrepare:
		return // the twin's header goes with its body, which is not known yet
	case *message.Body:
		q.propose(to, m)
	case *message.Prepare:
		c := *m
		c.Chain = q.shadow(m.Chain)
		q.e.Send(to, q.e.signed(&c))
	case *message.Commit:
		c := *m
		c.Chain = q.shadow(m.Chain)
		q.e.Send(to, q.e.signed(&c))
	default:
		q.e.Send(to, m)
	}
}

func (q *equivocator) shadow(d message.Digest) message.Digest {
	if t, ok := q.twins[d]; ok {
		return t
	}
	return d
}

// propose sends a block's twin.
func (q *equivocator) propose(to message.ReplicaID, m *message.Body) {
	p, err := message.ParseBatch(m.Raw)
	if err != nil {
		return
	}
	raw := q.twin(p.Requests)
	h := m.Header
	h.PayloadSize, h.PayloadDigest = uint32(len(raw)), message.PayloadDigest(raw)
	parent := q.shadow(m.Parent)
	q.twins[m.Parent.Extend(m.Header.Digest())] = parent.Extend(h.Digest())
	q.e.Send(to, &message.PrePrepare{Parent: parent, Header: h})
	q.e.Send(to, &message.Body{Parent: parent, Header: h, Raw: raw})
}
