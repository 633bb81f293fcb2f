//go:build twothirds_bug

package attack_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/attack"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// rounds is how often an attack is played against a weak engine, each time from other
// seeds, before it is said not to work.
const rounds = 10

// Each attack bites: an engine with one of the bugs that it names falls to it.
func TestWeakEngine(t *testing.T) {
	defer bug.Set()
	for _, a := range attack.All() {
		for _, m := range a.Weak {
			t.Run(a.ID+"/"+m, func(t *testing.T) {
				bug.Set(strings.Split(m, "+")...)
				for k := range uint64(rounds) {
					if what := falls(a, 1000*k); what != "" {
						t.Logf("round %d: %s", k, what)
						return
					}
				}
				t.Errorf("an engine with %s stands it", m)
			})
		}
	}
}

// falls plays an attack from other seeds than its own and returns how the engine
// falls to it, or "".
func falls(a *attack.Attack, seeds uint64) string {
	for _, w := range a.Worlds {
		for _, sc := range w.Scenarios() {
			sc.Seed += seeds
			if r := w.Play(sc); r.Failure != nil && r.Failure.Oracle != attack.Bite {
				return sc.Name + ": " + r.Failure.Error()
			}
		}
	}
	return ""
}

// So does A51: without its bound a replica keeps what no signature covers (I11).
func TestFloodsFillAWeakEngine(t *testing.T) {
	defer bug.Set()
	bug.Set("M51")
	grown, _ := flooded(t, floods["unsigned headers"])
	require.Greater(t, grown, int64(floodBytes))
}
