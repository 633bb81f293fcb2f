package main

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, compare(t.Context(), &out, 2, 100*time.Millisecond))
	require.Regexp(t, `(?s)ours +probe +ratio\n1 +\d+ +\d+ +\d\.\d+\n2 .*median +\d\.\d+`, out.String())
	require.Error(t, compare(t.Context(), &out, 0, time.Second))
}

// What the yardstick decides is decided: votes of a quorum count, those of fewer do not, and a vote for something else
// is noticed.
func TestBare(t *testing.T) {
	all := newBare(new(atomic.Bool))
	for _, r := range all {
		r.accept([]byte("a"))
	}
	for _, r := range all[1:] {
		r.stopping.Store(true)
		r.turn()
	}
	r := all[3]
	hear := func() { n := <-r.inbox; r.hear(&n); r.turn() }
	hear()
	require.Equal(t, [phases]uint64{0, 0}, r.level, "two PREPAREs")
	hear()
	require.Equal(t, [phases]uint64{1, 0}, r.level)

	n := <-all[1].inbox
	n.chain[0]++
	all[1].hear(&n)
	n = <-all[1].inbox
	all[1].hear(&n)
	require.Panics(t, all[1].turn)
}
