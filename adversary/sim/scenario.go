package sim

import (
	"errors"

	"github.com/twothirds-bft/twothirds/clock"
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
	Wide      bool `toml:"wide,omitempty,omitzero"`      // clients send to all replicas at once, and not to the primary first
	Ahead     int  `toml:"ahead,omitempty,omitzero"`     // operations that a client has outstanding; default 2
	OpsBlock  int  `toml:"ops_block,omitempty,omitzero"` // requests in one block at most; default 2
	Sessions  int  `toml:"sessions,omitempty,omitzero"`  // live sessions at most, beyond which an opening evicts one; 0 = the table's default
	Reopen    int  `toml:"reopen,omitempty,omitzero"`    // clients open another session after so many operations, and send old ones again; 0 = never
	Bundle    int  `toml:"bundle,omitempty,omitzero"`    // operations in one request at most; 0 and 1 = one in each
	OpBytes   int  `toml:"op_bytes,omitempty,omitzero"`  // bytes of operations in one request at most; 0 = the protocol's default
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
	Pipes   []Pipe  `toml:"pipes,omitempty,omitzero"`
	Rules   []Rule  `toml:"rules,omitempty,omitzero"`
	Cuts    []Cut   `toml:"cuts,omitempty,omitzero"`
	Crashes []Crash `toml:"crashes,omitempty,omitzero"`
	Pauses  []Pause `toml:"pauses,omitempty,omitzero"`
	Disks   []Disk  `toml:"disks,omitempty,omitzero"`
	Clocks  []Clock `toml:"clocks,omitempty,omitzero"`
	Flips   []Flip  `toml:"flips,omitempty,omitzero"`

	Heal    clock.Duration `toml:"heal,omitempty,omitzero"`     // GST: from here on links are good and nobody crashes
	TurnMax clock.Duration `toml:"turn_max,omitempty,omitzero"` // a replica's loop turn takes up to this long
	Beat    clock.Duration `toml:"beat,omitempty,omitzero"`     // loops turn at its multiples only, those of all replicas in step; 0 = at any time
	SyncMax clock.Duration `toml:"sync_max,omitempty,omitzero"` // a sync takes up to this long
	ExecMax clock.Duration `toml:"exec_max,omitempty,omitzero"` // executing a block takes up to this long
	Load    clock.Duration `toml:"load,omitempty,omitzero"`     // clients go on for so long after Heal
	Limit   clock.Duration `toml:"limit,omitempty,omitzero"`    // after Heal and Load, by when everything must be decided; under Load also how long an operation may wait (I13); default 40 s
	Cap     clock.Duration `toml:"cap,omitempty,omitzero"`      // of the replicas' timeouts; default 10 s
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
	if s.Cap == 0 {
		s.Cap = 10 * clock.Second
	}
	if s.Limit == 0 {
		s.Limit = 40 * clock.Second
	}
	if s.Links.DelayMax == 0 {
		s.Links.DelayMin, s.Links.DelayMax = clock.Millisecond, 2*clock.Millisecond
	}
	return s
}

// beat returns the first time from t on at which a loop may turn.
func (s *Scenario) beat(t clock.Instant) clock.Instant {
	if s.Beat == 0 {
		return t
	}
	return t.Add((s.Beat - t.Sub(clock.At(1))%s.Beat) % s.Beat)
}
