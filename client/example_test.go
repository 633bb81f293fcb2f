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

// A client over TLS, whose key is in a file.
func ExampleNew() {
	var genesis message.Genesis             // as the replicas have it
	var addresses map[transport.Peer]string // where each listens, as "10.0.0.1:7000"
	key, err := crypto.LoadKey("client.key")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(client.Config{
		Genesis: genesis,
		Key:     key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			links := transport.Config{Members: addresses, Handler: h, OnUp: up}
			return tcp.New(tcp.Config{Config: links, Key: key.TLSKey()})
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

// Many operations at a time, in one goroutine.
func ExampleClient_DoAll() {
	var c *client.Client // as New made it
	ops := [][]byte{[]byte("put a 1"), []byte("put b 2"), []byte("put c 3")}
	results, errs := c.DoAll(context.Background(), ops)
	for i := range ops {
		if errs != nil && errs[i] != nil {
			fmt.Println(errs[i]) // of this operation alone; Resolve is for those that are unknown
			continue
		}
		fmt.Printf("%q\n", results[i])
	}
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
