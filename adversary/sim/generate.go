package sim

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
)

// Options bounds what Generate draws.
type Options struct {
	Replicas  int // 0: 4 in most worlds, 5, 6 or 7 in one of five
	Decisions int // default 20
	// Behaviours are what liars are drawn from, as liar.Parse reads them; default all that
	// liar.Random draws.
	Behaviours []string
	// Only, if not empty, are the kinds of faults that every world has, and no other
	// ones; Without are kinds that none has. Both name kinds or groups: see Faults.
	Only, Without []string
}

// Validate reports a name in Only or Without that is no kind of fault.
func (o *Options) Validate() error {
	for _, name := range slices.Concat(o.Only, o.Without) {
		if !slices.ContainsFunc(Faults(), func(f Fault) bool { return name == f.Name || name == f.Group }) {
			return wrong("no kind of fault is called %q", name)
		}
	}
	return nil
}

// in reports whether a list names a kind or its group.
func (f *Fault) in(list []string) bool {
	return slices.Contains(list, f.Name) || slices.Contains(list, f.Group)
}

// behaviour draws what a liar is.
func (o *Options) behaviour(src Source) string {
	if len(o.Behaviours) > 0 {
		return o.Behaviours[src.Draw("behaviour", uint64(len(o.Behaviours)))]
	}
	return liar.Random(src.Draw)
}

// Generate draws a scenario that stays within the model: at most f replicas faulty or
// gone for good, and after Heal a good network.
//
// Each seed has a random half of the kinds of faults (swarm testing, Groce et al.,
// ISSTA 2012), and most seeds have a good network: there what liars do gets deep. With
// a seed, each kind has a stream of its own, so a world without a kind is otherwise
// nearly the same.
func Generate(src Source, o Options) Scenario {
	g := gen{s: drawWorld(src, &o), o: &o}
	seed := src.Draw("seed", 1<<63)
	g.weak = weakest(split(src, 12), g.s.Replicas)
	weather := map[string]bool{}
	for i, x := range climate {
		weather[x.group] = chance(split(src, 10, uint64(i)), x.group, x.percent)
	}
	for i := range kinds {
		k := &kinds[i]
		g.src = split(src, 11, uint64(i))
		on := chance(g.src, k.Name, k.percent) && weather[k.Group]
		if len(o.Only) > 0 {
			on = k.in(o.Only)
		}
		if on && !k.in(o.Without) {
			k.add(&g)
		}
	}
	for i, r := range g.weak[:(g.s.Replicas-1)/3] {
		g.src = split(src, 13, uint64(i))
		g.spoil(r)
	}
	if !g.timed {
		g.s.Heal = 0
	}
	if g.loaded && !g.timed {
		g.load()
	}
	g.s.Links.InOrder = !g.reorder
	g.s.Seed = seed
	return g.s
}

// sizes are those of worlds that are not told one: mostly the smallest that masks a
// fault, and those whose arithmetic differs from n = 3f+1.
var sizes = [16]int{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6, 7}

// weakest draws the order in which replicas may fail. The primary of view 0 is the first
// in about half of all worlds of four: most of what a liar can do it can do there, and
// many worlds are over before another one leads.
func weakest(src Source, n int) []int {
	p := permutation(src, n)
	if chance(src, "first", 33) {
		i := slices.Index(p, 0)
		p[0], p[i] = p[i], p[0]
	}
	return p
}

// drawWorld draws what is no fault. A world of many decisions has more under way, and about
// as many windows and checkpoints as one of few: else it would be a slow one, and most of its
// decisions would come when the faults are over.
func drawWorld(src Source, o *Options) Scenario {
	scale := uint64(max(o.Decisions/20, 1))
	s := Scenario{
		Replicas: o.Replicas, Decisions: o.Decisions, Clients: 1 + int(src.Draw("clients", 3)), Ahead: 1 + int(src.Draw("ahead", 4*scale)),
		OpsBlock: 1 + int(src.Draw("ops", 3)), Interval: 1 + int(src.Draw("interval", 11*scale)),
		Heal:    clock.Duration(500+src.Draw("heal", 2500)) * clock.Millisecond,
		TurnMax: 200 * clock.Microsecond, SyncMax: clock.Duration(1+src.Draw("sync", 5)) * clock.Millisecond,
		ExecMax: clock.Duration(1+src.Draw("exec", 3)) * clock.Millisecond,
	}
	if s.Replicas == 0 {
		s.Replicas = sizes[split(src, 14).Draw("replicas", uint64(len(sizes)))]
	}
	s.Window = 1 + int(src.Draw("window", uint64(s.Interval)))
	if chance(src, "answer", 50) {
		s.Answer = 1 + int(src.Draw("answer-bytes", 1500)) // a window takes several
	}
	s.Links = Links{DelayMin: 200 * clock.Microsecond, DelayMax: clock.Duration(1+src.Draw("delay", 20)) * clock.Millisecond}
	s.Burst = chance(src, "burst", 50)
	s.Encode = chance(src, "encode", 5)
	return s
}

// gen is a scenario in the making.
type gen struct {
	s       Scenario
	o       *Options
	src     Source
	weak    []int // all replicas; the first f may fail
	timed   bool  // something has to be over before Heal
	reorder bool
	loaded  bool // load goes on after Heal
}

// spoil makes one of the f replicas that may fail faulty, or gone for good, or leaves
// it sound. What is forbidden leaves it sound too.
func (g *gen) spoil(r int) {
	allowed := func(*Fault) bool { return true }
	sound := uint64(soundness)
	if only := g.o.Only; len(only) > 0 {
		allowed, sound = func(f *Fault) bool { return f.in(only) }, 0
	}
	total := sound
	for i := range ills {
		if allowed(&ills[i].Fault) {
			total += ills[i].weight
		}
	}
	if total == 0 {
		return
	}
	x := g.draw("ill", total)
	if x < sound {
		return
	}
	x -= sound
	for i := range ills {
		k := &ills[i]
		switch {
		case !allowed(&k.Fault):
		case x >= k.weight:
			x -= k.weight
		default:
			if !k.in(g.o.Without) {
				k.add(g, r)
			}
			return
		}
	}
}

func (g *gen) draw(label string, n uint64) uint64 { return g.src.Draw(label, n) }

// who draws a replica.
func (g *gen) who() int { return int(g.draw("who", uint64(g.s.Replicas))) }

// time draws when something begins: at any time before Heal, or early, where the short
// worlds are.
func (g *gen) time() clock.Duration {
	g.timed = true
	return clock.Duration(g.draw("at", uint64(g.s.Heal))) >> g.draw("early", 5)
}

// length draws how long something lasts.
func (g *gen) length() clock.Duration {
	g.timed = true
	return clock.Duration(1+g.draw("for", 1<<10)) * g.s.Heal / (2 << 10)
}

// some draws a set of replicas.
func (g *gen) some(percent uint64) (out []int) {
	for r := range g.s.Replicas {
		if chance(g.src, "side", percent) {
			out = append(out, r)
		}
	}
	return out
}

func permutation(src Source, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := src.Draw("permutation", uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}
