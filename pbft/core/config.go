package core

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Config is what one replica's core is told. The zero value of every field but
// Self, Members and Root means its default.
type Config struct {
	Self    message.ReplicaID
	Members *message.Members
	Root    message.Point // of the epoch; genesis in epoch 0 (spec B1)

	Interval message.Seq // K, blocks between checkpoints; default 128 (spec M5)
	Window   message.Seq // W, undecided blocks that the primary may have out; default 64, at most Interval (spec B4)

	BlockBytes    int // of one block's payload; default 1 MiB
	BlockRequests int // in one block; default 4096
	WindowBytes   int // undecided payload that the primary may have out; default 16 MiB

	PoolRequests   int // pending requests held; default 65536
	PoolBytes      int // default 64 MiB
	ClientRequests int // pending requests of one client; default 1024
	AnswerBytes    int // payload in one answer to a pull; default 512 KiB

	TimeoutFloor clock.Duration // default 500 ms (spec T2)
	TimeoutCap   clock.Duration // default 30 s (spec T2, M3)

	Sessions session.Config // of the replicated table; Replies is ignored
}

// ErrConfig reports a configuration that cannot be.
var ErrConfig = errors.New("core: invalid configuration")

func defaulted[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (cfg Config) withDefaults() Config {
	defaulted(&cfg.Interval, 128)
	defaulted(&cfg.Window, min(64, cfg.Interval))
	defaulted(&cfg.BlockBytes, 1<<20)
	defaulted(&cfg.BlockRequests, 4096)
	defaulted(&cfg.WindowBytes, 16<<20)
	defaulted(&cfg.PoolRequests, 1<<16)
	defaulted(&cfg.PoolBytes, 64<<20)
	defaulted(&cfg.ClientRequests, 1024)
	defaulted(&cfg.AnswerBytes, 512<<10)
	defaulted(&cfg.TimeoutFloor, 500*clock.Millisecond)
	defaulted(&cfg.TimeoutCap, 30*clock.Second)
	cfg.Sessions.Replies = false
	return cfg
}

// Validate reports the first thing in cfg that cannot be, wrapped in ErrConfig.
func (cfg Config) Validate() error {
	switch {
	case cfg.Members == nil || cfg.Members.Index(cfg.Self) < 0:
		return fmt.Errorf("%w: replica %d is no member", ErrConfig, cfg.Self)
	case cfg.Window > cfg.Interval:
		return fmt.Errorf("%w: window %d above the checkpoint interval %d (spec B4)", ErrConfig, cfg.Window, cfg.Interval)
	case cfg.TimeoutFloor > cfg.TimeoutCap || cfg.TimeoutFloor < 0:
		return fmt.Errorf("%w: timeout floor %v above its cap %v", ErrConfig, cfg.TimeoutFloor, cfg.TimeoutCap)
	case cfg.BlockBytes < 0 || cfg.BlockRequests < 0 || cfg.PoolRequests < 0 || cfg.PoolBytes < 0 || cfg.WindowBytes < 0:
		return fmt.Errorf("%w: a limit is negative", ErrConfig)
	}
	return nil
}
