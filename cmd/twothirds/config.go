package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// genesisFile is what a whole cluster agrees on, genesis.toml. All but the
// addresses is part of the cluster's id.
type genesisFile struct {
	Name     string       `toml:"name"`
	Interval uint64       `toml:"interval" comment:"blocks between checkpoints"`
	Signed   bool         `toml:"signed" comment:"requests carry their client's signature"`
	Members  []memberFile `toml:"member"`
}

type memberFile struct {
	ID      uint32 `toml:"id"`
	Key     string `toml:"key" comment:"Ed25519 public key"`
	Power   uint64 `toml:"power"`
	Address string `toml:"address"`
}

// nodeFile is one replica's own configuration, node.toml. Paths are relative to
// the file.
type nodeFile struct {
	Genesis string `toml:"genesis"`
	Self    uint32 `toml:"self"`
	Key     string `toml:"key"`
	Log     string `toml:"log" comment:"folder of the durable log"`
	Listen  string `toml:"listen" comment:"default: the address in the genesis"`
	Admin   string `toml:"admin" comment:"address of the status page, loopback only; empty = none"`
	Window  int    `toml:"window" comment:"undecided blocks that the primary may have out; 0 = default"`
	// TimeoutMin is a duration such as "500ms".
	TimeoutMin string `toml:"timeout_min" comment:"lower bound of the view timeout; empty = default"`
}

// gatewayFile is the configuration of a gateway, gateway.toml.
type gatewayFile struct {
	Genesis string `toml:"genesis"`
	Key     string `toml:"key"`
	Listen  string `toml:"listen" comment:"where the Redis protocol is served; anyone who can connect can write"`
}

// readTOML reads a file strictly: a key that nothing reads is an error.
func readTOML(path string, into any) error {
	meta, err := toml.DecodeFile(path, into)
	if errors.Is(err, fs.ErrNotExist) {
		return &exitError{exitUsage, fmt.Sprintf("%s does not exist; 'twothirds testnet --out DIR' writes a set of configurations", path)}
	}
	if err != nil {
		return &exitError{exitUsage, fmt.Sprintf("%s: %v", path, err)}
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		keys := make([]string, len(extra))
		for i, k := range extra {
			keys[i] = k.String()
		}
		return &exitError{exitUsage, fmt.Sprintf("%s: unknown key %s; check the spelling", path, strings.Join(keys, ", "))}
	}
	return nil
}

func writeTOML(path string, v any) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(toml.NewEncoder(f).Encode(v), f.Close())
}

// beside resolves a path that a configuration file names.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// loadGenesis reads the genesis and the members' addresses.
func loadGenesis(path string) (message.Genesis, map[transport.Peer]string, error) {
	var f genesisFile
	if err := readTOML(path, &f); err != nil {
		return message.Genesis{}, nil, err
	}
	g := message.Genesis{Name: f.Name, Interval: message.Seq(f.Interval), Signed: f.Signed}
	addresses := make(map[transport.Peer]string)
	for _, m := range f.Members {
		key, err := crypto.ParsePublic(m.Key)
		if err != nil {
			return g, nil, &exitError{exitUsage, fmt.Sprintf("%s: key of member %d: %v", path, m.ID, err)}
		}
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(m.ID), Key: key, Power: m.Power})
		addresses[key] = m.Address
	}
	if _, _, err := g.Cluster(); err != nil {
		return g, nil, &exitError{exitUsage, fmt.Sprintf("%s: %v", path, err)}
	}
	return g, addresses, nil
}

// loadKey reads a key file, with what to do about each way in which it is wrong.
func loadKey(path string) (*crypto.PrivateKey, error) {
	k, err := crypto.LoadKey(path)
	switch {
	case err == nil:
		return k, nil
	case errors.Is(err, crypto.ErrKeyReadable):
		return nil, &exitError{exitUsage, err.Error()}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &exitError{exitUsage, fmt.Sprintf("key %s does not exist; 'twothirds testnet' makes keys, and a lost key is replaced by a membership change, not by a new file", path)}
	}
	return nil, &exitError{exitUsage, fmt.Sprintf("key %s: %v", path, err)}
}
