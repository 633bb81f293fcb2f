package sim

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Fault is a kind of fault that Generate knows.
type Fault struct {
	Name  string
	Group string // of kinds that are forced or forbidden together
	About string
}

// Faults returns all kinds of faults that Generate knows.
func Faults() (out []Fault) {
	for i := range kinds {
		out = append(out, kinds[i].Fault)
	}
	for i := range ills {
		out = append(out, ills[i].Fault)
	}
	return out
}

// climate says how many worlds of 100 have faults of a group at all.
var climate = []struct {
	group   string
	percent uint64
}{{"clients", 25}, {"delays", 100}, {"links", 40}, {"processes", 45}, {"disks", 30}, {"clocks", 35}, {"bundles", 20}}

// kinds are the faults that correct replicas and their links must stand, with how many
// worlds of 100 have one where its group has any.
var kinds = []struct {
	Fault
	percent uint64
	add     func(*gen)
}{
	{Fault{"crowd", "clients", "there are many clients"}, 25, func(g *gen) { g.s.Clients = 6 + int(g.draw("crowd", 7)) }},
	{Fault{"wide", "clients", "clients send to all replicas at once"}, 40, func(g *gen) { g.s.Wide = true }},
	{Fault{"reopen", "clients", "clients open one session after the other, and old operations arrive again"}, 60, func(g *gen) {
		g.s.Reopen = 1 + int(g.draw("reopen", 8))
	}},
	{Fault{"evict", "clients", "sessions are few, so that openings evict others"}, 50, func(g *gen) {
		g.s.Sessions = 1 + int(g.draw("sessions", uint64(g.s.Clients)))
	}},
	{Fault{"reorder", "delays", "messages of one link overtake each other"}, 50, func(g *gen) { g.reorder = true }},
	{Fault{"spread", "delays", "delays are exponential or have a heavy tail"}, 30, func(g *gen) {
		g.s.Links.Spread = []Spread{Exponential, HeavyTail}[g.draw("spread", 2)]
	}},
	{Fault{"loss", "links", "messages are lost"}, 50, func(g *gen) { g.s.Links.LossPercent, g.timed = 1+g.draw("loss", 20), true }},
	{Fault{"duplicate", "links", "messages arrive twice"}, 50, func(g *gen) { g.s.Links.DuplicatePercent, g.timed = 1+g.draw("duplicate", 20), true }},
	{Fault{"slow-links", "links", "some messages are much slower"}, 50, func(g *gen) { g.s.Links.SlowPercent, g.timed = 1+g.draw("slow", 15), true }},
	{Fault{"replay", "links", "old messages arrive again"}, 50, (*gen).replays},
	{Fault{"corrupt", "links", "bits flip, and connections break"}, 25, func(g *gen) {
		g.s.Rules = append(g.s.Rules, Rule{Do: Corrupt, Percent: 1 + g.draw("corrupt", 4), End: g.time()})
	}},
	{Fault{"mute", "links", "messages of one kind are lost: those of one replica, to one, among all but one, or all"}, 40, (*gen).mute},
	{Fault{"faint", "links", "half of the votes of a kind never arrive, after Heal either"}, 30, func(g *gen) {
		g.s.Rules, g.timed = append(g.s.Rules, Rule{Do: Drop, Kinds: []string{g.vote()}, Percent: 50, Always: true}), true
	}},
	{Fault{"bandwidth", "links", "a bottleneck with a bounded queue"}, 25, (*gen).bottleneck},
	{Fault{"partition", "links", "two sides do not hear each other"}, 35, func(g *gen) { g.cut(Cut{Side: g.some(40)}) }},
	{Fault{"one-way", "links", "one side does not hear the other"}, 25, func(g *gen) { g.cut(Cut{Side: g.some(40), OneWay: true}) }},
	{Fault{"bridge", "links", "two sides have one replica between them"}, 20, (*gen).bridge},
	{Fault{"star", "links", "all talk to one replica only"}, 15, (*gen).star},
	{Fault{"leader", "links", "whoever leads is cut off"}, 20, func(g *gen) { g.cut(Cut{Leader: true, OneWay: g.draw("one-way", 2) == 1}) }},
	{Fault{"flap", "links", "links go down and up"}, 25, func(g *gen) { g.cut(Cut{Side: g.some(40), Flap: 1 + g.length()/8}) }},
	{Fault{"clog", "links", "messages wait until a partition ends"}, 25, func(g *gen) { g.cut(Cut{Side: g.some(40), Clog: true}) }},
	{Fault{"swizzle", "links", "replicas are cut off one by one, and come back in another order"}, 20, (*gen).swizzle},
	{Fault{"crash", "processes", "processes stop and start again, logs are torn"}, 50, func(g *gen) {
		for range 1 + g.draw("crashes", 3) {
			g.crash(Crash{Replica: g.who(), At: g.time()})
		}
	}},
	{Fault{"effect", "processes", "processes stop between two writes, syncs or sends"}, 50, func(g *gen) {
		for range 1 + g.draw("crashes", 2) {
			g.crash(Crash{Replica: g.who(), Effect: 1 + int(g.draw("effect", 300))})
		}
	}},
	{Fault{"stop", "processes", "processes are stopped in good order and start again"}, 20, func(g *gen) {
		for range 1 + g.draw("crashes", 3) {
			g.crash(Crash{Replica: g.who(), At: g.time(), Orderly: true})
		}
	}},
	{Fault{"power", "processes", "all processes stop at one instant"}, 15, func(g *gen) { g.crash(Crash{Replica: g.who(), At: g.time(), All: true}) }},
	{Fault{"pause", "processes", "processes stand still"}, 50, func(g *gen) {
		for range 1 + g.draw("pauses", 2) {
			p := Pause{Replica: g.who(), From: g.time()}
			p.To = p.From + 2*g.length()
			g.s.Pauses = append(g.s.Pauses, p)
		}
	}},
	{Fault{"slow-disk", "disks", "syncs take long"}, 100, func(g *gen) {
		d := Disk{Replica: g.who(), Fault: Slow, From: g.time(), By: clock.Duration(1+g.draw("by", 100)) * clock.Millisecond}
		d.To = d.From + g.length()
		g.s.Disks = append(g.s.Disks, d)
	}},
	{Fault{"skew", "clocks", "clocks run fast or slow"}, 50, func(g *gen) {
		g.clocks(func(c *Clock) { c.Skew = int64(g.draw("skew", 400_001)) - 200_000 })
	}},
	{Fault{"drift", "clocks", "clocks change their speed"}, 50, func(g *gen) {
		g.clocks(func(c *Clock) {
			c.Drift, c.Period = int64(1+g.draw("drift", 200_000)), clock.Duration(20+g.draw("period", 500))*clock.Millisecond
		})
	}},
	{Fault{"grain", "clocks", "clocks show whole ticks only"}, 50, func(g *gen) {
		g.clocks(func(c *Clock) { c.Grain = clock.Duration(1+g.draw("grain", 16)) * clock.Millisecond })
	}},
	{Fault{"late", "clocks", "timers fire late"}, 50, func(g *gen) {
		g.clocks(func(c *Clock) { c.Late = clock.Duration(1+g.draw("late", 100)) * clock.Millisecond })
	}},
	{Fault{"wall", "clocks", "wall clocks are set"}, 50, func(g *gen) {
		g.clocks(func(c *Clock) {
			by := clock.Duration(int64(g.draw("wall", 1<<32))-1<<31) * clock.Millisecond
			c.Wall = append(c.Wall, Step{At: g.time(), By: by, Over: g.length() * clock.Duration(g.draw("slew", 2))})
		})
	}},
	{Fault{"bundle", "bundles", "clients ask for several operations at once"}, 100, (*gen).bundles},
}

