package pbft

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/transport"
)

// Config is what one replica needs. The first group is required; the zero value
// of everything else is its default. Timeouts derive themselves from measured
// round trips between the two bounds (spec T2, T3).
type Config struct {
	// Genesis is what the whole cluster agrees on; it must be equal everywhere.
	Genesis message.Genesis
	// Self is this replica's id among Genesis.Members.
	Self message.ReplicaID
	// Key signs for this replica. It must be the key of Self in Genesis, and must not
	// be used by any other process (spec R4).
	Key crypto.Signer
	// Log is the durable log, opened by the caller. The replica closes it.
	Log storage.Log
	// Connect makes the replica's end of its links: it is called once, with the
	// handler and the notification to put into the transport's configuration. The
	// replica closes what it returns.
	Connect func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error)
	// Application is the state machine.
	Application Application

	// Bootstrap says that Log is new and this replica starts for the first time. An
	// empty log without it is refused: a replica that lost its log must not vote
	// under its old key (spec R2, R4).
	Bootstrap bool
	// AllowFewer permits fewer than four replicas' power, which tolerates no fault
	// (spec M1).
	AllowFewer bool

	// Window is how many undecided blocks the primary may have out; default 64, at
	// most Genesis.Interval (spec B4).
	Window int
	// BlockRequests bounds the requests of a block; default 4096. Blocks cut
	// themselves by load.
	BlockRequests int
	// PoolBytes bounds the pending requests held; default 64 MiB.
	PoolBytes int
	// TimeoutMin and TimeoutMax bound the view timeout; defaults 500 ms and 30 s. A
	// view change with the transfer of a full window must fit into TimeoutMax
	// (spec M3).
	TimeoutMin, TimeoutMax time.Duration
	// Workers bounds the signature checks under way; default GOMAXPROCS.
	Workers int
	// Sessions bounds the replicated session table. It must be equal everywhere.
	Sessions session.Config
	// Logger takes the replica's few lines; default slog.Default.
	Logger *slog.Logger
}

// ErrConfig reports a configuration that cannot be. It is wrapped with the
// reason.
var ErrConfig = errors.New("pbft: invalid configuration")

// Validate reports the first thing in cfg that cannot be, wrapped in ErrConfig.
func (cfg *Config) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	if cfg.Key == nil || cfg.Log == nil || cfg.Connect == nil || cfg.Application == nil {
		return bad("Key, Log, Connect and Application are required")
	}
	_, members, err := cfg.Genesis.Cluster()
	if err != nil {
		return bad("%v", err)
	}
	for _, m := range cfg.Genesis.Members {
		if err := crypto.ValidatePublic(m.Key); err != nil {
			return bad("key of replica %d: %v", m.ID, err)
		}
	}
	i := members.Index(cfg.Self)
	switch {
	case i < 0:
		return bad("replica %d is not a member", cfg.Self)
	case members.At(i).Key != cfg.Key.Public():
		return bad("the key given is not that of replica %d in the genesis", cfg.Self)
	case members.Quorums().F() == 0 && !cfg.AllowFewer:
		return bad("%d replicas tolerate no fault: 3f+1 are needed for f faults, so 4 for one; set AllowFewer to go on", members.Len())
	case cfg.Genesis.Interval == 0:
		return bad("Genesis.Interval is 0; 128 is a good start")
	case cfg.Window < 0 || uint64(cfg.Window) > uint64(cfg.Genesis.Interval):
		return bad("Window %d is not between 1 and the checkpoint interval %d", cfg.Window, cfg.Genesis.Interval)
	case cfg.BlockRequests < 0 || cfg.PoolBytes < 0:
		return bad("a limit is negative")
	case cfg.TimeoutMin < 0 || cfg.TimeoutMax < 0:
		return bad("a timeout is negative")
	}
	return cfg.Sessions.Validate()
}

func (cfg *Config) workers() int {
	if cfg.Workers > 0 {
		return cfg.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (cfg *Config) logger() *slog.Logger {
	if cfg.Logger != nil {
		return cfg.Logger
	}
	return slog.Default()
}

func (cfg *Config) core(members *message.Members, root message.Point) core.Config {
	return core.Config{
		Self: cfg.Self, Members: members, Root: root, Interval: cfg.Genesis.Interval, Window: message.Seq(cfg.Window),
		BlockBytes: cfg.Genesis.Limits().PayloadBytes, BlockRequests: cfg.BlockRequests, PoolBytes: cfg.PoolBytes,
		TimeoutFloor: cfg.TimeoutMin, TimeoutCap: cfg.TimeoutMax, Sessions: cfg.Sessions,
	}
}
