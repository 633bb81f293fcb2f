package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
)

// routed plays requests, 1 ms apart, against members that answer after the given time; one above the
// retry pause is a miss. It returns how often each was the first.
type routed struct {
	route
	now   clock.Instant
	delay []clock.Duration
}

const retry = 250 * clock.Millisecond

func newRouted(delay ...clock.Duration) *routed {
	return &routed{route: newRoute(len(delay), true), now: clock.At(1), delay: delay}
}

func (r *routed) play(requests int) (first []int) {
	first = make([]int, len(r.delay))
	for range requests {
		r.now = r.now.Add(clock.Millisecond)
		i, probe := r.pick(r.now)
		first[i]++
		if r.delay[i] >= retry {
			r.miss(i, probe, r.now)
		} else {
			r.hit(i, r.delay[i], r.now)
		}
	}
	return first
}

const (
	direct    = 2 * clock.Millisecond // at the primary
	forwarded = 3 * clock.Millisecond // over a backup
)

// The primary saves a hop, so it is found without being named, and found again after a view change.
func TestRouteFindsThePrimary(t *testing.T) {
	r := newRouted(forwarded, forwarded, direct, forwarded)
	r.play(10_000)
	require.Equal(t, 2, r.best)
	r.delay = []clock.Duration{direct, forwarded, forwarded, forwarded}
	r.play(20_000)
	require.Equal(t, 0, r.best)
}

// A member that drops what it is given costs one request, and then ever fewer probes.
func TestRouteLeavesTheDead(t *testing.T) {
	r := newRouted(retry, direct, forwarded, forwarded)
	first := r.play(100_000)
	require.Equal(t, 1, r.best)
	require.LessOrEqual(t, first[0], 8)
	require.GreaterOrEqual(t, first[0], 3, "but it is not given up for ever")
}

// A liar that has earned the first place by being fast, and then sits on requests for almost as long as
// nobody notices, keeps it until the next good probe of another.
func TestRouteLeavesTheSlow(t *testing.T) {
	r := newRouted(direct, forwarded, forwarded, forwarded)
	r.play(5_000)
	require.Equal(t, 0, r.best)
	r.delay[0] = retry - 1
	require.Less(t, r.play(1_100)[0], 1_100)
	require.NotEqual(t, 0, r.best)
	require.Less(t, r.play(10_000)[0], 10)
}

// A liar that is fast whenever it is only tried, and slow when it is relied on, gets no more than turns.
func TestRouteIsNotAttracted(t *testing.T) {
	r := newRouted(forwarded, forwarded, forwarded, forwarded)
	liar := 0
	for range 50_000 {
		r.delay[3] = clock.Millisecond
		if r.best == 3 {
			r.delay[3] = retry
		}
		liar += r.play(1)[3]
	}
	require.Less(t, liar, 15)
}

// A miss is forgotten in time by one who serves well.
func TestRouteForgives(t *testing.T) {
	r := newRouted(direct)
	r.members[0].fails = 2
	r.members[0].since = r.now
	r.play(10_001)
	require.Equal(t, 1, r.members[0].fails)
	r.play(10_001)
	require.Zero(t, r.members[0].fails)
}

// Where everyone fails, everyone has a turn, and the first that works again is found.
func TestRouteTriesAll(t *testing.T) {
	r := newRouted(retry, retry, retry, retry)
	for i, n := range r.play(40) {
		require.Equal(t, 10, n, "member %d", i)
	}
	r.delay[2] = direct
	r.play(8)
	require.Equal(t, 2, r.best)
}

// All the requests that waited for one member count against it once.
func TestRouteMissesOfOneTime(t *testing.T) {
	r := newRouted(direct, direct, direct, direct)
	for range 100 {
		r.miss(0, false, r.now)
	}
	require.Equal(t, 1, r.best)
	require.Equal(t, 1, r.members[0].fails)
	require.Zero(t, r.members[1].fails)
}

func TestRouteOfOne(t *testing.T) {
	r := newRouted(direct)
	require.Equal(t, []int{1000}, r.play(1000))
	r.miss(0, false, r.now)
	require.Equal(t, 0, r.best)
}

// Where backups cannot pass requests on, none is tried as long as the primary answers: it would take the
// request for one that the primary leaves out, and suspect it (spec X6, T1). Nor does a primary that is late make it one.
func TestRouteTriesNoBackupThatCannotRelay(t *testing.T) {
	r := newRouted(direct, retry, retry, retry)
	r.relays = false
	require.Equal(t, []int{10_000, 0, 0, 0}, r.play(10_000))
	r.delay[0] = retry
	require.Equal(t, []int{1000, 0, 0, 0}, r.play(1000))
}
