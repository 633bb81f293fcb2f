package tcp

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
)

// alpn names what is spoken inside. A peer that does not ask for just this is refused.
const alpn = "twothirds/1"

// hello starts an insecure link, followed by the key that its sender claims.
const hello = "twothirds/1 INSECURE"

// identity authenticates connections. A certificate serves only to carry a key: nothing that it says is
// believed, and TLS itself checks that the other end holds the private half. So no clock and no
// authority takes part.
type identity struct {
	self     transport.Peer
	config   *tls.Config // nil: insecure
	insecure bool
}

func newIdentity(key ed25519.PrivateKey, insecure bool) (*identity, error) {
	id := &identity{self: transport.Peer(key.Public().(ed25519.PublicKey)), insecure: insecure}
	if insecure {
		return id, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "twothirds"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // "never", RFC 5280
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("tcp: making a certificate: %w", err)
	}
	id.config = &tls.Config{
		Certificates:                []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}},
		MinVersion:                  tls.VersionTLS13,
		NextProtos:                  []string{alpn},
		ClientAuth:                  tls.RequireAnyClientCert,
		InsecureSkipVerify:          true, // there is no authority to ask; VerifyConnection pins the key
		SessionTicketsDisabled:      true, // every link proves its key afresh
		DynamicRecordSizingDisabled: true, // small first records only help browsers
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := peerOf(state)
			return err
		},
	}
	return id, nil
}

// peerOf returns the key that a TLS handshake is about. It is proved only once the handshake has ended.
func peerOf(state tls.ConnectionState) (transport.Peer, error) {
	if state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != alpn || len(state.PeerCertificates) != 1 {
		return transport.Peer{}, errors.New("tcp: not a peer of this protocol")
	}
	key, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize {
		return transport.Peer{}, fmt.Errorf("tcp: certificate without Ed25519 key: %w", transport.ReasonIdentity)
	}
	return transport.Peer(key), nil
}

// accept authenticates the other end of an accepted connection. The caller sets deadlines.
func (id *identity) accept(raw net.Conn) (net.Conn, transport.Peer, error) {
	if id.insecure {
		peer, err := id.readHello(raw)
		if err != nil {
			return nil, peer, err
		}
		return raw, peer, id.writeHello(raw)
	}
	conn := tls.Server(&socket{Conn: raw}, id.config)
	if err := conn.Handshake(); err != nil {
		return nil, transport.Peer{}, err
	}
	peer, err := peerOf(conn.ConnectionState())
	return conn, peer, err
}

// dial authenticates the other end of a dialled connection, which must be just the member meant: whoever
// else answers at its address gets nothing.
func (id *identity) dial(raw net.Conn, want transport.Peer) (net.Conn, error) {
	wrong := fmt.Errorf("tcp: another key answers: %w", transport.ReasonIdentity)
	if id.insecure {
		if err := id.writeHello(raw); err != nil {
			return nil, err
		}
		peer, err := id.readHello(raw)
		if err == nil && peer != want {
			err = wrong
		}
		return raw, err
	}
	config := id.config.Clone()
	config.VerifyConnection = func(state tls.ConnectionState) error {
		peer, err := peerOf(state)
		if err == nil && peer != want {
			err = wrong
		}
		return err
	}
	conn := tls.Client(&socket{Conn: raw}, config)
	return conn, conn.Handshake()
}

func (id *identity) writeHello(w io.Writer) error {
	_, err := w.Write(append([]byte(hello), id.self[:]...))
	return err
}

func (id *identity) readHello(r io.Reader) (peer transport.Peer, err error) {
	var b [len(hello) + len(peer)]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return peer, err
	}
	if string(b[:len(hello)]) != hello {
		return peer, errors.New("tcp: not an insecure peer of this protocol")
	}
	return transport.Peer(b[len(hello):]), nil
}
