package story

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// stateRow is one property of all processes.
type stateRow struct {
	Name   string
	Values []string
	Differ bool // correct replicas are not all the same
}

// properties are the rows, in order.
var properties = []struct {
	name string
	of   func(n *names, x *stand) string
}{
	{"view", func(_ *names, x *stand) string {
		if x.Target > x.View {
			return fmt.Sprintf("%d, asks for %d", x.View, x.Target)
		}
		return fmt.Sprint(x.View)
	}},
	{"base", func(n *names, x *stand) string { return n.of(x.Base) }},
	{"tip", func(n *names, x *stand) string { return n.of(x.Tip) }},
	{"highest PC", func(_ *names, x *stand) string {
		if x.Prepare == (message.Rank{}) {
			return "none"
		}
		return fmt.Sprintf("view %d, %d", x.Prepare.View, x.Prepare.Seq)
	}},
	{"decided", func(n *names, x *stand) string { return n.of(x.Decided) }},
	{"executed", func(_ *names, x *stand) string { return seqName(x.Applied) }},
	{"stable", func(n *names, x *stand) string { return n.of(x.Stable) }},
	{"requests", func(_ *names, x *stand) string { return fmt.Sprint(x.Pending) }},
	{"suspects", func(_ *names, x *stand) string {
		if x.Suspected {
			return "yes"
		}
		return "no"
	}},
	{"timeout", func(_ *names, x *stand) string { return span(x.Timeout) }},
	{waitsFor, func(_ *names, x *stand) string { return x.Waiting }},
}

const waitsFor = "waits for" // the row of long texts

// states puts the processes side by side, as they stood at the violation or at the
// end.
func (s *Story) states() []stateRow {
	var out []stateRow
	for _, p := range properties {
		row := stateRow{Name: p.name}
		first := ""
		for i := range s.stands {
			v := "down"
			if x := &s.stands[i]; x.up {
				v = p.of(&s.names, x)
			}
			row.Values = append(row.Values, v)
			if s.ends[i].faulty {
				continue
			}
			if first == "" {
				first = v
			}
			row.Differ = row.Differ || v != first
		}
		out = append(out, row)
	}
	return out
}