// soundness is the weight of leaving a replica that might fail as it is.
const soundness = 10

// ills are what can be wrong with one of the f replicas that may fail, with weights.
var ills = []struct {
	Fault
	weight uint64
	add    func(g *gen, r int)
}{
	{Fault{"liar", "liars", "a replica lies"}, 90, func(g *gen, r int) {
		g.s.Byzantine = append(g.s.Byzantine, Liar{Replica: r, Behaviour: g.o.behaviour(g.src)})
	}},
	{Fault{"slow-primary", "liars", "a replica censors or is slow when it leads, under load"}, 3, (*gen).underLoad},
	{Fault{"outage", "outages", "no vote arrives for long, and a replica is cut off for good"}, 2, (*gen).outage},
	{Fault{"twin", "twins", "a replica runs twice under one key"}, 4, func(g *gen, r int) { g.s.Twins = append(g.s.Twins, r) }},
	{Fault{"lost", "lost", "a replica is cut off for good"}, 5, func(g *gen, r int) {
		g.timed = true
		g.s.Lost = append(g.s.Lost, r)
	}},
	{Fault{"amnesia", "disks", "a disk is replaced by an empty one"}, 3, func(g *gen, r int) {
		g.crash(Crash{Replica: r, At: g.time(), Amnesia: true})
	}},
	{Fault{"flip", "apps", "a bit flips in the state of an application"}, 4, func(g *gen, r int) {
		g.s.Flips = append(g.s.Flips, Flip{Replica: r, At: g.time()})
	}},
	{Fault{string(LostSync), "disks", "syncs do nothing until the power fails"}, 4, sickDisk(LostSync)},
	{Fault{string(StaleRead), "disks", "the last records are read as they were before"}, 3, sickDisk(StaleRead)},
	{Fault{string(OldImage), "disks", "a disk is replaced by an older image of itself"}, 4, sickDisk(OldImage)},
	{Fault{string(Rot), "disks", "a record is damaged"}, 2, sickDisk(Rot)},
	{Fault{string(Misdirected), "disks", "a record is written over another"}, 2, sickDisk(Misdirected)},
	{Fault{string(SyncError), "disks", "a sync fails"}, 2, sickDisk(SyncError)},
	{Fault{string(Full), "disks", "a disk is full"}, 2, sickDisk(Full)},
}

