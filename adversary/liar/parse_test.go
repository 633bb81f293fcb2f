package liar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

func TestParse(t *testing.T) {
	for _, text := range []string{
		"silent", "delay(50ms)", "mutate(3)", "mutate-deep(1)", "slow-drip(1s)",
		"compose(low-vote,withhold)", "compose(silent)",
		"when(view>=2,equivocate)", "when(view<1,silent)", "when(tip=7,silent)", "when(primary,silent)", "when(backup,fork)",
		"after(2s,silent)", "until(150ms,compose(mutate(2),delay))",
		"towards(upper,withhold)", "towards(victim,silent)", "towards(3,silent)", "towards(clients,false-replies)",
		"only(prepare,pre-prepare,silent)", "only(PC,silent)", "sometimes(30,vote-twice)",
		"compose(towards(lower,only(commit,silent)),when(decided>10,after(1s,deny)))",
	} {
		b, err := liar.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, text, b.Name)
		require.NotNil(t, b.New)
		require.NotEmpty(t, b.About, text)
	}
}

func TestParseIsStrict(t *testing.T) {
	for _, text := range []string{
		"", " silent", "Silent", "silent()", "silent(1)", "nobody", "compose", "compose()", "compose(silent", "compose(silent))",
		"compose(silent,)", "compose(silent),delay", "(silent)", "()", ")(", "delay()", "delay(x)", "delay(-1s)", "delay(2h)", "delay(1s,2s)",
		"mutate(0)", "mutate(1001)", "mutate(x)", "when(silent)", "when(view,silent)", "when(view>=,silent)", "when(view>=-1,silent)",
		"when(height>1,silent)", "when(view>=1,silent,silent)", "after(1s)", "after(silent,1s)", "towards(nobody,silent)",
		"towards(4294967296,silent)", "only(silent)", "only(vote,silent)", "sometimes(0,silent)", "sometimes(101,silent)", "sometimes(50)",
		strings.Repeat("after(1s,", 9) + "silent" + strings.Repeat(")", 9),
		"compose(" + strings.Repeat("silent,", 80) + "silent)",
	} {
		_, err := liar.Parse(text)
		require.ErrorIs(t, err, liar.ErrSyntax, text)
	}
}

// What is taken is taken again under the name that it got, and everything has a
// limit.
func FuzzParse(f *testing.F) {
	for _, b := range liar.Behaviours {
		f.Add(b.Name)
	}
	f.Add("compose(towards(lower,only(commit,silent)),when(decided>10,after(1s,deny)))")
	f.Add("sometimes(30,until(2s,mutate(3)))")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := liar.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, liar.ErrSyntax)
			return
		}
		again, err := liar.Parse(b.Name)
		require.NoError(t, err)
		require.Equal(t, text, again.Name)
	})
}

// Each behaviour says what it is and breaks.
func TestBehavioursAreDescribed(t *testing.T) {
	names := map[string]bool{}
	for _, b := range liar.Behaviours {
		require.False(t, names[b.Name], "%s stands twice", b.Name)
		names[b.Name] = true
		require.Contains(t, b.About, "breaks", b.Name)
		require.NotContains(t, b.Name, ",")
		require.NotContains(t, b.Name, "(")
	}
	require.GreaterOrEqual(t, len(names), 45)
}

// Whatever is drawn can be read, every behaviour and every form comes up, and the
// simplest draws give the first behaviour alone.
func TestRandom(t *testing.T) {
	require.Equal(t, liar.Behaviours[0].Name, liar.Random(sim.Bytes(nil).Draw))
	src, seen := sim.Seed(1), map[string]bool{}
	for range 2000 {
		text := liar.Random(src.Draw)
		_, err := liar.Parse(text)
		require.NoError(t, err, text)
		form, _, _ := strings.Cut(text, "(")
		seen[form] = true
	}
	require.Len(t, seen, len(liar.Behaviours)+len([]string{"compose", "when", "after", "until", "towards"}))
}
