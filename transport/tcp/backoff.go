package tcp

import (
	"math/rand/v2"
	"time"
)

// backoff yields the pauses between dials: doubling from min to max, each shortened at random by up to
// half, so that members that lost each other at once do not come back at once.
type backoff struct {
	min, max time.Duration
	next     time.Duration
}

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) pause() time.Duration {
	b.next = min(max(b.min, 2*b.next), b.max)
	return b.next - rand.N(b.next/2+1)
}