// sickDisk gives a disk a fault, and a power cut in which most of them show: at a time,
// or after an effect, which a short world reaches too.
func sickDisk(f DiskFault) func(*gen, int) {
	return func(g *gen, r int) {
		d := Disk{Replica: r, Fault: f, From: g.time()}
		c := Crash{Replica: r, Effect: 1 + int(g.draw("effect", 300))}
		if g.draw("when", 2) == 1 {
			c.At, c.Effect = d.From+g.length(), 0
			d.To = c.At
		}
		if f != LostSync && f != OldImage {
			d.To = 0
		}
		g.s.Disks = append(g.s.Disks, d)
		if f != SyncError && f != Full {
			g.crash(c)
		}
	}
}

func (g *gen) replays() {
	g.timed = true
	by := g.s.Heal * clock.Duration(1+g.draw("replay-by", 4)) / 2
	g.s.Rules = append(g.s.Rules, Rule{Do: Replay, Percent: 1 + g.draw("replay", 8), By: by})
}

// muted are the kinds of messages that mute picks from.
var muted = []message.Kind{
	message.KindCheckpoint, message.KindPrepare, message.KindCommit, message.KindCheckpoint, message.KindViewChange, message.KindNewView,
	message.KindPrepareCert, message.KindBody, message.KindPrePrepare, message.KindLeave, message.KindRequests,
}

// mute loses all messages of a kind, so that only their repetition (spec S3) and the
// rules for who lacks something help: of one replica, to one, among all but the one that
// is the first to fail and so may hear what the others do not, or all of them.
func (g *gen) mute() {
	r := Rule{Do: Drop, Kinds: []string{muted[g.draw("kind", uint64(len(muted)))].String()}, Begin: g.time()}
	switch g.draw("whose", 5) {
	case 0:
		r.From = []int{g.who()}
	case 1:
		r.To = []int{g.who()}
	case 2:
		r.From = set(slices.Clone(g.weak[min(1, len(g.weak)-1):]))
		r.To = r.From
	}
	if g.draw("until-heal", 2) == 1 {
		r.End = r.Begin + 2*g.length()
	}
	g.s.Rules = append(g.s.Rules, r)
}

// bottleneck narrows what one replica sends, or receives, or one link.
func (g *gen) bottleneck() {
	p := Pipe{Rate: 1 << (12 + g.draw("rate", 8)), Queue: 1 << (9 + g.draw("queue", 6)), Begin: g.time()}
	p.End = p.Begin + g.length()
	at := g.who()
	switch g.draw("direction", 3) {
	case 0:
		p.From = []int{at}
	case 1:
		p.To = []int{at}
	default:
		p.From, p.To = []int{at}, []int{g.who()}
	}
	g.s.Pipes = append(g.s.Pipes, p)
}

// cut adds a cut for some time.
func (g *gen) cut(c Cut) {
	c.From = g.time()
	c.To = c.From + g.length()
	g.s.Cuts = append(g.s.Cuts, c)
}

// bridge leaves two sides one replica that hears both.
func (g *gen) bridge() {
	p := permutation(g.src, g.s.Replicas)
	if len(p) < 3 {
		return
	}
	k := 1 + int(g.draw("bridge", uint64(len(p)-2)))
	g.cut(Cut{Side: set(p[1 : 1+k : 1+k]), Others: set(p[1+k:])})
}

// star leaves all others only the one in the middle.
func (g *gen) star() {
	p := permutation(g.src, g.s.Replicas)
	if len(p) < 3 {
		return
	}
	around := set(p[1:])
	g.cut(Cut{Side: around, Others: around})
}

