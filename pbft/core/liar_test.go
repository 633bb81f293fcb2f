package core_test

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// lie sends what a corrupt replica makes up, to the replicas in to= or to all others:
//
//	byz 3 propose view=0 on=root op=x        a block, its header and its body
//	byz 3 PREPARE view=1 base=0 at=e         at= names a point
//	byz 3 COMMIT view=1 at=e
//	byz 3 SUSPECT view=1 decided=3
//	byz 3 VIEW-CHANGE view=2 rank=1 at=e     rank= is the view of the PC that it claims
//	byz 3 PC view=1 base=0 at=e from=0,1,3   out of votes that were sent to anyone
//	byz 3 NEW-VIEW view=2 from=0,1,3         with the best PC that was ever assembled
//	byz 3 STATUS view=0 decided=9 stable=8
func (s *script) lie(a args) {
	id := int(number(a.word(0)))
	if !s.hosts[id].corrupt {
		panic(scriptError("replica is not corrupt"))
	}
	if name, ok := a.pairs["at"]; ok && s.names.point[name] == (message.Point{}) {
		s.note(false, "%d cannot: there is no block %s", id, name)
		return
	}
	for _, m := range s.forge(id, a.word(1), a) {
		if signed, ok := m.(message.Signed); ok {
			_, err := s.door.Sign(s.hosts[id].signer, message.ReplicaID(id), signed)
			s.check(err)
		}
		to := "all"
		if a.pairs["to"] != "" {
			to = a.pairs["to"]
		}
		for _, j := range s.list(to) {
			if j != id {
				s.transmit(id, j, m)
			}
		}
	}
}

func (s *script) forge(id int, kind string, a args) []message.Message {
	view := message.View(a.num("view", 0))
	var p message.Point
	if name, ok := a.pairs["at"]; ok {
		p = s.at(name)
		p.Seq = message.Seq(a.num("seq", uint64(p.Seq)))
	}
	switch kind {
	case "propose":
		return s.forgeBlock(view, a)
	case "PREPARE":
		return []message.Message{&message.Prepare{View: view, Base: message.Seq(a.num("base", 0)), Seq: p.Seq, Chain: p.Chain}}
	case "COMMIT":
		return []message.Message{&message.Commit{View: view, Seq: p.Seq, Chain: p.Chain}}
	case "SUSPECT":
		return []message.Message{&message.Suspect{View: view, Decided: message.Seq(a.num("decided", 0))}}
	case "VIEW-CHANGE":
		if p == (message.Point{}) {
			p = s.root
		}
		return []message.Message{&message.ViewChange{
			View: view, Rank: message.Rank{View: message.View(a.num("rank", 0)), Seq: p.Seq}, Chain: p.Chain,
		}}
	case "PC":
		c := s.cutPrepareCert(view, message.Seq(a.num("base", 0)), p, s.list(a.pairs["from"]))
		s.certs = append(s.certs, c)
		return []message.Message{c}
	case "NEW-VIEW":
		return []message.Message{s.forgeNewView(view, s.list(a.pairs["from"]))}
	case "STATUS":
		return []message.Message{&message.Status{Entered: view, Target: view, Decided: message.Seq(a.num("decided", 0)), Stable: message.Seq(a.num("stable", 0))}}
	}
	panic(scriptError("cannot forge " + kind))
}

func (s *script) forgeBlock(view message.View, a args) []message.Message {
	parent := s.at(a.pairs["on"])
	reqs := []message.Request{s.names.request(s.world, a.pairs["op"])}
	raw := message.AppendBatch(nil, reqs)
	h := message.Header{
		View: view, Seq: message.Seq(a.num("seq", uint64(parent.Seq+1))), PayloadKind: message.PayloadBatch,
		PayloadHash: message.HashSHA256, PayloadSize: uint32(len(raw)), PayloadDigest: message.PayloadDigest(raw),
	}
	s.names.learn(parent.Chain, &h, reqs)
	return []message.Message{
		&message.PrePrepare{Parent: parent.Chain, Header: h}, &message.Body{Parent: parent.Chain, Header: h, Raw: raw},
	}
}

// cutPrepareCert builds a certificate for p out of the highest votes of the given
// signers that anyone ever sent.
func (s *script) cutPrepareCert(view message.View, base message.Seq, p message.Point, from []int) *message.PrepareCert {
	c := &message.PrepareCert{View: view, Base: base, Seq: p.Seq, Chain: p.Chain}
	top := p
	for _, i := range from {
		var best *message.Prepare
		for _, m := range s.seen {
			v, ok := m.(*message.Prepare)
			if ok && int(v.Signer) == i && v.View == view && (best == nil || v.Seq > best.Seq) && s.names.extends(v.Point(), p) {
				best = v
			}
		}
		if best == nil {
			panic(scriptError("no such vote"))
		}
		if best.Seq > top.Seq {
			top = best.Point()
		}
		c.Votes = append(c.Votes, message.CertVote{Signer: best.Signer, Seq: best.Seq, Sig: best.Sig})
	}
	for ; top.Seq > p.Seq; top = (message.Point{Seq: top.Seq - 1, Chain: s.names.parent[top.Chain]}) {
		c.Links = append(c.Links, s.names.link[top.Chain])
	}
	slices.Reverse(c.Links)
	return c
}

// forgeNewView builds NEW-VIEW out of VIEW-CHANGEs that were sent, and the
// certificate of the highest rank among them.
func (s *script) forgeNewView(view message.View, from []int) *message.NewView {
	m := &message.NewView{View: view}
	var best message.Rank
	for _, i := range from {
		for _, v := range s.seen {
			if vc, ok := v.(*message.ViewChange); ok && vc.View == view && int(vc.Signer) == i {
				m.Changes = append(m.Changes, *vc)
				best = maxRank(best, vc.Rank)
				break
			}
		}
	}
	for _, h := range s.hosts {
		for _, r := range h.disk {
			if c, ok := r.Message.(*message.PrepareCert); ok && c.Rank() == best {
				m.Cert = c
			}
		}
	}
	for i := range s.certs {
		if s.certs[i].Rank() == best {
			m.Cert = s.certs[i]
		}
	}
	return m
}

// forgeChain makes a chain of blocks on top of a named one; salt tells it from others.
func (s *script) forgeChain(on string, view message.View, length, salt int) (out []*message.Body) {
	for i := range length {
		list := s.forgeBlock(view, args{pairs: map[string]string{"on": on, "op": fmt.Sprintf("x%d", 1+salt*length+i)}})
		b := list[1].(*message.Body)
		out, on = append(out, b), s.digest(b.Parent.Extend(b.Header.Digest()))
	}
	return out
}
