package tcp_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

// A replica that answers whoever asks, and a client of it.
func Example() {
	replicaKey := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	clientKey := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	replicaID := transport.Peer(replicaKey.Public().(ed25519.PublicKey))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	type request struct {
		from transport.Peer
		data []byte
	}
	inbox := make(chan request, 16)
	replica, err := tcp.New(tcp.Config{
		Config:   transport.Config{Handler: func(from transport.Peer, data []byte) { inbox <- request{from, data} }},
		Key:      replicaKey,
		Listener: listener,
	})
	if err != nil {
		panic(err)
	}
	defer replica.Close()

	up, replies := make(chan transport.Peer, 1), make(chan []byte, 1)
	client, err := tcp.New(tcp.Config{
		Config: transport.Config{
			Members: map[transport.Peer]string{replicaID: listener.Addr().String()},
			OnUp:    func(p transport.Peer) { up <- p },
			Handler: func(_ transport.Peer, data []byte) { replies <- data },
		},
		Key: clientKey,
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	client.Send(<-up, transport.Frame{Data: []byte("ping")})
	r := <-inbox
	replica.Send(r.from, transport.Frame{Data: append(r.data, " pong"...)})
	fmt.Printf("%s\n", <-replies)
	// Output: ping pong
}
