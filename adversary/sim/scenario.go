package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Scenario is a world as plain data: what Generate draws from a seed, what a test
// writes down, or what a file holds (see Scenario.TOML). Zero values mean the defaults of
// each field. Replicas are named by their index, from 0; clients are numbered
// from Replicas on where a link needs a name for them.
type Scenario struct {
	Name  string `toml:"name,omitempty,omitzero"`
	About string `toml:"about,omitempty,omitzero"` // what it plays, and where it comes from
	Seed  uint64 `toml:"seed,omitempty,omitzero"`  // decides what the scenario leaves to chance

	Replicas  int  `toml:"replicas,omitempty,omitzero"`  // n; default 4
	Decisions int  `toml:"decisions,omitempty,omitzero"` // the world goes on until so many blocks are decided; default 20
	Until     int  `toml:"until,omitempty,omitzero"`     // clients go on until so many blocks are decided anywhere; 0 = until Decisions are decided everywhere
	Interval  int  `toml:"interval,omitempty,omitzero"`  // K, blocks between checkpoints; default 8
	Window    int  `toml:"window,omitempty,omitzero"`    // W; default 4
	Clients   int  `toml:"clients,omitempty,omitzero"`   // default 2
	Burst     bool `toml:"burst,omitempty,omitzero"`     // clients do not pause between operations
	Ahead     int  `toml:"ahead,omitempty,omitzero"`     // operations that a client has outstanding; default 2
	OpsBlock  int  `toml:"ops_block,omitempty,omitzero"` // requests in one block at most; default 2
	Answer    int  `toml:"answer,omitempty,omitzero"`    // payload bytes in one answer to a pull; 0 = the core's default
	Encode    bool `toml:"encode,omitempty,omitzero"`    // every message goes through its encoding

	// Beyond marks a scenario in which more than f replicas are faulty: agreement is
	// not asked for then, but that those who broke it are convicted (I17).
	Beyond    bool   `toml:"beyond_f,omitempty,omitzero"`
	Byzantine []Liar `toml:"byzantine,omitempty,omitzero"`
	// Twins are replicas that run twice under one key, each with a disk of its own:
	// the second ones are the processes from Replicas on, in this order.
	Twins []int `toml:"twins,omitempty,omitzero"`
	// Lost are correct replicas that are cut off for good when the network heals: the
	// others are the core that has to go on without them (at most f with the faulty).
	Lost []int `toml:"lost,omitempty,omitzero"`

	Links   Links   `toml:"links,omitempty,omitzero"`
	Rules   []Rule  `toml:"rules,omitempty,omitzero"`
	Cuts    []Cut   `toml:"cuts,omitempty,omitzero"`
	Crashes []Crash `toml:"crashes,omitempty,omitzero"`
	Pauses  []Pause `toml:"pauses,omitempty,omitzero"`

	Heal    clock.Duration `toml:"heal,omitempty,omitzero"`     // GST: from here on links are good and nobody crashes
	TurnMax clock.Duration `toml:"turn_max,omitempty,omitzero"` // a replica's loop turn takes up to this long
	SyncMax clock.Duration `toml:"sync_max,omitempty,omitzero"` // a sync takes up to this long
	ExecMax clock.Duration `toml:"exec_max,omitempty,omitzero"` // executing a block takes up to this long
	Limit   clock.Duration `toml:"limit,omitempty,omitzero"`    // after Heal, by when everything must be decided (I13); default 40 s
}

// Links is how messages fare before Heal. Percentages are per message.
type Links struct {
	DelayMin         clock.Duration `toml:"delay_min,omitempty,omitzero"` // also after Heal
	DelayMax         clock.Duration `toml:"delay_max,omitempty,omitzero"` // also after Heal; default 1 to 2 ms
	SlowPercent      uint64         `toml:"slow_percent,omitempty,omitzero"`
	LossPercent      uint64         `toml:"loss_percent,omitempty,omitzero"`
	DuplicatePercent uint64         `toml:"duplicate_percent,omitempty,omitzero"`
}

// Liar is one Byzantine replica.
type Liar struct {
	Replica   int    `toml:"replica"`
	Behaviour string `toml:"behaviour"` // what liar.Parse reads, such as low-vote
}

// Crash stops a replica at At and starts it again after Down. What was not synced
// is torn.
type Crash struct {
	Replica int            `toml:"replica"`
	At      clock.Duration `toml:"at,omitempty,omitzero"`
	// Effect, if not 0, crashes the replica right after so many effects (writes,
	// syncs, sends) instead of at a time.
	Effect int            `toml:"effect,omitempty,omitzero"`
	Down   clock.Duration `toml:"down"`
	// Amnesia takes the disk away: the replica starts from nothing under its old key,
	// which makes it a faulty one (spec R4).
	Amnesia bool `toml:"amnesia,omitempty,omitzero"`
}

// Cut separates Side from the others between From and To, in one direction if
// OneWay.
type Cut struct {
	Side   []int          `toml:"side"`
	OneWay bool           `toml:"one_way,omitempty,omitzero"`
	From   clock.Duration `toml:"from"`
	To     clock.Duration `toml:"to"`
}

