package benchmarks

import "slices"

// Failure is a way in which a replica or its links fail.
type Failure string

// The ways there are. Crash and Silence are those of every Faulty, the others those that a Failing knows.
const (
	Crash         Failure = "crash"   // Kill, which Start ends
	Silence       Failure = "silence" // Pause, which Resume ends; as Crash where a system cannot do that
	SlowProposals Failure = "slow-proposals"
	Equivocation  Failure = "equivocation"
	Censorship    Failure = "censorship"
	GarbageVotes  Failure = "garbage-votes"
	FetchFlood    Failure = "fetch-flood"
	Isolation     Failure = "isolation" // no frame from or to another replica
	Muteness      Failure = "muteness"  // no frame to another replica
	Loss          Failure = "loss"      // of frames to other replicas, at random
	Regions       Failure = "regions"   // frames to other replicas are as late as between five regions of the world
	StalledDisk   Failure = "stalled-disk"
	ClockStep     Failure = "clock-step" // the monotonic clock jumps ahead, once, and runs on
)

// Fault is a schedule: some replicas fail at a third of Load.For, so that there is a time before to compare with, and
// most are well again at two thirds.
type Fault struct {
	Name, About string
	how         Failure
	who         func(f Faulty) []int
	lasting     bool // never well again
	turns       bool // until two thirds each replica that leads next fails for a while, too
	links       bool // the replicas are correct, so more than f may be concerned
}

// When replicas fail, and when they are well again, as shares of Load.For.
const (
	failAt = 1.0 / 3
	healAt = 2.0 / 3
)

var faults = []Fault{
	{Name: "silent-backup", About: "the backup that leads last says nothing, to the end", how: Silence, who: lastBackups(one), lasting: true},
	{Name: "f-down", About: "f backups are killed and stay down", how: Crash, who: lastBackups(Faulty.Tolerates), lasting: true},
	{Name: "killed-primary", About: "the primary is killed and started again", how: Crash, who: primary},
	{Name: "stopped-primary", About: "the primary is stopped and goes on", how: Silence, who: primary},
	{Name: "two-primaries", About: "the primary and the one who would follow it are killed and stay down; takes f of 2", how: Crash, who: twoPrimaries, lasting: true},
	{Name: "turn-again", About: "the primary says nothing, to the end, and each that follows it nothing for a while, until the turn is the first one's again; takes f of 2", how: Silence, who: primary, lasting: true, turns: true},
	{Name: "slow-primary", About: "the primary holds each proposal back for 0.95 of the timeout", how: SlowProposals, who: primary},
	{Name: "equivocating-primary", About: "the primary shows half of the replicas other blocks and votes for both", how: Equivocation, who: primary},
	{Name: "censoring-primary", About: "the primary orders everything but one client's requests", how: Censorship, who: primary},
	{Name: "garbage-votes", About: "a backup sends each vote many times with bad signatures, and votes for what is not", how: GarbageVotes, who: lastBackups(one)},
	{Name: "fetch-flood", About: "a backup asks all others for the whole chain a thousand times a second", how: FetchFlood, who: lastBackups(one)},
	{Name: "partition", About: "the primary and the other replicas do not hear each other; clients reach all", how: Isolation, who: primary},
	{Name: "one-way-cut", About: "the primary hears the other replicas, which do not hear it; clients reach all", how: Muteness, who: primary},
	{Name: "loss", About: "links between replicas lose each frame with a chance of 1 %, and nothing below the replicas sends it again", how: Loss, who: everyone, links: true},
	{Name: "five-regions", About: "frames between replicas are as late as between five regions of the world; clients are near to all", how: Regions, who: everyone, links: true},
	{Name: "stalled-disk", About: "no sync of the primary's log returns", how: StalledDisk, who: primary},
	{Name: "clock-step", About: "the clock of the backup that leads last jumps ahead by 10 s and runs on", how: ClockStep, who: lastBackups(one), lasting: true},
	{Name: "clock-step-primary", About: "the clock of the primary jumps ahead by 10 s and runs on", how: ClockStep, who: primary, lasting: true},
}

// Faults returns the schedules that a Load may name.
func Faults() []Fault { return slices.Clone(faults) }

// FaultNames returns their names.
func FaultNames() []string {
	var names []string
	for _, f := range faults {
		names = append(names, f.Name)
	}
	return names
}

// most is how many replicas fail at one time.
func (f *Fault) most(s Faulty) int {
	if f.turns {
		return len(f.who(s)) + 1
	}
	return len(f.who(s))
}

func findFault(name string) *Fault {
	if i := slices.IndexFunc(faults, func(f Fault) bool { return f.Name == name }); i >= 0 {
		return &faults[i]
	}
	return nil
}

func one(Faulty) int { return 1 }

func primary(f Faulty) []int { return []int{f.Primary()} }

func twoPrimaries(f Faulty) []int {
	p := f.Primary()
	return []int{p, (p + 1) % f.Replicas()}
}

func everyone(f Faulty) []int {
	var who []int
	for i := range f.Replicas() {
		who = append(who, i)
	}
	return who
}

// lastBackups picks the replicas whose turn to lead comes last, so that they never lead in the run.
func lastBackups(count func(Faulty) int) func(Faulty) []int {
	return func(f Faulty) []int {
		var who []int
		for k := range count(f) {
			who = append(who, (f.Primary()+f.Replicas()-1-k)%f.Replicas())
		}
		return who
	}
}
