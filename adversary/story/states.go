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

// states puts the processes side by side, as they stood at the violation or at the
// end.
func (s *Story) states() []stateRow {
	n := &s.names
	point := func(p message.Point) string { return n.of(p) }
	rows := []struct {
		name string
		of   func(x *stand) string
	}{
		{"view", func(x *stand) string {
			if x.Target > x.View {
				return fmt.Sprintf("%d, asks for %d", x.View, x.Target)
			}
			return fmt.Sprint(x.View)
		}},
		{"base", func(x *stand) string { return point(x.Base) }},
		{"tip", func(x *stand) string { return point(x.Tip) }},
		{"highest PC", func(x *stand) string {
			if x.Prepare == (message.Rank{}) {
				return "none"
			}
			return fmt.Sprintf("view %d, %d", x.Prepare.View, x.Prepare.Seq)
		}},
		{"decided", func(x *stand) string { return point(x.Decided) }},
		{"executed", func(x *stand) string { return seqName(x.Applied) }},
		{"stable", func(x *stand) string { return point(x.Stable) }},
		{"requests", func(x *stand) string { return fmt.Sprint(x.Pending) }},
		{"suspects", func(x *stand) string {
			if x.Suspected {
				return "yes"
			}
			return "no"
		}},
		{"timeout", func(x *stand) string { return span(x.Timeout) }},
		{"waits for", func(x *stand) string { return x.Waiting }},
	}
	var out []stateRow
	for _, r := range rows {
		row := stateRow{Name: r.name}
		first := ""
		for i := range s.stands {
			x := &s.stands[i]
			v := "down"
			if x.up {
				v = r.of(x)
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