// Pause stops a replica's loop between From and To: its inbox fills and its timers
// are late.
type Pause struct {
	Replica int            `toml:"replica"`
	From    clock.Duration `toml:"from"`
	To      clock.Duration `toml:"to"`
}

// Deed is what a Rule does to a message.
type Deed string

// The deeds.
const (
	Drop      Deed = "drop"      // it never arrives
	Delay     Deed = "delay"     // it arrives later, by By
	Duplicate Deed = "duplicate" // it arrives twice, the second time later by By
)

// Rule says what happens to some messages. All conditions that are set must hold.
type Rule struct {
	Do      Deed           `toml:"do"`
	From    []int          `toml:"from,omitempty,omitzero"`    // processes
	To      []int          `toml:"to,omitempty,omitzero"`      // processes
	Kinds   []string       `toml:"kinds,omitempty,omitzero"`   // such as PREPARE, as message.Kind prints
	Begin   clock.Duration `toml:"begin,omitempty,omitzero"`   // not before
	End     clock.Duration `toml:"end,omitempty,omitzero"`     // not from here on; 0 = until Heal
	Nth     int            `toml:"nth,omitempty,omitzero"`     // only the nth message for which all else holds, from 1
	Percent uint64         `toml:"percent,omitempty,omitzero"` // only so many of 100
	By      clock.Duration `toml:"by,omitempty,omitzero"`
	Always  bool           `toml:"always,omitempty,omitzero"` // after Heal too
}

// ErrScenario is wrapped by all errors about what a scenario says.
var ErrScenario = errors.New("sim: scenario")

// withDefaults returns s with its defaults filled in.
func (s Scenario) withDefaults() Scenario {
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
	return s
}

// Faulty returns the replicas that are Byzantine, run twice, or lose their disk, in
// order.
func (s *Scenario) Faulty() []int {
	var out []int
	for _, l := range s.Byzantine {
		out = append(out, l.Replica)
	}
	out = append(out, s.Twins...)
	for _, c := range s.Crashes {
		if c.Amnesia {
			out = append(out, c.Replica)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Validate reports the first thing in a scenario that cannot be, or that leaves the
// model (spec M2, M3) without saying so by Beyond. All errors wrap ErrScenario.
func (s Scenario) Validate() error {
	s = s.withDefaults()
	faulty := s.Faulty()
	gone := slices.Concat(faulty, s.Lost)
	slices.Sort(gone)
	gone = slices.Compact(gone)
	f := (s.Replicas - 1) / 3
	switch {
	case s.Replicas < 1 || s.Replicas > 100:
		return fmt.Errorf("%w: %d replicas; from 1 to 100 are possible", ErrScenario, s.Replicas)
	case s.Window > s.Interval:
		return fmt.Errorf("%w: window %d above interval %d (spec B4)", ErrScenario, s.Window, s.Interval)
	case len(gone) > 0 && (gone[0] < 0 || gone[len(gone)-1] >= s.Replicas):
		return fmt.Errorf("%w: there is no replica %d", ErrScenario, gone[len(gone)-1])
	case len(faulty) > f && !s.Beyond:
		return fmt.Errorf("%w: replicas %v are faulty, more than f = %d of %d; such a scenario must say beyond_f", ErrScenario, faulty, f, s.Replicas)
	case len(gone) > f && !s.Beyond:
		return fmt.Errorf("%w: replicas %v are faulty or lost for good, more than f = %d: no quorum is left", ErrScenario, gone, f)
	}
	for _, l := range s.Byzantine {
		if _, err := liar.Parse(l.Behaviour); err != nil {
			return fmt.Errorf("%w: replica %d: %w", ErrScenario, l.Replica, err)
		}
	}
	return s.validateFaults()
}

func (s *Scenario) validateFaults() error {
	who := func(i int, what string) error {
		if i < 0 || i >= s.Replicas+len(s.Twins) {
			return fmt.Errorf("%w: %s names process %d, there are %d", ErrScenario, what, i, s.Replicas+len(s.Twins))
		}
		return nil
	}
	var all []error
	for _, c := range s.Crashes {
		all = append(all, who(c.Replica, "a crash"))
	}
	for _, p := range s.Pauses {
		all = append(all, who(p.Replica, "a pause"))
	}
	for _, c := range s.Cuts {
		for _, r := range c.Side {
			all = append(all, who(r, "a cut"))
		}
	}
	for _, r := range s.Rules {
		all = append(all, r.validate())
	}
	return errors.Join(all...)
}

func (r *Rule) validate() error {
	if !slices.Contains([]Deed{Drop, Delay, Duplicate}, r.Do) {
		return fmt.Errorf("%w: a rule cannot do %q", ErrScenario, r.Do)
	}
	for _, k := range r.Kinds {
		if kindOf(k) == 0 {
			return fmt.Errorf("%w: a rule names messages of kind %q", ErrScenario, k)
		}
	}
	return nil
}

// kindOf returns the kind of a name, or 0.
func kindOf(name string) message.Kind {
	for k := message.Kind(1); k < message.KindCount; k++ {
		if strings.EqualFold(k.String(), name) {
			return k
		}
	}
	return 0
}
