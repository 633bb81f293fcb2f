package emu

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// names gives chain points the names of the requests in their blocks.
type names struct {
	clients map[message.PublicKey]string
	index   map[string]int
	name    map[message.Digest]string
	taken   map[string]bool
}

func newNames(root message.Point) names {
	return names{
		clients: map[message.PublicKey]string{}, index: map[string]int{},
		name: map[message.Digest]string{root.Chain: "root"}, taken: map[string]bool{"root": true},
	}
}

// client returns the index of a client's key, above those of all members.
func (n *names) client(name string) int {
	i, ok := n.index[name]
	if !ok {
		i = 1<<20 + len(n.index)
		n.index[name] = i
	}
	return i
}

// learn names a block on top of parent. One that has a namesake gets a prime.
func (n *names) learn(parent message.Digest, h *message.Header, payload *message.Payload) message.Point {
	at := message.Point{Seq: h.Seq, Chain: parent.Extend(h.Digest())}
	if n.name[at.Chain] != "" {
		return at
	}
	name := "invalid"
	if payload != nil {
		var parts []string
		for i := range payload.Requests {
			parts = append(parts, n.request(&payload.Requests[i]))
		}
		name = strings.Join(parts, "+")
	}
	for n.taken[name] {
		name += "'"
	}
	n.name[at.Chain], n.taken[name] = name, true
	return at
}

// request names a request after its client, with its number unless it is an opening.
func (n *names) request(r *message.Request) string {
	client := n.clients[r.Client]
	if client == "" {
		client = hex.EncodeToString(r.Client[:4])
	}
	if r.Type == message.RequestOpen {
		return client
	}
	return fmt.Sprintf("%s.%d", client, r.Number)
}

func (d *Driver) digest(c message.Digest) string {
	if name := d.names.name[c]; name != "" {
		return name
	}
	return hex.EncodeToString(c[:4])
}

func (d *Driver) point(p message.Point) string { return fmt.Sprintf("%d:%s", p.Seq, d.digest(p.Chain)) }

func (d *Driver) baseOf(m *message.NewView) message.Point {
	if m.Cert == nil {
		return d.root
	}
	return m.Cert.Point()
}

// describe puts a message on one short line.
func (d *Driver) describe(m message.Message) string {
	switch m := m.(type) {
	case *message.PrePrepare:
		return fmt.Sprintf("PRE-PREPARE %d %s on %s", m.Header.View, d.point(m.Point()), d.digest(m.Parent))
	case *message.Body:
		return fmt.Sprintf("BODY %d:%s", m.Header.Seq, d.digest(m.Parent.Extend(m.Header.Digest())))
	case *message.Prepare:
		return fmt.Sprintf("PREPARE %d base %d at %s", m.View, m.Base, d.point(m.Point()))
	case *message.Commit:
		return fmt.Sprintf("COMMIT %d at %s", m.View, d.point(m.Point()))
	case *message.Suspect:
		return fmt.Sprintf("SUSPECT %d decided %d", m.View, m.Decided)
	case *message.Leave:
		return fmt.Sprintf("LEAVE to %d by %d SUSPECTs, %d VIEW-CHANGEs%s", m.View, len(m.Suspects), len(m.Changes), proof(m.Proof))
	case *message.ViewChange:
		return fmt.Sprintf("VIEW-CHANGE %d reports %d/%s", m.View, m.Rank.View, d.point(message.Point{Seq: m.Rank.Seq, Chain: m.Chain}))
	case *message.NewView:
		return fmt.Sprintf("NEW-VIEW %d base %s by %s", m.View, d.point(d.baseOf(m)), signers(m.Changes))
	case *message.Checkpoint:
		return fmt.Sprintf("CHECKPOINT at %s", d.point(m.Point()))
	}
	return d.describeRest(m)
}

func (d *Driver) describeRest(m message.Message) string {
	switch m := m.(type) {
	case *message.PrepareCert:
		return fmt.Sprintf("PC %d base %d at %s", m.View, m.Base, d.point(m.Point()))
	case *message.CommitCert:
		return fmt.Sprintf("CC %d at %s", m.View, d.point(m.Point()))
	case *message.CheckpointCert:
		return fmt.Sprintf("STABLE at %s", d.point(m.Point()))
	case *message.Status:
		return fmt.Sprintf("STATUS view %d of %d decided %d stable %d", m.Entered, m.Target, m.Decided, m.Stable)
	case *message.Fetch:
		return fmt.Sprintf("FETCH from %s to %s", d.point(m.From), d.point(m.Want))
	case *message.FetchView:
		return fmt.Sprintf("FETCH-VIEW %d", m.View)
	case *message.Blocks:
		return fmt.Sprintf("BLOCKS %d above %s", len(m.Blocks), d.point(m.From))
	case *message.Requests:
		var parts []string
		for i := range m.List {
			parts = append(parts, d.names.request(&m.List[i]))
		}
		return "REQUESTS " + strings.Join(parts, " ")
	}
	return m.Kind().String()
}

func proof(e *message.Evidence) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf(" and proof against %d", e.Culprit)
}

func signers(list []message.ViewChange) string {
	var parts []string
	for i := range list {
		parts = append(parts, fmt.Sprint(list[i].Signer))
	}
	return strings.Join(parts, ",")
}

func (d *Driver) describeSent(s *Sent) string {
	if s.All {
		return "-> all: " + d.describe(s.Msg)
	}
	return fmt.Sprintf("-> %d: %s", s.To, d.describe(s.Msg))
}

// state says where the replica stands.
func (d *Driver) state() string {
	if d.core == nil {
		if d.fault != nil {
			return fmt.Sprintf("stopped: %v", d.fault)
		}
		return "down"
	}
	s := d.core.Status()
	view := fmt.Sprint(s.View)
	if s.Target != s.View {
		view += fmt.Sprintf(", left for %d", s.Target)
	}
	return fmt.Sprintf("in view %s, base %s, tip %s, certified %d, decided %s, stable %d; it waits for %s",
		view, d.point(s.Base), d.point(s.Tip), s.Certified, d.point(s.Decided), s.Stable.Seq, s.Waiting)
}

func (d *Driver) log(format string, args ...any) {
	if d.cfg.Log != nil {
		fmt.Fprintf(d.cfg.Log, format+"\n", args...)
	}
}
