package sim

import (
	"bytes"
	"fmt"

	"github.com/BurntSushi/toml"
)

// TOML writes a scenario as TOML, the format of replay files: one that a person
// reads, edits and compares. Fields at their zero value are left out.
func (s Scenario) TOML() []byte {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(s); err != nil {
		panic(err) // plain data
	}
	return b.Bytes()
}

// ParseScenario reads a scenario and validates it. A key that is not known is an error.
// Of the options those count that add behaviours.
func ParseScenario(b []byte, with ...Option) (Scenario, error) {
	var s Scenario
	meta, err := toml.Decode(string(b), &s)
	if err != nil {
		return Scenario{}, fmt.Errorf("%w: %w", ErrScenario, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return Scenario{}, fmt.Errorf("%w: unknown key %v", ErrScenario, extra[0])
	}
	var w World
	for _, o := range with {
		o(&w)
	}
	return s, s.validate(w.behaviour)
}
