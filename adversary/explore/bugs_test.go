//go:build twothirds_bug

package explore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Each bug shows itself in some small world, on its own: nothing here says how. Cores that
// forget nothing confirm each story, or acted on something before its end.
func TestBugs(t *testing.T) {
	plain := explore.World{Byzantine: 3}
	two := explore.World{Byzantine: 3, Slots: []int{2, 0}}
	crash := explore.World{Byzantine: 3, Crashes: 1}
	for _, c := range []struct {
		bug    string
		w      explore.World
		oracle string
	}{
		{"M01", plain, "I4"},
		{"M02", plain, "I4"},
		{"M05", plain, "I5"},
		{"M06", plain, "I4"},
		{"M07", explore.World{}, "I1"},
		{"M09", plain, "I4"},
		{"M11", explore.World{}, "I5"},
		{"M12", plain, "I20"},
		{"M13", explore.World{Byzantine: 1}, "I5"},
		{"M14", two, "I5"},
		{"M15", plain, "I1"},
		{"M16", plain, "I5"},
		{"M17", plain, "I4"},
		{"M18", explore.World{Byzantine: 3, Slots: []int{2, 0, 0}}, "I4"},
		{"M19", two, "I4"},
		{"M20", plain, "I4"},
		{"M21", explore.World{Byzantine: 1}, "I4"},
		{"M22", two, "I4"},
		{"M23", plain, "I5"},
		{"M32", explore.World{Crashes: 1}, "I5"},
		{"M36", crash, "I5"},
		{"M37", explore.World{Crashes: 1}, "I5"},
		{"M38", crash, "I5"},
		{"M55", plain, "I4"},
		{"M57", plain, "I17"},
		{"M60", plain, "I4"},
		{"M63", two, "I4"},
		{"M64", explore.World{Byzantine: 3, Slots: []int{2, 0, 0}}, "I4"},
		{"M65", crash, "I5"},
		{"M66", crash, "I5"},
	} {
		t.Run(c.bug, func(t *testing.T) {
			bug.Set(c.bug)
			defer bug.Set()
			r := run(t, c.w, explore.Options{States: 5_000_000})
			t.Log(r)
			require.NotNil(t, r.Violation)
			require.Equal(t, c.oracle, r.Violation.Oracle)
			again, err := explore.Replay(c.w, r.Violation.Actions)
			require.NoError(t, err)
			require.Equal(t, r.Violation, again)
			require.True(t, r.Violation.Confirmed)
		})
	}
}
