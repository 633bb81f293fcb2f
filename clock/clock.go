// Package clock is the only source of time for the engine (spec T6): a monotonic reading that means something within one
// process and nothing outside it.
//
// Wall clocks jump, differ between machines and can be set by an attacker, so they never decide an order here. The rule
// is kept by the type: an [Instant] has no exported fields, no wall time can be got from it, and an attempt to put one
// into a message or a file fails with [ErrNotPortable]. The pure core takes the present as an argument and needs no
// other import for time than this one.
package clock

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Duration is a length of time in nanoseconds.
type Duration = time.Duration

// Units of Duration.
const (
	Nanosecond  = time.Nanosecond
	Microsecond = time.Microsecond
	Millisecond = time.Millisecond
	Second      = time.Second
)

// ErrNotPortable is the answer to every attempt to encode an Instant: where it would be read, it would mean another time.
var ErrNotPortable = errors.New("clock: an Instant has no meaning outside its process and cannot be encoded")

// Instant is a point of monotonic time, counted in nanoseconds from an origin that only its own process knows. The zero
// Instant means "never": no clock ever reads it. Instants of one clock may be compared with == and used as map keys.
type Instant struct{ ns int64 }

// At returns the Instant ns nanoseconds after the origin; At(0) is never. It is for simulated clocks and tests, which
// start at 1 or later. It panics if ns is negative.
func At(ns int64) Instant {
	if ns < 0 {
		panic(fmt.Sprintf("clock: instant %d ns before the origin", -ns))
	}
	return Instant{ns}
}

// Nanos returns the nanoseconds since the origin, 0 for never. It is for simulated clocks and traces. A number that left
// the process this way has lost what protected it.
func (t Instant) Nanos() int64 { return t.ns }

// IsZero reports whether t is never.
func (t Instant) IsZero() bool { return t.ns == 0 }

// Add returns the Instant d after t, or before it if d is negative. Never plus anything is never. The result stays
// between the first and the last Instant there are (292 years): it does not wrap, and does not become never.
func (t Instant) Add(d Duration) Instant {
	switch sum := t.ns + int64(d); {
	case t.ns == 0:
		return t
	case d > 0 && sum < t.ns:
		return Instant{math.MaxInt64}
	case sum < 1:
		return Instant{1}
	default:
		return Instant{sum}
	}
}

// Sub returns the time from u to t, negative if t is the earlier. Neither may be never.
func (t Instant) Sub(u Instant) Duration { return Duration(t.ns - u.ns) }

// Before reports whether t is earlier than u. Never is before all others, so ask a deadline first whether it IsZero.
func (t Instant) Before(u Instant) bool { return t.ns < u.ns }

// After reports whether t is later than u.
func (t Instant) After(u Instant) bool { return t.ns > u.ns }

// String returns the time since the origin as a Duration is written, or "never". It is for people.
func (t Instant) String() string {
	if t.IsZero() {
		return "never"
	}
	return Duration(t.ns).String()
}

// MarshalText fails with ErrNotPortable. JSON, XML, TOML, YAML and log handlers come through here.
func (Instant) MarshalText() ([]byte, error) { return nil, ErrNotPortable }

// MarshalBinary fails with ErrNotPortable. Gob comes through here.
func (Instant) MarshalBinary() ([]byte, error) { return nil, ErrNotPortable }

// Clock tells the present. Now never goes back, never reads never, and is safe for concurrent use. Readings of different
// Clocks must not be mixed.
type Clock interface {
	Now() Instant
}

// System returns the monotonic clock of this process. On Linux it stands still while the machine is suspended.
func System() Clock { return system{} }

type system struct{}

// start carries Go's monotonic reading; time.Since uses that and not the wall clock.
var start = origin()

func origin() time.Time {
	if bug.M58 {
		return time.Now().Round(0)
	}
	return time.Now()
}

func (system) Now() Instant { return reading(time.Since(start)) }

// reading makes the moment of the start itself an Instant other than never.
func reading(sinceStart Duration) Instant { return Instant{int64(sinceStart) + 1} }
