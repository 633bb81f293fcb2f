package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/host"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/examples/kv"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

func nodeCommand() *cobra.Command {
	var n node
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Run one replica of the key-value store",
		Long: `Run one replica of the key-value store until it is interrupted.

The first start of a replica needs --bootstrap. A replica that lost its log must not be bootstrapped
again: it could contradict what it signed before, and would count as one of the f faulty ones.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return n.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&n.file, "config", "", "node.toml (required)")
	f.BoolVar(&n.bootstrap, "bootstrap", false, "first start: write the log's first record")
	f.StringVar(&n.liar, "liar", "", "make this replica Byzantine, for tests: a behaviour, such as equivocate or when(view>=2,compose(bases,withhold)); 'list behaviours' shows all")
	_ = cmd.MarkFlagRequired("config")
	return cmd
}

// node is one replica as a process.
type node struct {
	file      string
	bootstrap bool
	liar      string

	cfg     nodeFile
	genesis message.Genesis
	members map[transport.Peer]string
	key     *crypto.PrivateKey
	lie     *liar.Behaviour
}

func (n *node) run(ctx context.Context) error {
	if err := n.load(); err != nil {
		return err
	}
	listener, err := n.listen()
	if err != nil {
		return err
	}
	log, err := n.openLog()
	if err != nil {
		_ = listener.Close()
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	store, err := kv.New(kv.Config{})
	if err != nil {
		return errors.Join(err, listener.Close(), log.Close())
	}
	replica, err := pbft.Start(pbft.Config{
		Genesis: n.genesis, Self: message.ReplicaID(n.cfg.Self), Key: n.key, Log: log, Application: store,
		Bootstrap: n.bootstrap, Window: n.cfg.Window, TimeoutMin: n.timeoutMin(), Logger: logger,
		Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			return n.connect(listener, h, up)
		},
	})
	if err != nil {
		_ = listener.Close()
		return n.explain(err)
	}
	stop, err := serveAdmin(n.cfg.Admin, replica)
	if err != nil {
		return errors.Join(&exitError{exitUsage, err.Error()}, replica.Close())
	}
	defer stop()
	logger.Info("replica runs", "replica", n.cfg.Self, "listen", listener.Addr(), "admin", n.cfg.Admin, "liar", n.liar)
	select {
	case <-ctx.Done():
		return replica.Close()
	case <-replica.Done():
		return &exitError{exitFailed, replica.Err().Error()}
	}
}

func (n *node) load() error {
	if err := readTOML(n.file, &n.cfg); err != nil {
		return err
	}
	if n.liar != "" {
		var err error
		if n.lie, err = liar.Parse(n.liar); err != nil {
			return &exitError{exitUsage, fmt.Sprintf("--liar %q: %v; 'twothirds list behaviours' shows what there is", n.liar, err)}
		}
	}
	if n.cfg.TimeoutMin != "" {
		if _, err := time.ParseDuration(n.cfg.TimeoutMin); err != nil {
			return &exitError{exitUsage, fmt.Sprintf("%s: timeout_min: %v", n.file, err)}
		}
	}
	var err error
	if n.genesis, n.members, err = loadGenesis(beside(n.file, n.cfg.Genesis)); err != nil {
		return err
	}
	n.key, err = loadKey(beside(n.file, n.cfg.Key))
	return err
}

func (n *node) timeoutMin() time.Duration {
	d, _ := time.ParseDuration(n.cfg.TimeoutMin) // checked by load
	return d
}

func (n *node) listen() (net.Listener, error) {
	addr := n.cfg.Listen
	if addr == "" {
		addr = n.members[n.key.Public()]
	}
	if addr == "" {
		return nil, &exitError{exitUsage, fmt.Sprintf("%s: the key is that of no member; is this another cluster's key or genesis?", n.file)}
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &exitError{exitUsage, fmt.Sprintf("%s is in use; is this replica running already? Else set listen in %s", addr, n.file)}
	}
	if err != nil {
		return nil, &exitError{exitUsage, err.Error()}
	}
	return l, nil
}

func (n *node) openLog() (storage.Log, error) {
	dir := beside(n.file, n.cfg.Log)
	open := wal.Open
	if n.bootstrap {
		open = wal.Create
	}
	log, err := open(dir, wal.Options{})
	if n.bootstrap && errors.Is(err, storage.ErrExist) {
		// A log without its first record was left by a start that died early.
		log, err = wal.Open(dir, wal.Options{})
	}
	if err != nil {
		return nil, n.explain(err)
	}
	return log, nil
}

// explain says what to do about the errors that a user can mend.
func (n *node) explain(err error) error {
	text := err.Error()
	switch {
	case errors.Is(err, storage.ErrNotExist), errors.Is(err, pbft.ErrNotBootstrapped):
		text += "\nA new replica is started with --bootstrap. One that lost its log must not be: replace it by a membership change."
	case errors.Is(err, storage.ErrExist), errors.Is(err, pbft.ErrBootstrapped):
		text += "\nThis replica was started before: leave out --bootstrap."
	case errors.Is(err, storage.ErrLocked):
		text += "\nAnother process has the log open: is this replica running already?"
	case errors.Is(err, pbft.ErrWrongCluster):
		text += "\nCheck genesis and self in " + n.file + "."
	}
	return &exitError{exitFailed, text}
}

func (n *node) connect(l net.Listener, h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
	wrap := func(e transport.Endpoint) transport.Endpoint { return e }
	if n.lie != nil {
		cluster, members, err := n.genesis.Cluster()
		if err != nil {
			return nil, err
		}
		door := message.NewDoor(cluster, members, crypto.Ed25519{}, n.genesis.Signed, n.genesis.Limits())
		liar := host.New(n.lie, door, n.key, message.ReplicaID(n.cfg.Self), 1)
		h, wrap = liar.Handler(h), liar.Wrap
	}
	e, err := tcp.New(tcp.Config{
		Config: transport.Config{Members: n.members, Handler: h, OnUp: up}, Key: n.key.TLSKey(), Listener: l,
	})
	if err != nil {
		return nil, err
	}
	return wrap(e), nil
}
