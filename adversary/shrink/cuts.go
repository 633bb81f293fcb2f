package shrink

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// cut is messages that are taken out of a story: all of a kind, those of a kind on one
// link, or the later ones of these, or a single one.
type cut struct {
	kind     message.Kind
	all      bool // on all links
	from, to int
	since    clock.Duration // those sent from here on
	nth      int            // of those on the link, from 1; 0 = all
}

func (c cut) compare(o cut) int {
	return cmp.Or(cmp.Compare(c.kind, o.kind), cmp.Compare(c.from, o.from), cmp.Compare(c.to, o.to),
		cmp.Compare(c.since, o.since), cmp.Compare(c.nth, o.nth))
}

// link returns all of the kind on the same link.
func (c cut) link() cut { return cut{kind: c.kind, from: c.from, to: c.to} }

// every returns all of the kind.
func (c cut) every() cut { return cut{kind: c.kind, all: true} }

// rules returns drop rules that do what cuts say, until Heal. A cut within a wider one
// needs none.
func rules(cuts []cut) []sim.Rule {
	cuts = slices.DeleteFunc(slices.Clone(cuts), func(c cut) bool {
		return !c.all && slices.Contains(cuts, c.every()) || (c.nth > 0 || c.since > 0) && slices.Contains(cuts, c.link())
	})
	every := sim.Rule{Do: sim.Drop}
	kinds := make(map[[2]int][]string) // that are cut on a link
	var links [][2]int
	var parts []sim.Rule
	for _, c := range slices.SortedFunc(slices.Values(cuts), cut.compare) {
		link, kind := [2]int{c.from, c.to}, c.kind.String()
		switch {
		case c.all:
			every.Kinds = append(every.Kinds, kind)
		case c.nth > 0 || c.since > 0:
			parts = append(parts, sim.Rule{
				Do: sim.Drop, From: link[:1], To: link[1:], Kinds: []string{kind}, Begin: c.since, Nth: c.nth,
			})
		default:
			if kinds[link] == nil {
				links = append(links, link)
			}
			kinds[link] = append(kinds[link], kind)
		}
	}
	var out []sim.Rule
	if len(every.Kinds) > 0 {
		out = append(out, every)
	}
	slices.SortFunc(links, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, l := range links {
		out = merge(out, sim.Rule{Do: sim.Drop, From: l[:1], To: l[1:], Kinds: kinds[l]})
	}
	return append(out, parts...)
}

// merge adds a rule, into one for the same kinds from the same replica if there is one.
func merge(list []sim.Rule, r sim.Rule) []sim.Rule {
	for i := range list {
		if o := &list[i]; slices.Equal(o.Kinds, r.Kinds) && slices.Equal(o.From, r.From) {
			o.To = append(slices.Clip(o.To), r.To...)
			return list
		}
	}
	return append(list, r)
}

// cutsWithout returns what is left of cuts, which it changes, when a replica is taken
// out of the world.
func cutsWithout(cuts []cut, r int) []cut {
	cuts = slices.DeleteFunc(cuts, func(c cut) bool { return !c.all && (c.from == r || c.to == r) })
	for i := range cuts {
		c := &cuts[i]
		if c.from > r {
			c.from--
		}
		if c.to > r {
			c.to--
		}
	}
	return cuts
}
