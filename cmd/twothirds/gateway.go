package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/examples/kv/gateway"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

func gatewayCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "gateway",
		Short: "Serve the Redis protocol in front of a cluster",
		Long: `Serve the Redis protocol in front of a cluster until interrupted.

The gateway is a client: it believes an answer only when f+1 replicas agree on it. It understands GET,
SET, DEL, EXISTS and INCR, and a connection's pipelined commands are executed in order. It does not ask
who connects.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var f gatewayFile
			if err := readTOML(file, &f); err != nil {
				return err
			}
			c, err := dialCluster(file, &f)
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", f.Listen)
			if errors.Is(err, syscall.EADDRINUSE) {
				err = &exitError{exitUsage, fmt.Sprintf("%s is in use; set listen in %s", f.Listen, file)}
			}
			if err != nil {
				return errors.Join(err, c.Close())
			}
			g, err := gateway.Serve(l, gateway.Config{Doer: c})
			if err != nil {
				return errors.Join(err, c.Close())
			}
			fmt.Fprintf(os.Stderr, "gateway serves the Redis protocol on %s\n", l.Addr())
			<-cmd.Context().Done()
			return errors.Join(g.Close(), c.Close())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "gateway.toml (required)")
	_ = cmd.MarkFlagRequired("config")
	return cmd
}

// dialCluster makes a client that talks to all replicas over TLS.
func dialCluster(file string, f *gatewayFile) (*client.Client, error) {
	genesis, addresses, err := loadGenesis(beside(file, f.Genesis))
	if err != nil {
		return nil, err
	}
	key, err := loadKey(beside(file, f.Key))
	if err != nil {
		return nil, err
	}
	return client.New(client.Config{
		Genesis: genesis, Key: key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			return tcp.New(tcp.Config{Config: transport.Config{Members: addresses, Handler: h, OnUp: up}, Key: key.TLSKey()})
		},
	})
}
