package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/crypto"
)

// testnetConfig says what set of files to write.
type testnetConfig struct {
	replicas  int
	out       string
	host      string
	port      int // replica i listens on port+i
	adminPort int // and shows its status on adminPort+i
	redisPort int
	interval  uint64
	timeout   string
}

func testnetCommand() *cobra.Command {
	var c testnetConfig
	cmd := &cobra.Command{
		Use:     "testnet",
		Short:   "Write keys and configurations for a cluster",
		Example: "  twothirds testnet --replicas 4 --out net\n  twothirds node --config net/replica0/node.toml --bootstrap",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.write(); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %d replicas and a gateway to %s\n", c.replicas, c.out)
			fmt.Fprintf(cmd.OutOrStdout(), "start each:  twothirds node --config %s/replica0/node.toml --bootstrap   (without --bootstrap from the second start on)\n", c.out)
			fmt.Fprintf(cmd.OutOrStdout(), "then:        twothirds gateway --config %s/gateway/gateway.toml\n", c.out)
			fmt.Fprintf(cmd.OutOrStdout(), "and:         redis-cli -p %d set greeting hello\n", c.redisPort)
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.replicas, "replicas", 4, "how many replicas; 3f+1 tolerate f faults")
	f.StringVar(&c.out, "out", "", "folder to write to; it must not exist (required)")
	f.StringVar(&c.host, "host", "127.0.0.1", "host of all addresses")
	f.IntVar(&c.port, "port", 7600, "first port of the replicas")
	f.IntVar(&c.adminPort, "admin-port", 7700, "first port of the status pages")
	f.IntVar(&c.redisPort, "redis-port", 7379, "port of the gateway")
	f.Uint64Var(&c.interval, "interval", 128, "blocks between checkpoints")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

// write makes the folder: genesis.toml, one folder for each replica with its key
// and node.toml, and one for the gateway.
func (c *testnetConfig) write() error {
	if c.replicas < 4 {
		return &exitError{exitUsage, fmt.Sprintf("%d replicas tolerate no fault: 4 tolerate one, 7 two", c.replicas)}
	}
	if _, err := os.Stat(c.out); err == nil {
		return &exitError{exitUsage, fmt.Sprintf("%s exists; choose another folder: keys are never overwritten", c.out)}
	}
	g := genesisFile{Name: filepath.Base(c.out), Interval: c.interval, Signed: true}
	for i := range c.replicas {
		dir := filepath.Join(c.out, fmt.Sprintf("replica%d", i))
		key, err := newKey(dir)
		if err != nil {
			return err
		}
		g.Members = append(g.Members, memberFile{
			ID: uint32(i), Key: crypto.FormatPublic(key.Public()), Power: 1, Address: fmt.Sprintf("%s:%d", c.host, c.port+i),
		})
		n := nodeFile{
			Genesis: "../genesis.toml", Self: uint32(i), Key: "key.pem", Log: "log",
			Admin: fmt.Sprintf("127.0.0.1:%d", c.adminPort+i), TimeoutMin: c.timeout,
		}
		if err := writeTOML(filepath.Join(dir, "node.toml"), n); err != nil {
			return err
		}
	}
	dir := filepath.Join(c.out, "gateway")
	if _, err := newKey(dir); err != nil {
		return err
	}
	gw := gatewayFile{Genesis: "../genesis.toml", Key: "key.pem", Listen: fmt.Sprintf("127.0.0.1:%d", c.redisPort)}
	if err := writeTOML(filepath.Join(dir, "gateway.toml"), gw); err != nil {
		return err
	}
	return writeTOML(filepath.Join(c.out, "genesis.toml"), g)
}

func newKey(dir string) (*crypto.PrivateKey, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key, err := crypto.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	return key, crypto.SaveKey(filepath.Join(dir, "key.pem"), key)
}
