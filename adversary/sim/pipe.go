package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// pipe is a Pipe at work.
type pipe struct {
	Pipe
	from, to members
	free     clock.Instant // when the last message that waits will have gone through
}

func newPipe(p Pipe, ends int) pipe {
	return pipe{Pipe: p, from: newMembers(p.From, ends), to: newMembers(p.To, ends)}
}

// squeeze sends a message through the pipes on its way. Each adds what it waits there
// for those before it, and what it takes itself.
func (l *links) squeeze(f *fate, from, to int, m message.Message) {
	w := l.w
	if w.healed() {
		return
	}
	size := uint64(0)
	for i := range l.pipes {
		p := &l.pipes[i]
		if t := w.elapsed(); !p.from[from] || !p.to[to] || t < p.Begin || p.End > 0 && t >= p.End {
			continue
		}
		if size == 0 {
			size = l.size(m)
		}
		wait, ok := p.take(w.now, size)
		if !ok {
			f.lost = lostQueue
			return
		}
		w.Sometimes(queued, wait > 0)
		f.delay += wait + p.lasts(size)
	}
}

// take puts a message into the queue and returns how long it waits there, or false if
// it does not fit.
func (p *pipe) take(now clock.Instant, size uint64) (wait clock.Duration, ok bool) {
	if p.free.Before(now) {
		p.free = now
	}
	wait = p.free.Sub(now)
	if wait > p.lasts(p.Queue) {
		return 0, false
	}
	p.free = p.free.Add(p.lasts(size))
	return wait, true
}

// lasts is how long so many bytes take.
func (p *pipe) lasts(bytes uint64) clock.Duration {
	return clock.Duration(bytes * uint64(clock.Second) / p.Rate)
}

// size is that of a message's encoding. A broadcast is measured once.
func (l *links) size(m message.Message) uint64 {
	if l.measured != m {
		l.buf, _ = wire.Append(l.buf[:0], m) // what cannot travel, a liar's, is as good as empty
		l.measured, l.bytes = m, uint64(len(l.buf))
	}
	return max(l.bytes, 1)
}
