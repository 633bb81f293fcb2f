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

// weathers are those of links that fail so.
var weathers = map[benchmarks.Failure]func(r *replica) *weather{
	benchmarks.Isolation: func(*replica) *weather { return &weather{mute: true, deaf: true} },
	benchmarks.Muteness:  func(*replica) *weather { return &weather{mute: true} },
	benchmarks.Loss:      func(*replica) *weather { return &weather{loss: lossRate} },
	benchmarks.Regions: func(r *replica) *weather {
		w := &weather{delay: make(map[transport.Peer]time.Duration)}
		for i, m := range r.Config.genesis().Members {
			w.delay[m.Key] = regionDelay(r.Self, i)
		}
		return w
	},
}

// fail makes the replica fail until heal.
func (r *replica) fail(how benchmarks.Failure) error {
	if r.face == nil {
		return errSilent
	}
	if w := weathers[how]; w != nil {
		r.face.now.Store(w(r))
		return nil
	}
	if lies[how] != nil {
		return r.corrupt(how)
	}
	r.disk.stall()
	return nil
}

// canFail reports whether a replica can fail so.
func (c *Config) canFail(how benchmarks.Failure) error {
	if weathers[how] != nil || lies[how] != nil || how == benchmarks.StalledDisk && c.Log == "wal" {
		return nil
	}
	return fmt.Errorf("%w: %s with a log in %s", errors.ErrUnsupported, how, c.Log)
}

// heal ends what fail began.
func (r *replica) heal() error {
	if r.face != nil {
		r.face.now.Store(nil)
		r.honest()
	}
	r.disk.goOn()
	return nil
}
