package cluster

import (
	"errors"
	"fmt"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/transport"
)

// lossRate is the chance of a frame to be lost where links lose some.
const lossRate = 0.01

// weathers are what becomes of the usual weather where links fail so.
var weathers = map[benchmarks.Failure]func(r *replica, w *weather){
	benchmarks.Isolation: func(_ *replica, w *weather) { w.mute, w.deaf = true, true },
	benchmarks.Muteness:  func(_ *replica, w *weather) { w.mute = true },
	benchmarks.Loss:      func(_ *replica, w *weather) { w.loss = lossRate },
	benchmarks.Regions: func(r *replica, w *weather) {
		w.delay = r.delays(func(to int) time.Duration { return regionDelay(r.Self, to) })
	},
}

// delays are those to each member.
func (r *replica) delays(to func(i int) time.Duration) map[transport.Peer]time.Duration {
	delay := make(map[transport.Peer]time.Duration)
	for i, m := range r.Config.genesis().Members {
		delay[m.Key] = to(i)
	}
	return delay
}

// usual is the weather while nothing fails, nil if it is fair.
func (r *replica) usual() *weather {
	if r.Config.Delay == 0 {
		return nil
	}
	return &weather{delay: r.delays(func(int) time.Duration { return r.Config.Delay })}
}

// fail makes the replica fail until heal.
func (r *replica) fail(how benchmarks.Failure) error {
	if r.face == nil {
		return errSilent
	}
	if worsen := weathers[how]; worsen != nil {
		w := r.usual()
		if w == nil {
			w = new(weather)
		}
		worsen(r, w)
		r.face.now.Store(w)
		return nil
	}
	if lies[how] != nil {
		return r.corrupt(how)
	}
	if how == benchmarks.ClockStep {
		r.clock.step()
		return nil
	}
	r.disk.stall()
	return nil
}

// canFail reports whether a replica can fail so.
func (c *Config) canFail(how benchmarks.Failure) error {
	if weathers[how] != nil || lies[how] != nil || how == benchmarks.ClockStep || how == benchmarks.StalledDisk && c.Log == "wal" {
		return nil
	}
	return fmt.Errorf("%w: %s with a log in %s", errors.ErrUnsupported, how, c.Log)
}

// heal ends what fail began. A clock that has jumped stays ahead.
func (r *replica) heal() error {
	if r.face != nil {
		r.face.now.Store(r.usual())
		r.honest()
	}
	r.disk.goOn()
	return nil
}
