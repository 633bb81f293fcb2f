package sim

import "github.com/twothirds-bft/twothirds/clock"

// Links is how messages fare before Heal. Percentages are per message.
type Links struct {
	DelayMin         clock.Duration `toml:"delay_min,omitempty,omitzero"` // also after Heal
	DelayMax         clock.Duration `toml:"delay_max,omitempty,omitzero"` // also after Heal; default 1 to 2 ms
	Spread           Spread         `toml:"spread,omitempty,omitzero"`    // how delays are spread; after Heal none is above DelayMax
	InOrder          bool           `toml:"in_order,omitempty,omitzero"`  // messages of one link do not overtake each other, as on a TCP connection; also after Heal
	SlowPercent      uint64         `toml:"slow_percent,omitempty,omitzero"`
	LossPercent      uint64         `toml:"loss_percent,omitempty,omitzero"`
	DuplicatePercent uint64         `toml:"duplicate_percent,omitempty,omitzero"`
}

// Spread names a distribution of delays above DelayMin.
type Spread string

// The spreads.
const (
	Uniform     Spread = ""            // from DelayMin to DelayMax
	Exponential Spread = "exponential" // one in ten above a half of DelayMax - DelayMin, one in a hundred above the whole of it
	HeavyTail   Spread = "heavy-tail"  // one in ten above DelayMax, one in a hundred above ten times, at most a hundred times
)

// Pipe is a bottleneck that all messages from From to To share until Heal: one link,
// all that a replica sends, all that it receives. They go through one after another,
// so a large one holds up those behind it.
type Pipe struct {
	From  []int          `toml:"from,omitempty,omitzero"` // processes; empty = all
	To    []int          `toml:"to,omitempty,omitzero"`
	Rate  uint64         `toml:"rate"`  // bytes per second, of encoded messages
	Queue uint64         `toml:"queue"` // bytes; a message that finds more than so many waiting is lost
	Begin clock.Duration `toml:"begin,omitempty,omitzero"`
	End   clock.Duration `toml:"end,omitempty,omitzero"` // 0 = Heal
}

// Liar is one Byzantine replica.
type Liar struct {
	Replica   int    `toml:"replica"`
	Behaviour string `toml:"behaviour"` // what liar.Parse reads, such as low-vote
}

// Crash stops a replica at At and starts it again after Down. What was not synced
// is torn.
type Crash struct {
	Replica int `toml:"replica"`
	// All says that the power fails: all processes stop with this one, at one instant.
	All bool           `toml:"all,omitempty,omitzero"`
	At  clock.Duration `toml:"at,omitempty,omitzero"`
	// Effect, if not 0, crashes the replica right after so many effects (writes,
	// syncs, sends) instead of at a time.
	Effect int            `toml:"effect,omitempty,omitzero"`
	Down   clock.Duration `toml:"down"`
	// Amnesia takes the disk away: the replica starts from nothing under its old key,
	// which makes it a faulty one (spec R4).
	Amnesia bool `toml:"amnesia,omitempty,omitzero"`
	// Orderly stops the replica in good order: it syncs all it has, and says so (spec R2).
	Orderly bool `toml:"orderly,omitempty,omitzero"`
}

// Cut separates Side from Others between From and To. Several cuts make any
// topology: a bridge is one cut that names neither side's mutual friend, a star is one
// for each pair that is not the centre.
type Cut struct {
	Side   []int          `toml:"side,omitempty,omitzero"`
	Leader bool           `toml:"leader,omitempty,omitzero"`  // Side is, at each time, the primary of the newest view that a correct replica is in
	Others []int          `toml:"others,omitempty,omitzero"`  // default: all that are not in Side, clients too
	OneWay bool           `toml:"one_way,omitempty,omitzero"` // from Side to Others only
	Clog   bool           `toml:"clog,omitempty,omitzero"`    // messages wait for the end instead of being lost
	Flap   clock.Duration `toml:"flap,omitempty,omitzero"`    // the links are down for so long, up for so long, and so on; 0 = down all the time
	From   clock.Duration `toml:"from"`
	To     clock.Duration `toml:"to"`
}

