package core_test

import (
	"cmp"
	"container/list"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// unnamed are the fields that the fingerprint does not cover, and why.
var unnamed = map[string]string{
	"Core.cfg": "configuration", "Core.members": "configuration", "Core.sys": "configuration", "Core.n": "configuration",
	"Core.epoch": "configuration", "Core.self": "configuration", "pool.cfg": "configuration", "timing.floor": "configuration", "timing.cap": "configuration",
	"timing.bound": "configuration", "checkpoints.members": "configuration", "checkpoints.none": "configuration",
	"tally.needed": "configuration",

	"Core.out":        "drained by the last Output",
	"Core.stats":      "counters, which nothing reads",
	"checkpoints.set": "scratch, cleared before each use",
	"node.parent":     "named by the chain digest",
	"node.link":       "named by the chain digest",
	"node.header":     "named by the chain digest",
	"vote.sig":        "follows from what is signed and by whom",
}

// Two cores that differ in any one field have two fingerprints. By reflection: each field
// of Core and of what it holds is altered in turn, so one that is added later and
// forgotten in AppendState fails here, unless it stands above with a reason.
func TestFingerprintCoversEveryField(t *testing.T) {
	seen, noticed := map[string]int{}, map[string]bool{}
	for seed := range uint64(4) {
		busy(t, seed, 400, func(c *chaos) {
			for k := 0; ; {
				d := c.h.core.Clone()
				lengthen(reflect.ValueOf(d).Elem().FieldByName("pool"))
				extend(reflect.ValueOf(d).Elem().FieldByName("mine").FieldByName("undone"))
				was := d.Fingerprint()
				a := alterer{left: k, skip: func(path string) bool { return noticed[path] || seen[path] >= 100 }}
				a.walk("Core", reflect.ValueOf(d).Elem())
				if a.path == "" {
					return
				}
				seen[a.path]++
				if noticed[a.path] = was != fingerprint(d); !noticed[a.path] {
					k++
				}
			}
		})
	}
	for path := range seen {
		_, listed := unnamed[path]
		require.Equal(t, !listed, noticed[path], path)
	}
	for _, path := range leaves("Core", reflect.TypeFor[core.Core]()) {
		require.Positive(t, seen[path], "%s was never altered: nothing is proved of it", path)
	}
	for path := range unnamed {
		require.Positive(t, seen[path], "%s is no field any more", path)
	}
}

// leaves returns the names of all places that a core of any content may have.
func leaves(path string, t reflect.Type) []string {
	if _, listed := unnamed[path]; listed {
		return []string{path}
	}
	own := reflect.TypeFor[core.Core]().PkgPath()
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[clock.Instant]() {
			break
		}
		var out []string
		for i := range t.NumField() {
			out = append(out, leaves(t.Name()+"."+t.Field(i).Name, t.Field(i).Type)...)
		}
		return out
	case reflect.Pointer:
		if e := t.Elem(); e.PkgPath() == own && !frozen(e) {
			return leaves(e.Name(), e)
		}
	case reflect.Slice, reflect.Array, reflect.Map:
		if t.Elem().Kind() != reflect.Uint8 {
			return leaves(path, t.Elem())
		}
	}
	return []string{path}
}

// The same state at another hour has the same fingerprint.
func TestFingerprintForgetsTheHour(t *testing.T) {
	busy(t, 1, 200, func(c *chaos) {
		d := c.h.core.Clone()
		later(reflect.ValueOf(d).Elem())
		require.Equal(t, c.h.core.Fingerprint(), d.Fingerprint())
	})
}

// later moves every instant in v.
func later(v reflect.Value) {
	switch v = reach(v); {
	case v.Type() == reflect.TypeFor[clock.Instant]():
		v.Set(reflect.ValueOf(v.Interface().(clock.Instant).Add(3600 * clock.Second)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			later(v.Field(i))
		}
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		for i := range v.Len() {
			later(v.Index(i))
		}
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			later(v.MapIndex(k))
		}
	case v.Kind() == reflect.Pointer && v.Type().Elem().PkgPath() == reflect.TypeFor[core.Core]().PkgPath() && !v.IsNil() && !frozen(v.Type().Elem()):
		later(v.Elem())
	}
}

// fingerprint returns the fingerprint, or nothing if the alteration cannot be: that is noticed
// too.
func fingerprint(c *core.Core) (d message.Digest) {
	defer func() { _ = recover() }()
	return c.Fingerprint()
}

