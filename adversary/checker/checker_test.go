package checker_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

func isMalformed(err error) bool { return errors.Is(err, wire.ErrMalformed) }

// TestAgreement: on generated messages, some of them spoiled, the engine and the checker
// give one verdict and read the same in them (adversary I4). Of each kind many are
// accepted and many refused, or the test would show little.
func TestAgreement(t *testing.T) {
	proven, refused := map[checker.Claim]int{}, map[checker.Claim]int{}
	for seed := range uint64(12_000) {
		what, ok := generate(t, seeded(seed))
		if ok {
			proven[what]++
		} else {
			refused[what]++
		}
	}
	t.Logf("proven %v, refused %v", proven, refused)
	for what := checker.Voted; what <= checker.Guilty; what++ {
		require.Greater(t, proven[what], 200, what)
		require.Greater(t, refused[what], 200, what)
	}
}

// FuzzAgreement lets a fuzzer make the choices of TestAgreement.
func FuzzAgreement(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, choices []byte) { generate(t, ofBytes(choices)) })
}

// FuzzBytes lets a fuzzer write the bytes. It begins with sound messages of a world of
// four.
func FuzzBytes(f *testing.F) {
	for what := checker.Voted; what <= checker.Guilty; what++ {
		w := newWorld(f, ofBytes(nil))
		b := w.frame(what)
		if what != checker.Guilty {
			require.Equal(f, what, w.agree(b))
		} else {
			require.Equal(f, what, w.agreeEvidence(b))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		w := newWorld(t, ofBytes(nil))
		w.agree(b)
		w.agreeEvidence(b)
	})
}