// Pause stops a replica's process between From and To: its inbox fills and its timers
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
	Replay    Deed = "replay"    // it arrives, and once more up to By later: in other views, after restarts
	// Corrupt flips a bit of its encoding. The receiver must find out: the frame is
	// dropped, and with it the connection and all that was on its way.
	Corrupt Deed = "corrupt"
)

// Rule says what happens to some messages. All conditions that are set must hold.
type Rule struct {
	Do      Deed           `toml:"do"`
	From    []int          `toml:"from,omitempty,omitzero"`    // processes, clients; empty = all
	To      []int          `toml:"to,omitempty,omitzero"`      // processes, clients; empty = all
	Kinds   []string       `toml:"kinds,omitempty,omitzero"`   // such as PREPARE, as message.Kind prints
	Begin   clock.Duration `toml:"begin,omitempty,omitzero"`   // not before
	End     clock.Duration `toml:"end,omitempty,omitzero"`     // not from here on; 0 = until Heal
	Nth     int            `toml:"nth,omitempty,omitzero"`     // only the nth message for which all else holds, from 1
	Percent uint64         `toml:"percent,omitempty,omitzero"` // only so many of 100
	By      clock.Duration `toml:"by,omitempty,omitzero"`
	Always  bool           `toml:"always,omitempty,omitzero"` // after Heal too
}

// Disk is a fault of one replica's disk. Those that take away what was synced make
// the replica a faulty one (spec M4), those that are noticed stop it for good: see
// the atlas.
type Disk struct {
	Replica int            `toml:"replica"`
	Fault   DiskFault      `toml:"fault"`
	From    clock.Duration `toml:"from,omitempty,omitzero"`
	To      clock.Duration `toml:"to,omitempty,omitzero"` // of lost-sync and slow, 0 = Heal; of old-image, 0 = From
	By      clock.Duration `toml:"by,omitempty,omitzero"` // of slow: a sync takes up to so much longer
}

// DiskFault names what is wrong with a disk.
type DiskFault string

// The faults of disks. What is torn at a crash needs no name: every crash does that.
const (
	LostSync    DiskFault = "lost-sync"   // syncs between From and To do nothing: at a crash in that time all that they covered is gone
	StaleRead   DiskFault = "stale-read"  // the first start after From reads what stood there before the last records
	OldImage    DiskFault = "old-image"   // the first start after To finds the disk as it was at From
	Rot         DiskFault = "rot"         // at From a synced record with synced ones behind it is damaged
	Misdirected DiskFault = "misdirected" // the first write after From lands on an older record
	SyncError   DiskFault = "sync-error"  // the first sync after From fails; later ones would not
	Full        DiskFault = "full"        // the first write after From fails
	Slow        DiskFault = "slow"        // syncs take longer between From and To
)

// Clock is what is odd about one replica's clocks, before and after Heal. The first
// reading of a process is its own affair: monotonic time begins anew at each start.
type Clock struct {
	Replica int            `toml:"replica"`
	Skew    int64          `toml:"skew,omitempty,omitzero"`   // parts per million by which it runs fast; slow if negative
	Drift   int64          `toml:"drift,omitempty,omitzero"`  // up to so much is added or taken away, drawn anew every Period
	Period  clock.Duration `toml:"period,omitempty,omitzero"` // default 100 ms
	Grain   clock.Duration `toml:"grain,omitempty,omitzero"`  // it reads whole multiples of this
	Late    clock.Duration `toml:"late,omitempty,omitzero"`   // a timer fires up to so late
	Wall    []Step         `toml:"wall,omitempty,omitzero"`
}

// Step sets a wall clock forward by By, or back: at once, or spread over Over. No
// replica reads it (spec T6); an application of a user's own might: World.Wall.
type Step struct {
	At   clock.Duration `toml:"at"`
	By   clock.Duration `toml:"by"`
	Over clock.Duration `toml:"over,omitempty,omitzero"`
}
