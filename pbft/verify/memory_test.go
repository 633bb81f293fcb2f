package verify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// tally counts the signatures that it checks.
type tally struct {
	message.Verifier
	checked int
}

func (c *tally) VerifyAll(keys []message.PublicKey, msgs, sigs [][]byte) bool {
	c.checked += len(keys)
	return c.Verifier.VerifyAll(keys, msgs, sigs)
}

// A request's signature is checked once, whether it comes from its client, from members or in a block, in whatever
// company; another signature of the same request, or of other bytes, is another one.
func TestSignatureIsCheckedOnce(t *testing.T) {
	ring := cryptotest.NewRing(5)
	g := message.Genesis{Name: "memory", Interval: 4, Signed: true}
	for i := range 4 {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	keys := &tally{Verifier: ring.Verifier()}
	door := message.NewDoor(cluster, members, keys, true, g.Limits())
	door.Remember(new(verify.Memory))
	client := ring.Signer(100)
	list := make([]message.Request, 40_000)
	for i := range list {
		list[i] = message.Request{Client: client.Public(), Session: message.SessionID{Seq: 1}, Number: uint64(i + 1), Op: []byte("op")}
		require.NoError(t, door.SignRequest(client, &list[i]))
	}
	checks := func(want int, err error, check func() error) {
		t.Helper()
		before := keys.checked
		require.ErrorIs(t, check(), err)
		require.Equal(t, want, keys.checked-before)
	}
	direct := func(list ...message.Request) func() error {
		return func() error { _, err := door.VerifyClient(client.Public(), &message.Requests{List: list}); return err }
	}
	passedOn := func(list ...message.Request) func() error {
		return func() error { _, err := door.Verify(2, &message.Requests{List: list}); return err }
	}
	block := func(list ...message.Request) func() error {
		raw := message.AppendBatch(nil, list)
		h := message.Header{Seq: 1, PayloadKind: message.PayloadBatch}
		h.SetPayload(raw)
		return func() error { _, err := door.Payload(&h, raw); return err }
	}
	checks(3, nil, direct(list[:3]...))
	checks(0, nil, direct(list[1], list[0]))
	checks(1, nil, passedOn(list[2:4]...))
	checks(2, nil, block(list[:6]...))
	checks(0, nil, block(list[:6]...))

	forged := list[0]
	forged.Sig = append([]byte(nil), list[1].Sig...)
	checks(1, message.ErrSignature, direct(list[2], forged))
	checks(1, message.ErrSignature, block(forged))
	altered := list[0]
	altered.Op = []byte("no")
	checks(1, message.ErrSignature, passedOn(altered))
	checks(2, message.ErrSignature, direct(list[6], forged))
	checks(1, nil, direct(list[6])) // what was in bad company is not known to be good

	for i := 0; i < len(list); i += 4000 {
		require.NoError(t, direct(list[i:i+4000]...)())
	}
	checks(0, nil, direct(list[len(list)-4000:]...))
	checks(1, nil, direct(list[0])) // it is forgotten
}
