package story

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// line is one event in JSON. Times are nanoseconds since the world began.
type line struct {
	At      int64  `json:"at"`
	Kind    string `json:"kind"` // as sim.EventKind prints
	Replica *int   `json:"replica,omitempty"`
	Peer    *int   `json:"peer,omitempty"`
	ID      uint64 `json:"id,omitempty"`      // of a copy of a message
	Message string `json:"message,omitempty"` // its kind
	Text    string `json:"text,omitempty"`    // what it says, or what happened
	Lie     string `json:"lie,omitempty"`
	View    uint64 `json:"view,omitempty"`
	Seq     uint64 `json:"seq,omitempty"`
	Chain   string `json:"chain,omitempty"` // hex
	Note    string `json:"note,omitempty"`
	Past    bool   `json:"past,omitempty"` // it may have led to the violation
}

// JSONLines writes each event as one line of JSON, all of them, in order. Ends of links
// are numbered: replicas, second twins, clients.
func (s *Story) JSONLines(w io.Writer) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	for i := range s.Events {
		if err := enc.Encode(s.line(i)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func (s *Story) line(i int) line {
	e := &s.Events[i]
	l := line{
		At: int64(e.At), Kind: e.Kind.String(), ID: e.ID, View: uint64(e.View), Seq: uint64(e.Point.Seq), Note: e.Note,
		Text: s.happens(e), Past: s.relevant[i],
	}
	if e.Point != (message.Point{}) {
		l.Chain = fmt.Sprintf("%x", e.Point.Chain[:])
	}
	if who := s.whose(e); who >= 0 {
		l.Replica = &who
	}
	switch e.Kind {
	case sim.EventSend, sim.EventDeliver, sim.EventLost:
		l.Peer, l.Message, l.Text = &e.Peer, e.Msg.Kind().String(), s.words(e.Msg)
		l.Lie = s.copies[e.ID].lie
	case sim.EventEvidence:
		l.Peer = &e.Peer
	}
	return l
}

// shivizParser is the first line of a ShiViz file: how its entries are read. The
// second, empty one says that there is one execution.
const shivizParser = `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`

// ShiViz writes the causal past of the violation as a log with vector clocks, in the file
// format of ShiViz (bestchai.bitbucket.io/shiviz): there one can search it for patterns
// and compare it with others.
func (s *Story) ShiViz(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n\n", shivizParser)
	clocks := make([][]uint64, len(s.ends))
	for i := range clocks {
		clocks[i] = make([]uint64, len(s.ends))
	}
	sent := make(map[uint64][]uint64)
	for i := range s.Events {
		e := &s.Events[i]
		who := s.whose(e)
		if !s.relevant[i] || who < 0 {
			continue
		}
		text := s.happens(e)
		switch e.Kind {
		case sim.EventDeliver:
			text = fmt.Sprintf("gets %v %s", e.Msg.Kind(), s.words(e.Msg))
			for k, t := range sent[e.ID] {
				clocks[who][k] = max(clocks[who][k], t)
			}
		case sim.EventSend:
			text = fmt.Sprintf("sends %v %s -> %s", e.Msg.Kind(), s.words(e.Msg), s.ends[e.Peer].label)
		}
		if text == "" {
			continue
		}
		clocks[who][who]++
		if e.Kind == sim.EventSend {
			sent[e.ID] = append([]uint64(nil), clocks[who]...)
		}
		fmt.Fprintf(b, "%s %s\n%s %s\n", span(e.At), text, s.host(who), s.vector(clocks[who]))
	}
	return b.Flush()
}

// host is an end's name without spaces.
func (s *Story) host(i int) string {
	return strings.ReplaceAll(strings.ReplaceAll(s.ends[i].label, " ", ""), "'", "twin")
}

// vector renders a vector clock as JSON, without those of whom nothing is known.
func (s *Story) vector(clock []uint64) string {
	var out []string
	for i, t := range clock {
		if t > 0 {
			out = append(out, fmt.Sprintf("%q:%d", s.host(i), t))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}
