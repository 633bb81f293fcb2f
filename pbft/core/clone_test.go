package core_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// busy runs a core among liars and shows it to look between steps, so that what is looked
// at has something in every field sooner or later.
func busy(t *testing.T, seed uint64, steps int, look func(*chaos)) {
	rnd := rand.New(rand.NewPCG(seed, 5))
	c := newChaos(func(n uint64) uint64 { return rnd.Uint64N(n) })
	for range steps {
		require.NoError(t, c.step())
		if c.h.core != nil {
			look(c)
		}
	}
}

// A clone is equal in every field and shares nothing that changes. By reflection, so that
// a field that is added later and forgotten in Clone fails here.
func TestCloneIsDeep(t *testing.T) {
	w := walker{t: t, filled: map[string]bool{}, fields: map[string]bool{}}
	for seed := range uint64(6) {
		step := 0
		busy(t, seed, 1000, func(c *chaos) {
			if step++; step%8 != 0 {
				return
			}
			full := c.h.core.Clone()
			require.Equal(t, c.h.core.Fingerprint(), full.Fingerprint())
			lengthen(reflect.ValueOf(full).Elem().FieldByName("out"))
			lengthen(reflect.ValueOf(full).Elem().FieldByName("pool"))
			extend(reflect.ValueOf(full).Elem().FieldByName("mine").FieldByName("undone"))
			d := full.Clone()
			w.compare("Core", reflect.ValueOf(full).Elem(), reflect.ValueOf(d).Elem())
		})
	}
	for f := range w.fields {
		require.True(t, w.filled[f], "%s was nil or empty all the time: nothing is proved of it", f)
	}
}

// lengthen gives every slice of a struct one more element: some are seldom seen filled.
func lengthen(v reflect.Value) {
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Slice {
			extend(v.Field(i))
		}
	}
}

func extend(v reflect.Value) {
	f := reach(v)
	f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
}

// A world whose core is exchanged for its clone at every step goes on as if it were not.
func TestCloneGoesOn(t *testing.T) {
	for seed := range uint64(4) {
		var trace []message.Digest
		busy(t, seed, 300, func(c *chaos) { trace = append(trace, c.h.core.Fingerprint()) })
		busy(t, seed, 300, func(c *chaos) {
			old := c.h.core
			c.h.core = old.Clone()
			require.Equal(t, trace[0], old.Fingerprint())
			trace = trace[1:]
		})
	}
}

// What the original does later, the clone does not notice.
func TestCloneStays(t *testing.T) {
	type pair struct {
		clone *core.Core
		was   []byte
	}
	for seed := range uint64(3) {
		var kept []pair
		busy(t, seed, 300, func(c *chaos) {
			d := c.h.core.Clone()
			kept = append(kept, pair{d, d.AppendState(nil, core.AspectAll)})
		})
		for _, p := range kept {
			require.Equal(t, p.was, p.clone.AppendState(nil, core.AspectAll))
		}
	}
}

// walker compares two values field by field.
type walker struct {
	t      *testing.T
	fields map[string]bool // that hold references to what may change
	filled map[string]bool // of these, seen with something in it
}

func (w *walker) require(ok bool, path, what string) {
	if !ok {
		w.t.Fatalf("%s %s", path, what)
	}
}

// note remembers a field whose sharing would matter, and whether it was ever put to the
// proof.
func (w *walker) note(path string, filled bool) {
	w.fields[path] = true
	w.filled[path] = w.filled[path] || filled
}

// frozen are the types behind pointers that nobody changes once they are made or signed.
func frozen(t reflect.Type) bool {
	return t.PkgPath() == reflect.TypeFor[message.Prepare]().PkgPath() || t == reflect.TypeFor[quorum.System]() || t == reflect.TypeFor[core.HardState]()
}

// compare requires a and b to be equal and, frozen things apart, not to share memory.
func (w *walker) compare(path string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer:
		w.pointer(path, a, b)
	case reflect.Struct:
		for i := range a.NumField() {
			w.compare(a.Type().Name()+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice:
		w.require(a.Len() == b.Len(), path, "has another length")
		if a.Type().Elem().Kind() == reflect.Uint8 {
			w.require(bytes.Equal(a.Bytes(), b.Bytes()), path, "differs")
			return
		}
		w.note(path, a.Len() > 0)
		w.require(a.Cap() == 0 || a.Pointer() != b.Pointer(), path, "is shared")
		for i := range a.Len() {
			w.compare(path, a.Index(i), b.Index(i))
		}
	case reflect.Map:
		w.note(path, a.Len() > 0)
		w.require(a.Len() == b.Len(), path, "has another length")
		w.require(a.IsNil() && b.IsNil() || a.Pointer() != b.Pointer(), path, "is shared")
		for _, k := range a.MapKeys() {
			w.require(b.MapIndex(k).IsValid(), path, "lacks a key")
			w.compare(path, a.MapIndex(k), b.MapIndex(k))
		}
	case reflect.Array:
		for i := range a.Len() {
			w.compare(path, a.Index(i), b.Index(i))
		}
	default:
		w.require(a.Equal(b), path, "differs")
	}
}

// pointer looks behind pointers to types of the core; what is behind others that change
// (counts, tables, lists) must be equal as a whole.
func (w *walker) pointer(path string, a, b reflect.Value) {
	if frozen(a.Type().Elem()) {
		w.require(a.Pointer() == b.Pointer(), path, "differs")
		return
	}
	w.note(path, !a.IsNil())
	if a.IsNil() || b.IsNil() {
		w.require(a.IsNil() && b.IsNil(), path, "is nil in one")
		return
	}
	w.require(a.Pointer() != b.Pointer(), path, "is shared")
	switch {
	case path == "checkpoints.set": // scratch
	case a.Type().Elem().PkgPath() == reflect.TypeFor[core.Core]().PkgPath():
		w.compare(a.Type().Elem().Name(), a.Elem(), b.Elem())
	case a.Type() == reflect.TypeFor[*session.Table]():
		x, y := reach(a).Interface().(*session.Table), reach(b).Interface().(*session.Table)
		w.require(bytes.Equal(x.AppendSnapshot(nil), y.AppendSnapshot(nil)), path, "differs")
	default:
		w.require(reflect.DeepEqual(reach(a).Interface(), reach(b).Interface()), path, "differs")
	}
}
