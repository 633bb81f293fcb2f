package client

import (
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// ring holds the members' keys from 0 on and the clients' from 1000 on.
var ring = cryptotest.NewRing(7)

func genesis(powers ...uint64) message.Genesis {
	g := message.Genesis{Name: "test", Interval: 128, Signed: true}
	for i, power := range powers {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(10 + i), Key: ring.Signer(i).Public(), Power: power})
	}
	return g
}

func config(powers ...uint64) Config {
	return Config{
		Genesis: genesis(powers...), Key: ring.Signer(1000), Nonce: 1,
		Connect: func(transport.Handler, func(transport.Peer)) (Endpoint, error) {
			return nil, errors.New("no links here")
		},
	}
}

// bench is a table whose time and replies are the test's.
type bench struct {
	*table
	t       require.TestingT
	now     clock.Instant
	cluster message.Digest
}

func newBench(t require.TestingT, cfg Config) *bench {
	require.NoError(t, cfg.Validate())
	cluster, members, err := cfg.Genesis.Cluster()
	require.NoError(t, err)
	b := &bench{table: newTable(cfg.withDefaults(), members), t: t, now: clock.At(1), cluster: cluster}
	b.bundle = 1
	return b
}

// again is a new bench of the same cluster.
func (b *bench) again() *bench {
	c := &bench{table: newTable(b.cfg, b.members), t: b.t, now: clock.At(1), cluster: b.cluster}
	c.bundle = b.bundle
	return c
}

func (b *bench) pass(d clock.Duration) { b.now = b.now.Add(d) }

// submit hands an operation in as Do does.
func (b *bench) submit(data []byte) (*call, *op) {
	o := newOp(data)
	b.table.submit(o)
	return o.call, o
}

// submitted is a call as Do makes it.
func (b *bench) submitted(op string) *call {
	x, _ := b.submit([]byte(op))
	return x
}

// turn does what the sender does; a link takes everything.
func (b *bench) turn() (first, again []*call) {
	again = b.due(b.now)
	b.leaving(again)
	for {
		list := b.stage(b.now, 8)
		if len(list) == 0 {
			return first, again
		}
		for _, x := range list {
			if b.launch(x, x.req.Digest(b.cluster), nil, b.now) {
				first = append(first, x)
			}
		}
		b.leaving(first)
	}
}

func (b *bench) answer(member int, r message.Reply) {
	r.Replica = b.members.At(member).ID
	b.reply(member, &r, fingerprint(&r), b.now)
}

// done is what correct replicas answer once x is executed. Each operation of a bundle has a result of its own.
func done(x *call, result string) message.Reply {
	r := message.Reply{
		Request: x.digest, Seq: 7, Session: x.req.Session, Number: x.req.Number, Result: []byte(result),
	}
	if x.req.Type == message.RequestBundle {
		var list [][]byte
		for i := range x.ops {
			list = append(list, []byte(resultOf(x, i, result)))
		}
		r.Result = message.AppendParts(nil, list)
	}
	return r
}

func resultOf(x *call, place int, result string) string {
	if len(x.ops) == 1 {
		return result
	}
	return fmt.Sprint(result, place)
}

func coded(x *call, code message.ReplyCode) message.Reply {
	r := done(x, "")
	r.Code = code
	return r
}

// open brings a session about.
func (b *bench) openSession(id message.SessionID) {
	b.turn()
	require.NotNil(b.t, b.opener.call, "no opening is under way")
	r := done(b.opener.call, "")
	r.Session = id
	for i := range b.members.Len() {
		b.answer(i, r)
	}
	require.Equal(b.t, id, b.session.id)
}

func session1() message.SessionID { return message.SessionID{Seq: 1, Pos: 2} }

// opened is a bench with a session and one operation on its way.
func opened(t require.TestingT, cfg Config) (*bench, *call) { return newBench(t, cfg).opened() }

func (b *bench) opened() (*bench, *call) {
	x := b.submitted("op")
	b.turn()
	b.opening(b.opener.call, &message.Reply{Session: session1()}, b.now)
	first, _ := b.turn()
	require.True(b.t, len(first) == 1 && first[0] == x)
	return b, x
}

func isSettled(x *call) bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}
