package clock

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever an Instant is put into, encoding it fails: a vote or a record with a reading of somebody's clock in it must
// not come to be by mistake.
func TestInstantCannotBeEncoded(t *testing.T) {
	type holder struct{ When Instant }
	encoders := map[string]func(v any) error{
		"json": func(v any) error { _, err := json.Marshal(v); return err },
		"xml":  func(v any) error { _, err := xml.Marshal(v); return err },
		"gob":  func(v any) error { return gob.NewEncoder(&bytes.Buffer{}).Encode(v) },
		"toml": func(v any) error { return toml.NewEncoder(&bytes.Buffer{}).Encode(v) },
	}
	instant := At(7)
	for name, encode := range encoders {
		require.ErrorIs(t, encode(holder{instant}), ErrNotPortable, "%s of a struct", name)
		require.ErrorIs(t, encode(&holder{instant}), ErrNotPortable, "%s of a pointer", name)
		if name != "gob" { // which leaves zero values out, so nothing is given away
			require.ErrorIs(t, encode(holder{}), ErrNotPortable, "%s of never", name)
		}
	}
	_, err := json.Marshal(map[Instant]int{instant: 1})
	require.ErrorContains(t, err, ErrNotPortable.Error(), "as a key") // json does not wrap this one
	_, err = json.Marshal([]any{1, &instant})
	require.ErrorIs(t, err, ErrNotPortable, "behind an interface")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "at", instant)
	require.Contains(t, log.String(), ErrNotPortable.Error(), "in a log that machines read")
	for i := range reflect.TypeFor[Instant]().NumField() {
		require.False(t, reflect.TypeFor[Instant]().Field(i).IsExported(), "encoders see exported fields")
	}
}

func TestInstantArithmetic(t *testing.T) {
	a := At(1000)
	require.Equal(t, At(1500), a.Add(500))
	require.Equal(t, At(400), a.Add(-600))
	require.Equal(t, Duration(-500), a.Sub(At(1500)))
	require.True(t, a.Before(At(1001)))
	require.False(t, a.Before(a))
	require.True(t, a.After(At(999)))
	require.False(t, a.After(a))
	require.Equal(t, "1µs", a.String())
	require.Equal(t, "never", Instant{}.String())
	require.Equal(t, int64(1000), a.Nanos())
	require.Panics(t, func() { At(-1) })
}

// A wrapped deadline would lie in the past and fire at once; one that became zero would never fire.
func TestInstantAddStaysInRange(t *testing.T) {
	require.Equal(t, At(math.MaxInt64), At(5).Add(math.MaxInt64))
	require.Equal(t, At(math.MaxInt64), At(math.MaxInt64).Add(1))
	require.Equal(t, At(1), At(5).Add(-5))
	require.Equal(t, At(1), At(5).Add(math.MinInt64))
	require.True(t, Instant{}.Add(Second).IsZero(), "never plus a second")
	require.True(t, Instant{}.Add(-Second).IsZero())
	rapid.Check(t, func(t *rapid.T) {
		at := At(rapid.Int64Range(1, math.MaxInt64).Draw(t, "at"))
		d := Duration(rapid.Int64().Draw(t, "d"))
		sum := at.Add(d)
		require.GreaterOrEqual(t, sum.Nanos(), int64(1))
		require.Equal(t, d > 0, sum.After(at) || d > 0 && sum == At(math.MaxInt64))
		if sum != At(1) && sum != At(math.MaxInt64) {
			require.Equal(t, d, sum.Sub(at))
		}
	})
}

func TestSystemReadsMonotonicTime(t *testing.T) {
	require.Contains(t, start.String(), " m=", "start lost its monotonic reading: the clock would follow the wall clock")
	require.False(t, reading(0).IsZero(), "the first moment of a process is not never")

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := System().Now()
			for range 10_000 {
				now := System().Now()
				if now.IsZero() || now.Before(last) {
					panic(fmt.Sprintf("%v after %v", now, last))
				}
				last = now
			}
		})
	}
	wg.Wait()

	before, began := System().Now(), time.Now()
	for time.Since(began) < 2*time.Millisecond {
	}
	require.GreaterOrEqual(t, System().Now().Sub(before), 2*Millisecond, "its unit is the nanosecond")
}

func BenchmarkSystemNow(b *testing.B) {
	c := System()
	b.ReportAllocs()
	for b.Loop() {
		c.Now()
	}
}
