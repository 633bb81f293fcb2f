package pbft

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
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
	// SnapshotEvery is how many blocks lie at least between two snapshots of a volatile
	// application that can make them (Snapshotter); 0 means that none are made. They
	// are kept in the log, so their size times their number must fit the disk.
	SnapshotEvery int
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
	// Clock tells this replica the time; default clock.System. It must keep what clock.Clock
	// promises, and its seconds must be about as long as the system's, which the replica
	// sleeps by. Different replicas' clocks need not agree in anything. A clock that is
	// wrong costs time, such as a view change that nobody needed, never safety (spec T6).
	Clock clock.Clock
}

// ErrConfig reports a configuration that cannot be. It is wrapped with the
// reason.
var ErrConfig = errors.New("pbft: invalid configuration")

// Validate reports the first thing in cfg that cannot be, wrapped in ErrConfig.
// The error says what to do.
func (cfg *Config) Validate() error {
	err := cfg.given()
	if err == nil {
		err = cfg.member()
	}
	if err == nil {
		err = cfg.limits()
	}
	if err == nil {
		err = cfg.Sessions.Validate()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// given checks that what has no default is there.
func (cfg *Config) given() error {
	for _, f := range []struct {
		name    string
		missing bool
		what    string
	}{
		{"Key", cfg.Key == nil, "the signing key of this replica"},
		{"Log", cfg.Log == nil, "an open log, such as storage/wal makes"},
		{"Connect", cfg.Connect == nil, "a function that makes an endpoint, such as transport/tcp does"},
		{"Application", cfg.Application == nil, "the state machine to replicate"},
	} {
		if f.missing {
			return fmt.Errorf("%s is required: set it to %s", f.name, f.what)
		}
	}
	return nil
}

// member checks the genesis, and that this replica is who it says in it.
func (cfg *Config) member() error {
	_, members, err := cfg.Genesis.Cluster()
	if err != nil {
		return err
	}
	for _, m := range cfg.Genesis.Members {
		if err := crypto.ValidatePublic(m.Key); err != nil {
			return fmt.Errorf("key of replica %d in the genesis: %w", m.ID, err)
		}
	}
	i := members.Index(cfg.Self)
	switch {
	case i < 0:
		return fmt.Errorf("replica %d is no member: set Self to an id in Genesis.Members", cfg.Self)
	case members.At(i).Key != cfg.Key.Public():
		return fmt.Errorf("the key is not that of replica %d in the genesis: set Self and Key to one and the same member's", cfg.Self)
	case members.Quorums().F() == 0 && !cfg.AllowFewer:
		return fmt.Errorf("%d replicas tolerate no fault: 3f+1 are needed for f faults, so 4 for one; set AllowFewer to go on", members.Len())
	}
	return nil
}

func (cfg *Config) limits() error {
	lowest, highest := cfg.timeouts()
	switch k := cfg.Genesis.Interval; {
	case k == 0:
		return errors.New("Genesis.Interval is 0; 128 is a good start")
	case cfg.Window < 0 || uint64(cfg.Window) > uint64(k):
		return fmt.Errorf("a window of %d is not between 1 and Genesis.Interval, %d; 0 takes the default", cfg.Window, k)
	case cfg.BlockRequests < 0:
		return fmt.Errorf("BlockRequests %d is negative; 0 takes the default", cfg.BlockRequests)
	case cfg.PoolBytes < 0:
		return fmt.Errorf("PoolBytes %d is negative; 0 takes the default", cfg.PoolBytes)
	case lowest < 0 || lowest > highest:
		return fmt.Errorf("TimeoutMin %v is not between 0 and TimeoutMax, %v: move one of them", lowest, highest)
	}
	return nil
}

// timeouts returns the two bounds with their defaults.
func (cfg *Config) timeouts() (lowest, highest time.Duration) {
	lowest, highest = cfg.TimeoutMin, cfg.TimeoutMax
	if lowest == 0 {
		lowest = 500 * time.Millisecond
	}
	if highest == 0 {
		highest = 30 * time.Second
	}
	return lowest, highest
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
	lowest, highest := cfg.timeouts()
	return core.Config{
		Self: cfg.Self, Members: members, Root: root, Interval: cfg.Genesis.Interval, Window: message.Seq(cfg.Window),
		BlockBytes: cfg.Genesis.Limits().PayloadBytes, BlockRequests: cfg.BlockRequests, PoolBytes: cfg.PoolBytes,
		TimeoutFloor: lowest, TimeoutCap: highest, Sessions: cfg.Sessions,
	}
}
