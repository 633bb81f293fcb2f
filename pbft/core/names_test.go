package core_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// names gives chain points the names of the requests in their block, and remembers
// who extends whom.
type names struct {
	clients map[message.PublicKey]string
	signers map[message.PublicKey]crypto.Signer
	name    map[message.Digest]string
	point   map[string]message.Point
	parent  map[message.Digest]message.Digest
	link    map[message.Digest]message.Digest
}

func newNames(root message.Point) names {
	return names{
		clients: map[message.PublicKey]string{}, signers: map[message.PublicKey]crypto.Signer{}, name: map[message.Digest]string{root.Chain: "root"},
		point: map[string]message.Point{"root": root}, parent: map[message.Digest]message.Digest{},
		link: map[message.Digest]message.Digest{},
	}
}

// request returns the signed opening that a name like a or b2 stands for.
func (n *names) request(w *world, name string) message.Request {
	letters := strings.TrimRight(name, "0123456789")
	nonce := uint64(1)
	if digits := name[len(letters):]; digits != "" {
		nonce, _ = strconv.ParseUint(digits, 10, 64)
	}
	index := 1000
	for _, c := range letters {
		index = index*64 + int(c-'@')
	}
	signer := w.ring.Signer(index)
	n.clients[signer.Public()], n.signers[signer.Public()] = letters, signer
	r := message.Request{Type: message.RequestOpen, Client: signer.Public(), Number: nonce}
	w.check(w.door.SignRequest(signer, &r))
	return r
}

// learn names the block with header h and the given requests on top of parent.
func (n *names) learn(parent message.Digest, h *message.Header, reqs []message.Request) message.Point {
	p := message.Point{Seq: h.Seq, Chain: parent.Extend(h.Digest())}
	if n.name[p.Chain] != "" {
		return p
	}
	var parts []string
	for i := range reqs {
		part := n.clients[reqs[i].Client]
		if reqs[i].Number != 1 {
			part += fmt.Sprint(reqs[i].Number)
		}
		parts = append(parts, part)
	}
	name := strings.Join(parts, "+")
	for n.point[name] != (message.Point{}) {
		name += "'"
	}
	n.name[p.Chain], n.point[name], n.parent[p.Chain], n.link[p.Chain] = name, p, parent, h.Digest()
	return p
}

// extends reports whether the chain of p contains q.
func (n *names) extends(p, q message.Point) bool {
	for p.Seq > q.Seq {
		up, ok := n.parent[p.Chain]
		if !ok {
			return false
		}
		p = message.Point{Seq: p.Seq - 1, Chain: up}
	}
	return p == q
}

// at returns a named point.
func (w *world) at(name string) message.Point {
	p, ok := w.names.point[name]
	if !ok {
		w.check(fmt.Errorf("no block is called %q", name))
	}
	return p
}

func (w *world) digest(d message.Digest) string {
	if s := w.names.name[d]; s != "" {
		return s
	}
	return hex.EncodeToString(d[:2])
}

func (w *world) point(p message.Point) string { return fmt.Sprintf("%d:%s", p.Seq, w.digest(p.Chain)) }

// describe puts a message on one short line.
func (w *world) describe(m message.Message) string {
	k := m.Kind()
	switch m := m.(type) {
	case *message.PrePrepare:
		return fmt.Sprintf("%v %d %s on %s", k, m.Header.View, w.point(m.Point()), w.digest(m.Parent))
	case *message.Body:
		return fmt.Sprintf("%v %s", k, w.digest(m.Parent.Extend(m.Header.Digest())))
	case *message.Prepare:
		return fmt.Sprintf("%v %d base %d to %s", k, m.View, m.Base, w.point(m.Point()))
	case *message.Commit:
		return fmt.Sprintf("%v %d %s", k, m.View, w.point(m.Point()))
	case *message.Suspect:
		return fmt.Sprintf("%v %d decided %d", k, m.View, m.Decided)
	case *message.Leave:
		return fmt.Sprintf("%v to %d (%d suspects, %d changes, proof %v)", k, m.View, len(m.Suspects), len(m.Changes), m.Proof != nil)
	case *message.ViewChange:
		return fmt.Sprintf("%v %d holds %d/%s", k, m.View, m.Rank.View, w.point(message.Point{Seq: m.Rank.Seq, Chain: m.Chain}))
	case *message.NewView:
		return fmt.Sprintf("%v %d of %s base %s", k, m.View, signers(m.Changes), w.point(w.baseOf(m)))
	case *message.Checkpoint:
		return fmt.Sprintf("%v %s state %s", k, w.point(m.Point()), w.digest(m.State))
	case *message.PrepareCert:
		return fmt.Sprintf("%v %d base %d %s", k, m.View, m.Base, w.point(m.Point()))
	case *message.CommitCert:
		return fmt.Sprintf("%v %d %s", k, m.View, w.point(m.Point()))
	case *message.CheckpointCert:
		return fmt.Sprintf("%v %s", k, w.point(m.Point()))
	case *message.Status:
		return fmt.Sprintf("%v view %d/%d decided %d stable %d", k, m.Entered, m.Target, m.Decided, m.Stable)
	case *message.Fetch:
		return fmt.Sprintf("%v from %s to %s bodies %v", k, w.point(m.From), w.point(m.Want), m.Bodies)
	case *message.Blocks:
		return fmt.Sprintf("%v %d from %s", k, len(m.Blocks), w.point(m.From))
	case *message.Requests:
		return fmt.Sprintf("%v %d", k, len(m.List))
	}
	return k.String()
}

