package shrink

import (
	"bytes"
	"fmt"
	"strings"
)

// File returns the story as a replay file: a scenario that sim.ParseScenario reads,
// under comments that say what breaks, how it was found and how it is played again.
// name is what the file is to be called.
func (r *Report) File(name string) []byte {
	var b bytes.Buffer
	comment := func(format string, args ...any) {
		for line := range strings.Lines(fmt.Sprintf(format, args...)) {
			b.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
		}
	}
	if r.Failure != nil {
		comment("%v", r.Failure)
		comment("")
	}
	comment("Play it again:  twothirds replay %s", name)
	comment("Tell its story: twothirds explain %s", name)
	if r.Found != "" {
		comment("Found by:       %s", r.Found)
	}
	minimal := "no message in it can be spared"
	if !r.Minimal {
		minimal = "the time ran out before all was tried"
	}
	comment("Shrunk from %d events to %d; %s. Trace hash %016x.", r.Before, r.Events, minimal, r.Hash)
	b.WriteString("\n")
	b.Write(r.Scenario.TOML())
	return b.Bytes()
}
