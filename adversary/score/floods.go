package score

import "github.com/twothirds-bft/twothirds/adversary/sim"

// floods are liars that make others work, or keep what they are sent.
var floods = []string{
	"bad-signatures", "future", "masks", "replay", "amplify", "ask-all", "reflect", "half-valid", "overflow", "far-votes", "unasked",
	"storm", "sessions",
}

// flooding has the primary of view 0 do each of them in turn, in worlds whose processes
// work, so that what a replica keeps is not lost with its memory.
func flooding() Search {
	return func(i uint64) *sim.Result {
		o := sim.Options{
			Behaviours: []string{floods[i%uint64(len(floods))]}, Without: []string{"processes", "disks", "clocks", "twins", "lost"},
		}
		s := sim.Generate(sim.Seed(i+1), o)
		for k := range s.Byzantine {
			if s.Byzantine[k].Replica == 0 {
				return sim.Play(s)
			}
		}
		if len(s.Byzantine) > 0 {
			s.Byzantine[0].Replica = 0
		}
		return sim.Play(s)
	}
}
