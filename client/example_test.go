package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

// A client over TLS, whose key is in a file. Connect may change the links' settings before it makes them.
func ExampleNew() {
	var genesis message.Genesis // as the replicas have it
	key, err := crypto.LoadKey("client.key")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(client.Config{
		Genesis:   genesis,
		Key:       key,
		Addresses: map[message.ReplicaID]string{0: "10.0.0.1:7000", 1: "10.0.0.2:7000", 2: "10.0.0.3:7000", 3: "10.0.0.4:7000"},
		Connect: func(tc transport.Config) (client.Endpoint, error) {
			return tcp.New(tcp.Config{Config: tc, Key: key.TLSKey(), PingInterval: 2 * time.Second})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	result, err := c.Do(context.Background(), []byte("put k v"))
	fmt.Printf("%q %v\n", result, err)
}

// What to do with an unknown outcome: ask again, with more patience.
func ExampleClient_Resolve() {
	var c *client.Client // as New made it
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	result, err := c.Do(ctx, []byte("pay 5"))
	var unknown *client.UnknownOutcomeError
	if errors.As(err, &unknown) {
		result, err = c.Resolve(context.Background(), unknown)
	}
	fmt.Printf("%q %v\n", result, err)
}
