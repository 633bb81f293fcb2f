package core_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// unlimited are the fields of a footprint that Within does not hold against a limit of
// their own, and why.
var unlimited = map[string]string{
	"Blocks": "those of the chain, loose and stray ones have theirs; of the rest V5 bounds the bytes",
	"Bytes":  "V5's limit is on some of them, and kept before a block is accepted",
}

// Each thing that is counted has a limit, and one more than it is an error.
func TestFootprintHasLimits(t *testing.T) {
	cfg := core.Config{Interval: 4}
	require.NoError(t, new(core.Footprint).Within(cfg, 4))
	for field := range reflect.TypeFor[core.Footprint]().Fields() {
		var f core.Footprint
		reflect.ValueOf(&f).Elem().FieldByIndex(field.Index).SetInt(1 << 40)
		err := f.Within(cfg, 4)
		if unlimited[field.Name] == "" {
			require.ErrorIs(t, err, core.ErrFootprint, field.Name)
		} else {
			require.NoError(t, err, field.Name)
		}
	}
	require.Equal(t, wire.FrameMax, core.FrameBytes)
}

// A primary that floods with headers and never signs them makes nobody hold more than
// the limit (spec D1), and comes close to it.
func TestFootprintUnderAFlood(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=0", "crash 0")
	h, most := s.hosts[1], 0
	for i := range 400 {
		m := s.forgeChain("root", 0, 1, i)[0]
		v, err := s.door.Verify(0, m)
		require.NoError(t, err)
		h.core.Step(h.now, v)
		f := h.core.Footprint()
		require.NoError(t, f.Within(s.cfg, 4))
		most = max(most, f.Loose)
	}
	require.Equal(t, 16, most)
}
