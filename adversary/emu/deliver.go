package emu

import (
	"bytes"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// Raw delivers a frame on the link of another member. It returns wire.ErrMalformed or an
// error of the door (pbft/message) if a replica drops such a frame unread, and ErrDown if
// it is down. The bytes are copied.
func (d *Driver) Raw(from message.ReplicaID, frame []byte) error {
	d.t.Helper()
	if d.core == nil {
		return ErrDown
	}
	m, err := wire.Decode(bytes.Clone(frame))
	if err != nil {
		return err
	}
	d.log("%d: %s", from, d.describe(m))
	v, err := d.door.Verify(from, m)
	if err != nil {
		d.log("refused: %v", err)
		return err
	}
	d.core.Step(d.now, v)
	d.settle()
	return nil
}

// Deliver delivers a message on the link of another member, as Raw does.
func (d *Driver) Deliver(from message.ReplicaID, m message.Message) error {
	d.t.Helper()
	frame, err := wire.Append(nil, m)
	if err != nil {
		return err
	}
	return d.Raw(from, frame)
}

// deliver is Deliver for what must arrive.
func (d *Driver) deliver(from message.ReplicaID, m message.Message) {
	d.t.Helper()
	if from == d.cfg.Self {
		d.t.Fatalf("emu: %s would be the replica's own message", d.describe(m))
	}
	if err := d.Deliver(from, m); err != nil {
		d.t.Fatalf("emu: %s from %d: %v", d.describe(m), from, err)
	}
}

// Sign signs m as a member, in place, and returns it. Any member's key is at hand but the
// replica's own: as the replica only what it sent itself can be signed, again.
func (d *Driver) Sign(as message.ReplicaID, m message.Signed) message.Signed {
	d.t.Helper()
	if as == d.cfg.Self {
		sig, ok := d.spoken[string(m.AppendSigned(nil, d.door.Cluster()))]
		if !ok {
			d.t.Fatalf("emu: the replica has not signed %s", d.describe(m))
		}
		if _, err := d.door.Sign(echo{sig}, as, m); err != nil {
			d.t.Fatalf("emu: %v", err)
		}
		return m
	}
	if _, err := d.door.Sign(d.ring.Signer(int(as)), as, m); err != nil {
		d.t.Fatalf("emu: %v", err)
	}
	return m
}

// echo is a signer of one signature.
type echo struct{ sig []byte }

func (e echo) Public() message.PublicKey   { return message.PublicKey{} }
func (e echo) Sign([]byte) ([]byte, error) { return e.sig, nil }

// Request returns the request that a name stands for: the opening of a session by the
// client of that name, signed.
func (d *Driver) Request(name string) message.Request {
	d.t.Helper()
	return d.signRequest(name, message.Request{Type: message.RequestOpen, Number: 1})
}

// Operation returns a client's request to execute op in a session, signed.
func (d *Driver) Operation(client string, s message.SessionID, number uint64, op []byte) message.Request {
	d.t.Helper()
	return d.signRequest(client, message.Request{Session: s, Number: number, Op: op})
}

func (d *Driver) signRequest(client string, r message.Request) message.Request {
	d.t.Helper()
	signer := d.ring.Signer(d.names.client(client))
	r.Client = signer.Public()
	d.names.clients[r.Client] = client
	if err := d.door.SignRequest(signer, &r); err != nil {
		d.t.Fatalf("emu: %v", err)
	}
	return r
}

// Submit hands requests to the replica, each on its client's own link.
func (d *Driver) Submit(list ...message.Request) {
	d.t.Helper()
	if d.core == nil {
		d.t.Fatalf("emu: %s", d.state())
	}
	for _, r := range list {
		v, err := d.door.VerifyClient(r.Client, &message.Requests{List: []message.Request{r}})
		if err != nil {
			d.t.Fatalf("emu: %v", err)
		}
		d.log("client %s: %s", d.names.clients[r.Client], d.names.request(&r))
		d.core.Step(d.now, v)
	}
	d.settle()
}