// alterer changes one place of a core.
type alterer struct {
	skip func(path string) bool // places that need no look any more
	left int                    // places still to pass by
	path string                 // of the one that was changed
}

func (a *alterer) place(path string, change func()) {
	if a.skip(path) {
		return
	}
	if a.left == 0 {
		a.path = path
		change()
	}
	a.left--
}

func (a *alterer) walk(path string, v reflect.Value) {
	if why, listed := unnamed[path]; listed {
		a.place(path, func() {
			if why != "configuration" {
				scribble(v)
			}
		})
		return
	}
	v = reach(v)
	switch x := v.Interface().(type) {
	case clock.Instant:
		a.place(path, func() { v.Set(reflect.ValueOf(clock.At(x.Nanos() + 7))) })
		return
	case *quorum.Votes:
		a.place(path, func() { x.Set(0, x.Value(0)+1) })
		return
	case *session.Table:
		a.place(path, func() { x.Apply(1<<40, 0, &message.Request{Type: message.RequestOpen, Number: 1 << 60}) })
		return
	case *list.List:
		if x.Len() > 0 {
			a.place(path, func() { x.Remove(x.Front()) })
		}
		return
	}
	a.kind(path, v)
}

func (a *alterer) kind(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			a.walk(v.Type().Name()+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Pointer:
		if e := v.Type().Elem(); e.PkgPath() == reflect.TypeFor[core.Core]().PkgPath() && !frozen(e) {
			a.walk(e.Name(), v.Elem())
			return
		}
		a.place(path, func() { v.Set(other(v)) })
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			a.place(path, func() { v.SetBytes(append([]byte{1}, v.Bytes()...)) })
			return
		}
		if v.Len() > 0 {
			a.place(path, func() { v.SetLen(v.Len() - 1) })
		}
		for i := range min(v.Len(), 2) {
			a.walk(path, v.Index(i))
		}
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			a.place(path, func() { v.Index(5).SetUint(v.Index(5).Uint() ^ 1) })
			return
		}
		for i := range min(v.Len(), 2) {
			a.walk(path, v.Index(i))
		}
	case reflect.Map:
		a.entries(path, v)
	case reflect.Interface:
		a.place(path, func() {
			if v.IsNil() {
				v.Set(reflect.ValueOf(errors.New("stopped")))
			} else {
				v.SetZero()
			}
		})
	case reflect.Bool:
		a.place(path, func() { v.SetBool(!v.Bool()) })
	case reflect.Int, reflect.Int64:
		a.place(path, func() { v.SetInt(v.Int() + 1) })
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		a.place(path, func() { v.SetUint(v.Uint() + 1) })
	default:
		panic(path + ": a kind that the test does not know: " + v.Kind().String())
	}
}

// entries takes one away, and looks into another.
func (a *alterer) entries(path string, v reflect.Value) {
	keys := v.MapKeys()
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	a.place(path, func() { v.SetMapIndex(keys[0], reflect.Value{}) })
	last := v.MapIndex(keys[len(keys)-1])
	switch last.Kind() {
	case reflect.Array:
		a.place(path, func() { v.SetMapIndex(keys[len(keys)-1], reflect.Zero(last.Type())) })
	case reflect.Slice:
		a.walk(path, last.Index(0))
	case reflect.Pointer:
		if !frozen(last.Type().Elem()) {
			a.walk(path, last)
			return
		}
		a.place(path, func() { v.SetMapIndex(keys[len(keys)-1], other(last)) })
	}
}

// scribble changes something in v.
func scribble(v reflect.Value) {
	v = reach(v)
	switch v.Kind() {
	case reflect.Struct, reflect.Array:
		if v.Type() == reflect.TypeFor[clock.Instant]() {
			v.Set(reflect.ValueOf(clock.At(12345)))
		} else if v.Kind() == reflect.Struct {
			scribble(v.Field(0))
		} else {
			scribble(v.Index(0))
		}
	case reflect.Slice:
		if v.Len() > 0 {
			v.Set(reflect.Append(v, v.Index(0)))
		}
	default:
		one := alterer{skip: func(string) bool { return false }}
		one.kind("", v)
	}
}

// other is nil for a pointer that is not, and else something.
func other(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return reflect.New(v.Type().Elem())
	}
	return reflect.Zero(v.Type())
}

// reach lets v be read and changed although its field is not exported.
func reach(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	return v
}
