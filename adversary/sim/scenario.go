package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
)

// Scenario is a world as plain data: what Generate draws from a seed, or what a
// test writes down.
type Scenario struct {
	Replicas  int    // n
	Decisions int    // the world goes on until so many blocks are decided; default 20
	Until     int    // clients go on until so many blocks are decided anywhere; 0 = until Decisions are decided everywhere
	Interval  int    // K, blocks between checkpoints
	Window    int    // W
	Clients   int    // default 2
	Burst     bool   // clients do not pause between operations
	Ahead     int    // operations that a client has outstanding
	OpsBlock  int    // requests in one block at most
	Answer    int    // payload bytes in one answer to a pull; 0 = the core's default
	Encode    bool   // every message goes through its encoding
	Byzantine []Liar // at most f of them
	Links     Links
	Crashes   []Crash
	Cuts      []Cut
	Pauses    []Pause
	Heal      clock.Duration // GST: from here on links are good and nobody crashes
	TurnMax   clock.Duration // a replica's loop turn takes up to this long
	SyncMax   clock.Duration // a sync takes up to this long
	ExecMax   clock.Duration // executing a block takes up to this long
	Limit     clock.Duration // after Heal, by when everything must be decided (I13)
}

// Links is how messages fare before Heal. Percentages are per message.
type Links struct {
	DelayMin, DelayMax clock.Duration
	SlowPercent        uint64 // take up to 20 times DelayMax
	LossPercent        uint64
	DuplicatePercent   uint64
}

// Liar is one Byzantine replica.
type Liar struct {
	Replica   int
	Behaviour string // a name of liar.Behaviours
}

// Crash stops a replica at At and starts it again after Down. What was not synced
// is torn.
type Crash struct {
	Replica  int
	At, Down clock.Duration
}

// Cut separates Side from the others between From and To, in one direction if
// OneWay.
type Cut struct {
	Side     []int
	OneWay   bool
	From, To clock.Duration
}

// Pause stops a replica's loop between From and To: its inbox fills.
type Pause struct {
	Replica  int
	From, To clock.Duration
}

// Options bounds what Generate draws.
type Options struct {
	Replicas  int // default 4
	Decisions int // default 20
}

// Generate draws a scenario that stays within the model: at most f Byzantine
// replicas, crashes with the disk kept, and after Heal a good network.
func Generate(src Source, o Options) Scenario {
	n := o.Replicas
	if n == 0 {
		n = 4
	}
	s := Scenario{
		Replicas: n, Decisions: o.Decisions, Clients: 1 + int(src.Draw("clients", 3)), Ahead: 1 + int(src.Draw("ahead", 4)),
		OpsBlock: 1 + int(src.Draw("ops", 3)), Interval: 1 + int(src.Draw("interval", 11)),
		Heal:    clock.Duration(500+src.Draw("heal", 2500)) * clock.Millisecond,
		TurnMax: 200 * clock.Microsecond, SyncMax: clock.Duration(1+src.Draw("sync", 5)) * clock.Millisecond,
		ExecMax: clock.Duration(1+src.Draw("exec", 3)) * clock.Millisecond,
	}
	s.Window = 1 + int(src.Draw("window", uint64(s.Interval)))
	if chance(src, "answer", 50) {
		s.Answer = 1 + int(src.Draw("answer-bytes", 1500)) // a window takes several
	}
	s.Links = Links{DelayMin: 200 * clock.Microsecond, DelayMax: clock.Duration(1+src.Draw("delay", 20)) * clock.Millisecond}
	f := (n - 1) / 3
	s.Burst = chance(src, "burst", 50)
	s.Encode = chance(src, "encode", 5)
	calm := chance(src, "calm", 40) // good network: Byzantine logic gets deep
	if !calm {
		s.generateFaults(src)
	} else {
		s.Heal = 0
	}
	liars := int(src.Draw("liars", uint64(f+1)))
	if f > 0 && liars == 0 && chance(src, "liar", 60) {
		liars = 1
	}
	perm := permutation(src, n)
	for _, r := range perm[:liars] {
		s.Byzantine = append(s.Byzantine, Liar{Replica: r, Behaviour: liar.Behaviours[src.Draw("behaviour", uint64(len(liar.Behaviours)))].Name})
	}
	return s
}

// generateFaults switches on a random half of the fault kinds (swarm testing,
// Groce et al., ISSTA 2012).
func (s *Scenario) generateFaults(src Source) {
	n := uint64(s.Replicas)
	at := func(label string, most clock.Duration) clock.Duration {
		return clock.Duration(src.Draw(label, uint64(most)))
	}
	if chance(src, "swarm-loss", 50) {
		s.Links.LossPercent = 1 + src.Draw("loss", 20)
	}
	if chance(src, "swarm-duplicate", 50) {
		s.Links.DuplicatePercent = 1 + src.Draw("duplicate", 20)
	}
	if chance(src, "swarm-slow", 50) {
		s.Links.SlowPercent = 1 + src.Draw("slow", 15)
	}
	if chance(src, "swarm-crash", 50) {
		for k := src.Draw("crashes", 5); k > 0; k-- {
			s.Crashes = append(s.Crashes, Crash{
				Replica: int(src.Draw("crash-who", n)), At: at("crash-at", s.Heal), Down: at("crash-down", s.Heal/2) + clock.Millisecond,
			})
		}
		if chance(src, "power-loss", 20) {
			t := at("power-at", s.Heal)
			for r := 0; r < s.Replicas; r++ {
				s.Crashes = append(s.Crashes, Crash{Replica: r, At: t, Down: at("power-down", s.Heal/4) + clock.Millisecond})
			}
		}
	}
	if chance(src, "swarm-cut", 50) {
		for k := src.Draw("cuts", 3); k > 0; k-- {
			c := Cut{OneWay: chance(src, "one-way", 30), From: at("cut-from", s.Heal)}
			c.To = c.From + at("cut-for", s.Heal/2)
			for r := 0; r < s.Replicas; r++ {
				if chance(src, "cut-side", 40) {
					c.Side = append(c.Side, r)
				}
			}
			s.Cuts = append(s.Cuts, c)
		}
	}
	if chance(src, "swarm-pause", 50) {
		for k := src.Draw("pauses", 3); k > 0; k-- {
			p := Pause{Replica: int(src.Draw("pause-who", n)), From: at("pause-from", s.Heal)}
			p.To = p.From + at("pause-for", s.Heal)
			s.Pauses = append(s.Pauses, p)
		}
	}
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

// validate fills defaults and refuses what leaves the model.
func (s *Scenario) validate() error {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&s.Replicas, 4)
	def(&s.Decisions, 20)
	def(&s.Clients, 2)
	def(&s.Ahead, 2)
	def(&s.OpsBlock, 2)
	def(&s.Interval, 8)
	def(&s.Window, min(4, s.Interval))
	if s.Limit == 0 {
		s.Limit = 40 * clock.Second
	}
	if s.Links.DelayMax == 0 {
		s.Links.DelayMin, s.Links.DelayMax = clock.Millisecond, 2*clock.Millisecond
	}
	if f := (s.Replicas - 1) / 3; len(s.Byzantine) > f {
		return fmt.Errorf("sim: %d Byzantine replicas of %d are more than f = %d", len(s.Byzantine), s.Replicas, f)
	}
	return nil
}
