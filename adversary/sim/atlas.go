package sim

import (
	"cmp"
	"slices"
)

// harm is what a fault of a disk makes of its replica, and so what it costs of the f
// replicas that may fail.
type harm uint8

const (
	harmless harm = iota // it must go on as if nothing were
	stops                // it notices, and must stop for good rather than guess (spec R2, R3)
	forgets              // it cannot notice, and may contradict what it signed (spec M4)
)

// atlas knows the harm of each fault. With it Validate keeps every scenario within what
// the protocol must survive.
var atlas = map[DiskFault]harm{
	Slow:        harmless,
	Rot:         stops,
	Misdirected: stops,
	SyncError:   stops,
	Full:        stops,
	LostSync:    forgets,
	StaleRead:   forgets,
	OldImage:    forgets,
}

// Faulty returns the replicas of which nothing is asked, in order: they are Byzantine,
// run twice, or lose what they had synced.
func (s *Scenario) Faulty() []int {
	out := slices.Clone(s.Twins)
	for _, l := range s.Byzantine {
		out = append(out, l.Replica)
	}
	for _, c := range s.Crashes {
		if c.Amnesia {
			out = append(out, s.replica(c.Replica))
		}
	}
	return set(append(out, s.harmed(forgets)...))
}

// Gone returns the correct replicas that the others have to go on without after Heal,
// in order: those that are cut off, or have a disk or an application that stops them.
func (s *Scenario) Gone() []int {
	out := append(s.harmed(stops), s.Lost...)
	for _, f := range s.Flips {
		out = append(out, f.Replica)
	}
	return set(out)
}

// harmed returns the replicas with a disk that does so much harm.
func (s *Scenario) harmed(h harm) (out []int) {
	for _, d := range s.Disks {
		if atlas[d.Fault] == h {
			out = append(out, s.replica(d.Replica))
		}
	}
	return out
}

// replica returns whose key a process has.
func (s *Scenario) replica(process int) int {
	if i := process - cmp.Or(s.Replicas, 4); i >= 0 && i < len(s.Twins) {
		return s.Twins[i]
	}
	return process
}

// set sorts a list and removes what it has twice.
func set(list []int) []int {
	slices.Sort(list)
	return slices.Compact(list)
}