func signers(list []message.ViewChange) string {
	var out []string
	for i := range list {
		out = append(out, fmt.Sprint(list[i].Signer))
	}
	return strings.Join(out, ",")
}

func (w *world) baseOf(m *message.NewView) message.Point {
	if m.Cert == nil {
		return w.root
	}
	return m.Cert.Point()
}

// logOutput tells what comes out of a turn, in the order in which it is done.
func (w *world) logOutput(h *host, o *core.Output) {
	for _, out := range slices.Concat(o.Early, o.Send) {
		if b, ok := out.Msg.(*message.Body); ok {
			w.names.learn(b.Parent, &b.Header, b.Payload.Requests)
		}
	}
	for _, out := range o.Early {
		w.note(true, "%d early to all: %s", h.id, w.describe(out.Msg))
	}
	for i := range o.Persist {
		w.note(true, "%d writes %s", h.id, w.record(&o.Persist[i]))
		if v, ok := o.Persist[i].Message.(*message.NewView); ok && w.brief {
			w.note(false, "%d enters view %d, base %s", h.id, v.View, w.point(w.baseOf(v)))
		}
	}
	for _, out := range o.Send {
		to := "all"
		if !out.All {
			to = fmt.Sprint(out.To)
		}
		_, hint := out.Msg.(*message.Status)
		_, suspect := out.Msg.(*message.Suspect)
		_, change := out.Msg.(*message.ViewChange)
		line := fmt.Sprintf("%d to %s: %s", h.id, to, w.describe(out.Msg))
		if !hint && line != h.said {
			w.note(!suspect && !change || !out.All, "%s", line)
		}
		if suspect || change {
			h.said = line
		}
	}
	var points []string
	for i := range o.Execute {
		points = append(points, w.point(o.Execute[i].Point))
	}
	if points != nil {
		w.note(false, "%d decides %s", h.id, strings.Join(points, " "))
	}
	for _, e := range o.Evidence {
		second := "the block"
		if e.Second != nil {
			second = w.describe(e.Second)
		}
		w.note(false, "%d convicts %d: %s and %s", h.id, e.Culprit, w.describe(e.First), second)
	}
	if o.Fault != nil {
		w.note(false, "%d stops: %v", h.id, o.Fault)
	}
}

var recordNames = []string{"", "block", "state", "PC", "CC", "own", "own", "", "", "evidence"}

func (w *world) record(r *core.Record) string {
	kind := recordNames[r.Kind]
	switch {
	case r.Block != nil:
		return kind + " " + w.digest(r.Parent.Extend(r.Block.Header.Digest()))
	case r.State != nil:
		return fmt.Sprintf("%s view %d base %s tip %s commit %d", kind, r.State.View, w.point(r.State.Base), w.point(r.State.Tip), r.State.Commit.Seq)
	case r.Message != nil && kind == "own":
		return "own " + w.describe(r.Message)
	case r.Message != nil:
		return w.describe(r.Message)
	}
	return kind
}

// status puts a replica on one line.
func (h *host) status() string {
	if h.core == nil {
		return fmt.Sprintf("%d is down", h.id)
	}
	s := h.core.Status()
	view := fmt.Sprint(s.View)
	if s.Target != s.View {
		view += fmt.Sprintf(" left for %d", s.Target)
	}
	return fmt.Sprintf("%d: view %s base %s tip %s certified %d decided %s executed %d stable %d; waits for %s", h.id, view, h.w.point(s.Base),
		h.w.point(s.Tip), s.Certified, h.w.point(s.Decided), s.Applied, s.Stable.Seq, s.Waiting)
}
