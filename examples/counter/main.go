// Command counter shows the engine embedded: four replicas, any one of which may lie, agree on a number.
package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	disk "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
	net "github.com/twothirds-bft/twothirds/transport/memory"
)

type counter struct{ sum uint64 } // the replicated state

func (c *counter) Execute(b *pbft.Block) (results [][]byte) {
	for range b.Ops { // each adds one, whatever it says
		c.sum++
		results = append(results, fmt.Append(nil, c.sum))
	}
	return results
}

func (c *counter) Digest() pbft.Digest { return pbft.Digest(fmt.Appendf(nil, "%032d", c.sum)) }

func main() {
	keys, replicas, network := make([]*crypto.PrivateKey, 4), make([]*pbft.Replica, 4), net.NewNetwork()
	genesis, peers := message.Genesis{Name: "counter", Interval: 128, Signed: true}, map[transport.Peer]string{}
	for i := range keys {
		keys[i] = must(crypto.Generate(rand.Reader))
		peers[keys[i].Public()] = "in this process"
		genesis.Members = append(genesis.Members, message.Member{ID: message.ReplicaID(i), Key: keys[i].Public(), Power: 1})
	}
	for i, key := range keys {
		replicas[i] = must(pbft.Start(pbft.Config{
			Genesis: genesis, Self: message.ReplicaID(i), Key: key, Log: disk.New(), Bootstrap: true, Application: &counter{},
			Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
				return network.Join(key.Public(), transport.Config{Members: peers, Handler: h, OnUp: up})
			},
		}))
	}
	for _, r := range replicas {
		fmt.Printf("%s ", must(r.Submit(context.Background(), []byte("add one"))))
	}
	fmt.Println("and four replicas agree")
	for _, r := range replicas {
		must(r, r.Close())
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