// swizzle cuts replicas off one after another and lets them come back in another
// order, which FoundationDB found to be better at finding bugs than any other cut
// (Wilson, Testing distributed systems with deterministic simulation, 2014).
func (g *gen) swizzle() {
	from, step := g.time(), 1+g.length()/clock.Duration(2*g.s.Replicas)
	down := permutation(g.src, g.s.Replicas)
	up := permutation(g.src, g.s.Replicas)
	clog := chance(g.src, "clog", 50)
	for i, r := range down[:1+g.draw("swizzle", uint64(len(down)))] {
		g.s.Cuts = append(g.s.Cuts, Cut{
			Side: []int{r}, Clog: clog,
			From: from + clock.Duration(i)*step, To: from + clock.Duration(len(down)+up[i])*step,
		})
	}
}

// crash adds a crash, down for some time.
func (g *gen) crash(c Crash) {
	c.Down = clock.Millisecond + g.length()
	g.s.Crashes = append(g.s.Crashes, c)
}

// clocks changes the clocks of some replicas.
func (g *gen) clocks(change func(*Clock)) {
	for _, r := range g.some(50) {
		i := 0
		for i < len(g.s.Clocks) && g.s.Clocks[i].Replica != r {
			i++
		}
		if i == len(g.s.Clocks) {
			g.s.Clocks = append(g.s.Clocks, Clock{Replica: r})
		}
		change(&g.s.Clocks[i])
	}
}

// underLoad has a primary that serves some and not others, or serves all just too slowly.
// Only under load, and with a bound on how long each operation waits, does that show: in a
// network that is good from the beginning, for else timeouts may have grown. So whatever
// would be over by Heal is left out.
func (g *gen) underLoad(r int) {
	if len(g.o.Only) == 0 && len(g.s.Lost)+len(g.s.Twins)+len(g.s.Flips) == 0 {
		g.timed = false
		g.s.Links.LossPercent, g.s.Links.DuplicatePercent, g.s.Links.SlowPercent = 0, 0, 0
		g.s.Pipes, g.s.Rules, g.s.Cuts, g.s.Crashes, g.s.Pauses, g.s.Disks = nil, nil, nil, nil, nil, nil
		for i := range g.s.Clocks {
			g.s.Clocks[i].Wall = nil
		}
	}
	if !slices.Contains(g.weak[:(g.s.Replicas-1)/3], 0) {
		r = 0 // which leads, in its place
	}
	slow := [...]string{"censor", "creep", "slow-drip", "lure"}
	g.s.Byzantine = append(g.s.Byzantine, Liar{Replica: r, Behaviour: slow[g.draw("slow", uint64(len(slow)))]})
	g.loaded = true
}

// load makes a world without other trouble one of underLoad. It ends with the load, and does
// not wait for more blocks than a slow primary decides by then.
func (g *gen) load() {
	g.s.Decisions = min(g.s.Decisions, 20)
	g.s.Load, g.s.Limit = 3*clock.Second, 2500*clock.Millisecond
	g.s.Burst, g.s.Wide = false, true
	g.s.Clients, g.s.Ahead = 4, 2
}

// outage has views pass without a decision until timeouts stand at their cap, a low one.
// Then one replica is gone, maybe that which leads: were there no cap, the others would
// wait for it for as long as the outage took. The bound on that is for a network that is
// good after Heal, in which no votes go on being lost.
func (g *gen) outage(r int) {
	g.timed = true
	g.s.Rules = slices.DeleteFunc(g.s.Rules, func(r Rule) bool { return r.Always })
	g.s.Lost = append(g.s.Lost, r)
	g.s.Heal = clock.Duration(8000+g.draw("outage", 1500)) * clock.Millisecond
	g.s.Cap, g.s.Limit, g.s.Burst = clock.Second, 5*clock.Second, true
	g.s.Rules = append(g.s.Rules, Rule{Do: Drop, Kinds: []string{g.vote()}})
}

// vote draws a kind of vote.
func (g *gen) vote() string {
	return [...]message.Kind{message.KindPrepare, message.KindCommit}[g.draw("vote", 2)].String()
}

// bundles has clients send several operations in one request: few or many, in requests
// that are soon full or as long as they may be.
func (g *gen) bundles() {
	g.s.Bundle = 2 << g.draw("bundle", 8)
	if g.draw("long", 32) > 0 {
		g.s.OpBytes = opBytesLeast + int(g.draw("op-bytes", 1<<(1+g.draw("op-bits", 12))))
	}
}
