package story

import (
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// words says what a message says, without its kind.
func (s *Story) words(m message.Message) string {
	n := &s.names
	switch m := m.(type) {
	case *message.PrePrepare:
		return fmt.Sprintf("block %s on %s", n.of(m.Point()), n.of(message.Point{Seq: m.Header.Seq - 1, Chain: m.Parent}))
	case *message.Body:
		p := message.PrePrepare{Parent: m.Parent, Header: m.Header}
		return fmt.Sprintf("of block %s", n.of(p.Point()))
	case *message.Prepare:
		return fmt.Sprintf("%s (view %s, base %s)", n.of(m.Point()), seqName(message.Seq(m.View)), seqName(m.Base))
	case *message.Commit:
		return fmt.Sprintf("%s (view %s)", n.of(m.Point()), seqName(message.Seq(m.View)))
	case *message.Suspect:
		return fmt.Sprintf("of view %d (decided %s)", m.View, seqName(m.Decided))
	case *message.Leave:
		return leave(m)
	case *message.ViewChange:
		return fmt.Sprintf("to view %s, reports %s", seqName(message.Seq(m.View)), s.rank(m.Rank, m.Chain))
	case *message.NewView:
		base := "the root"
		if m.Cert != nil {
			base = s.rank(m.Cert.Rank(), m.Cert.Chain)
		}
		return fmt.Sprintf("%d, base %s, from VIEW-CHANGEs of %s", m.View, base, changers(m.Changes))
	case *message.Checkpoint:
		return fmt.Sprintf("at %s, state %.4s", n.of(m.Point()), m.State)
	case *message.PrepareCert:
		return fmt.Sprintf("of %s (view %d, base %d), votes %s", n.of(m.Point()), m.View, m.Base, votes(m.Votes))
	case *message.CommitCert:
		return fmt.Sprintf("of %s (view %d), votes %s", n.of(m.Point()), m.View, votes(m.Votes))
	case *message.CheckpointCert:
		return fmt.Sprintf("checkpoint at %s, votes %s", n.of(m.Point()), votes(m.Votes))
	}
	return s.asides(m)
}

// asides says what the messages say that bind nobody.
func (s *Story) asides(m message.Message) string {
	n := &s.names
	switch m := m.(type) {
	case *message.Status:
		return fmt.Sprintf("view %s, tip %s, certified %s, decided %s, stable %s",
			seqName(message.Seq(m.Entered)), seqName(m.Tip), seqName(m.Certified), seqName(m.Decided), seqName(m.Stable))
	case *message.Fetch:
		if m.Want.Chain.IsZero() {
			return fmt.Sprintf("what is decided after %s", n.of(m.From))
		}
		return fmt.Sprintf("blocks after %s up to %s", n.of(m.From), n.of(m.Want))
	case *message.Blocks:
		return s.blocks(m)
	case *message.FetchView:
		return fmt.Sprintf("view %d", m.View)
	case *message.Requests:
		return requests(m)
	case *message.Reply:
		if m.Code != message.ReplyOK {
			return [...]string{"", "session expired", "refused", "busy", "forgotten"}[m.Code]
		}
		if len(m.Result) == 0 {
			return "from block " + seqName(m.Seq)
		}
		return fmt.Sprintf("%x from block %s", m.Result, seqName(m.Seq))
	}
	return ""
}

func leave(m *message.Leave) string {
	var why []string
	if len(m.Suspects) > 0 {
		var who []string
		for i := range m.Suspects {
			who = append(who, fmt.Sprint(m.Suspects[i].Signer))
		}
		why = append(why, "SUSPECTs of "+strings.Join(who, ", "))
	}
	if len(m.Changes) > 0 {
		why = append(why, "VIEW-CHANGEs of "+changers(m.Changes))
	}
	if m.Proof != nil {
		why = append(why, fmt.Sprintf("proof against %d", m.Proof.Culprit))
	}
	return fmt.Sprintf("for view %d: %s", m.View, strings.Join(why, ", "))
}

func (s *Story) blocks(m *message.Blocks) string {
	chain, list := m.From.Chain, []string{}
	for i := range m.Blocks {
		chain = chain.Extend(m.Blocks[i].Header.Digest())
		list = append(list, s.names.of(message.Point{Seq: m.Blocks[i].Header.Seq, Chain: chain}))
	}
	text := strings.Join(list, ", ")
	if len(m.Blocks) > 0 && m.Blocks[0].Raw == nil {
		text += " (headers only)"
	}
	switch {
	case m.Commit != nil:
		text += " and the proof that they are decided"
	case m.Stable != nil:
		text += " and the checkpoint that covers them"
	case m.Prepare != nil:
		text += fmt.Sprintf(" and PREPARE %s of their primary", s.names.of(m.Prepare.Point()))
	}
	return text
}

// rank names a prepare certificate.
func (s *Story) rank(r message.Rank, chain message.Digest) string {
	if r == (message.Rank{}) {
		return "the root"
	}
	return fmt.Sprintf("PC(view %s, %s)", seqName(message.Seq(r.View)), s.names.of(message.Point{Seq: r.Seq, Chain: chain}))
}

func changers(list []message.ViewChange) string {
	var who []string
	for i := range list {
		who = append(who, fmt.Sprint(list[i].Signer))
	}
	return strings.Join(who, ", ")
}

func votes(list []message.CertVote) string {
	var who []string
	for _, v := range list {
		who = append(who, fmt.Sprintf("%d at %d", v.Signer, v.Seq))
	}
	return strings.Join(who, ", ")
}

func requests(m *message.Requests) string {
	var what []string
	for i := range m.List {
		if r := &m.List[i]; r.Type == message.RequestOpen {
			what = append(what, "to open a session")
		} else {
			what = append(what, fmt.Sprintf("operation %d of session %d", r.Number, r.Session.Seq))
		}
	}
	return strings.Join(what, "; ")
}

// proofs are what the kinds of evidence prove (spec E1).
var proofs = map[string]string{
	"evidence 1": "two PREPAREs of one view on two chains",
	"evidence 2": "two COMMITs of one view on two chains",
	"evidence 3": "two PREPAREs of one view with two bases",
	"evidence 4": "a VIEW-CHANGE below an earlier COMMIT",
	"evidence 5": "two VIEW-CHANGEs of one view",
	"evidence 6": "two NEW-VIEWs of one view",
	"evidence 7": "an invalid block",
}
