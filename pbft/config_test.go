package pbft_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/storage"
	memlog "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
)

// Each error names the field and says what to do about it.
func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(*pbft.Config)
		says string // empty: valid
	}{
		{"as it is", func(*pbft.Config) {}, ""},
		{"no key", func(cfg *pbft.Config) { cfg.Key = nil }, "Key is required: set it to the signing key"},
		{"no log", func(cfg *pbft.Config) { cfg.Log = nil }, "Log is required: set it to"},
		{"no endpoint", func(cfg *pbft.Config) { cfg.Connect = nil }, "Connect is required: set it to"},
		{"no application", func(cfg *pbft.Config) { cfg.Application = nil }, "Application is required: set it to"},
		{"no members", func(cfg *pbft.Config) { cfg.Genesis.Members = nil }, "invalid membership"},
		{"twin", func(cfg *pbft.Config) { cfg.Genesis.Members[1].ID = 0 }, "id or key of replica 0 stands twice"},
		{"powerless", func(cfg *pbft.Config) { cfg.Genesis.Members[2].Power = 0 }, "power"},
		{"bad key", func(cfg *pbft.Config) { cfg.Genesis.Members[2].Key = message.PublicKey{} }, "key of replica 2 in the genesis"},
		{"stranger", func(cfg *pbft.Config) { cfg.Self = 9 }, "replica 9 is no member: set Self to an id in Genesis.Members"},
		{"wrong key", func(cfg *pbft.Config) { cfg.Self = 1 }, "key is not that of replica 1"},
		{"three", func(cfg *pbft.Config) { cfg.Genesis.Members = cfg.Genesis.Members[:3] }, "set AllowFewer to go on"},
		{"three, allowed", func(cfg *pbft.Config) { cfg.Genesis.Members, cfg.AllowFewer = cfg.Genesis.Members[:3], true }, ""},
		{"one giant", func(cfg *pbft.Config) { cfg.Genesis.Members[0].Power = 100 }, ""},
		{"no interval", func(cfg *pbft.Config) { cfg.Genesis.Interval = 0 }, "Genesis.Interval is 0; 128 is a good start"},
		{"long interval", func(cfg *pbft.Config) { cfg.Genesis.Interval = message.IntervalMax + 1 }, "interval above 512"},
		{"wide window", func(cfg *pbft.Config) { cfg.Window = 17 }, "window of 17 is not between 1 and Genesis.Interval, 16"},
		{"negative window", func(cfg *pbft.Config) { cfg.Window = -1 }, "0 takes the default"},
		{"negative block", func(cfg *pbft.Config) { cfg.BlockRequests = -1 }, "BlockRequests -1 is negative; 0 takes"},
		{"negative pool", func(cfg *pbft.Config) { cfg.PoolBytes = -1 }, "PoolBytes -1 is negative; 0 takes"},
		{"negative timeout", func(cfg *pbft.Config) { cfg.TimeoutMin = -1 }, "TimeoutMin -1ns is not between 0 and"},
		{"timeouts crossed", func(cfg *pbft.Config) { cfg.TimeoutMin, cfg.TimeoutMax = 2*time.Second, time.Second }, "move one of them"},
		{"above the default", func(cfg *pbft.Config) { cfg.TimeoutMin = time.Minute }, "TimeoutMax, 30s: move one of them"},
		{"long timeouts", func(cfg *pbft.Config) { cfg.TimeoutMin, cfg.TimeoutMax = time.Minute, time.Hour }, ""},
		{"sessions", func(cfg *pbft.Config) { cfg.Sessions = session.Config{Window: 65} }, "window 65 is no power of two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := newCluster(t, 4, nil).config(0, true)
			c.bend(&cfg)
			err := cfg.Validate()
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, pbft.ErrConfig)
			require.ErrorContains(t, err, c.says)
			_, again := pbft.Start(cfg)
			require.ErrorContains(t, again, c.says, "Start asks Validate first")
			if cfg.Log != nil {
				require.ErrorIs(t, cfg.Log.Sync(), storage.ErrClosed, "a failed Start closes the log")
				require.Nil(t, cfg.Log.State(1), "and writes nothing before")
			}
		})
	}
}

// A replica starts from nothing only if it is told to, once, and from no log but
// its own (spec R2, R4).
func TestBootstrap(t *testing.T) {
	c := newCluster(t, 4, nil)
	cfg := c.config(0, true)
	cfg.Bootstrap = false
	_, err := pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrNotBootstrapped)
	require.ErrorContains(t, err, "set Bootstrap for a new replica")

	c.logs[0] = memlog.New()
	c.start(0, true)
	require.NoError(t, c.reps[0].Close())

	cfg = c.config(0, false)
	cfg.Bootstrap = true
	_, err = pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrBootstrapped)
	require.ErrorContains(t, err, "start it without Bootstrap")

	cfg = c.config(0, false)
	cfg.Genesis.Name = "another"
	_, err = pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrWrongCluster)

	cfg = c.config(0, false)
	cfg.Self, cfg.Key = 1, c.keys[1]
	_, err = pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrWrongCluster)
	require.ErrorContains(t, err, "compare Genesis, Self")

	c.start(0, false)
}

// The bootstrap record is durable before the first message, or there is no replica.
func TestBootstrapNeedsTheDisk(t *testing.T) {
	c := newCluster(t, 4, nil)
	broken := errors.New("no space")
	c.logs[0].(*memlog.Log).FailSync(broken)
	cfg := c.config(0, true)
	cfg.Connect = func(transport.Handler, func(transport.Peer)) (transport.Endpoint, error) {
		t.Error("connected without a bootstrap record")
		return nil, broken
	}
	_, err := pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrDurability)
	require.ErrorIs(t, err, broken)
}

// What an endpoint has begun when Connect fails is let go, and the log is closed.
func TestConnectFails(t *testing.T) {
	c := newCluster(t, 4, nil)
	cfg := c.config(0, true)
	refused := errors.New("address in use")
	called := make(chan struct{}, 2)
	cfg.Connect = func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
		go func() { up(c.keys[1].Public()); called <- struct{}{} }()
		go func() { h(c.keys[1].Public(), []byte{0xff}); called <- struct{}{} }()
		return nil, refused
	}
	_, err := pbft.Start(cfg)
	require.ErrorIs(t, err, refused)
	<-called
	<-called
	require.ErrorIs(t, cfg.Log.Sync(), storage.ErrClosed)
}
