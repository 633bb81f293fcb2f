package message_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// tiny draws a signed message whose fields are so few-valued that two draws are
// often equal but for one field.
func tiny(t *rapid.T) Signed {
	bit := func() uint64 { return rapid.Uint64Range(0, 1).Draw(t, "bit") }
	d := func() Digest { return digestOf(bit()) }
	rank := func() Rank { return Rank{Epoch: Epoch(bit()), View: View(bit()), Seq: Seq(bit())} }
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return &Prepare{Epoch: Epoch(bit()), View: View(bit()), Base: Seq(bit()), Seq: Seq(bit()), Chain: d()}
	case 1:
		return &Commit{Epoch: Epoch(bit()), View: View(bit()), Seq: Seq(bit()), Chain: d()}
	case 2:
		return &Suspect{Epoch: Epoch(bit()), View: View(bit()), Decided: Seq(bit())}
	case 3:
		return &ViewChange{Epoch: Epoch(bit()), View: View(bit()), Rank: rank(), Chain: d()}
	case 4:
		m := &NewView{Epoch: Epoch(bit()), View: View(bit())}
		for range bit() + bit() {
			m.Changes = append(m.Changes, ViewChange{Rank: rank(), Chain: d(), Signer: ReplicaID(bit())})
		}
		if bit() == 1 {
			m.Cert = &PrepareCert{Base: Seq(bit()), Seq: Seq(bit()), Chain: d()}
		}
		return m
	}
	return &Checkpoint{CheckpointBody: CheckpointBody{
		Epoch: Epoch(bit()), Seq: Seq(bit()), Chain: d(), State: d(), Clients: d(), Members: d(), Reputation: d(),
		SnapshotSeq: Seq(bit()), SnapshotRoot: d(),
	}}
}

// spelled writes a message out in full, so that two are the same if their
// spelling is.
func spelled(m Signed) string {
	if nv, ok := m.(*NewView); ok && nv.Cert != nil {
		return fmt.Sprintf("%T %d %d %x %x", m, nv.Epoch, nv.View, nv.Changes, *nv.Cert)
	}
	return fmt.Sprintf("%T %x", m, m)
}

// TestSignedBytesAreDistinct (spec D3; adversary A22): signing bytes are equal
// exactly if cluster, kind and all that is signed are.
func TestSignedBytesAreDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tiny(t), tiny(t)
		in := [2]Digest{digestOf(rapid.Uint64Range(0, 1).Draw(t, "cluster")), digestOf(rapid.Uint64Range(0, 1).Draw(t, "cluster"))}
		same := in[0] == in[1] && spelled(a) == spelled(b)
		require.Equal(t, same, string(a.AppendSigned(nil, in[0])) == string(b.AppendSigned(nil, in[1])), "%s\n%s", spelled(a), spelled(b))
	})
}

// unsigned are the fields that no signature covers, and why that is safe.
var unsigned = map[string]bool{
	"Signer": true, // the key says it
	"Sig":    true,

	// A NEW-VIEW's summaries are signed themselves, and are for its own epoch and
	// view or it is refused (spec V4).
	"Changes.Epoch": true, "Changes.View": true, "Changes.Sig": true,
	// So are the votes of its certificate, whose rank is that of a summary.
	"Cert.Epoch": true, "Cert.View": true, "Cert.Links": true, "Cert.Votes": true,
}

// TestEveryFieldIsSigned (spec D3): no field can be changed under a signature, but
// for those that are known.
func TestEveryFieldIsSigned(t *testing.T) {
	for _, m := range []Signed{
		&Prepare{}, &Commit{}, &Suspect{}, &ViewChange{}, &Checkpoint{},
		&NewView{Changes: make([]ViewChange, 1), Cert: &PrepareCert{}},
	} {
		before := string(m.AppendSigned(nil, cluster))
		eachLeaf(reflect.ValueOf(m).Elem(), "", func(name string, change, undo func()) {
			change()
			defer undo()
			require.Equal(t, unsigned[name], string(m.AppendSigned(nil, cluster)) == before, "%T.%s", m, name)
		})
	}
}

// eachLeaf calls f for every field that is a number, a digest or a slice of
// anything but messages.
func eachLeaf(v reflect.Value, name string, f func(name string, change, undo func())) {
	set := func(to any) func() { return func() { v.Set(reflect.ValueOf(to).Convert(v.Type())) } }
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			within := strings.TrimPrefix(name+"."+field.Name, ".")
			if field.Anonymous {
				within = name
			}
			eachLeaf(v.Field(i), within, f)
		}
	case reflect.Pointer:
		eachLeaf(v.Elem(), name, f)
	case reflect.Array:
		f(name, set(Digest{31: 1}), v.SetZero)
	case reflect.Slice:
		if v.Len() > 0 {
			eachLeaf(v.Index(0), name, f)
			return
		}
		f(name, func() { v.Set(reflect.MakeSlice(v.Type(), 1, 1)) }, v.SetZero)
	default:
		f(name, set(1), v.SetZero)
	}
}

// TestSignatureOfOneKindOnly (spec D3): the signature of one message is good for no
// other kind, epoch or cluster, under the very same key.
func TestSignatureOfOneKindOnly(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	at := Point{Seq: 9, Chain: digestOf(1)}
	_, err := w.door.Verify(memberID(1), w.prepare(1, 2, 0, at))
	require.NoError(t, err)

	prepare := w.prepare(1, 2, 0, at)
	commit := w.commit(1, 2, at)
	commit.Sig = prepare.Sig
	_, err = w.door.Verify(memberID(1), commit)
	require.ErrorIs(t, err, ErrSignature)

	other := newWorldOf(t, Digest{2}, 7, true, Limits{}, 1, 1, 1, 1)
	_, err = other.door.Verify(memberID(1), prepare)
	require.ErrorIs(t, err, ErrSignature, "another cluster of the same keys")

	next := newWorldOf(t, Digest{1}, 8, true, Limits{}, 1, 1, 1, 1)
	_, err = next.door.Verify(memberID(1), prepare)
	require.ErrorIs(t, err, ErrEpoch)
	prepare.Epoch = 8
	_, err = next.door.Verify(memberID(1), prepare)
	require.ErrorIs(t, err, ErrSignature, "another epoch of the same members")
}

// TestRequestDigest (spec X1, X2): it covers all but the signature, and the cluster.
func TestRequestDigest(t *testing.T) {
	base := Request{Client: PublicKey{1}, Session: SessionID{Seq: 1, Pos: 1}, Number: 2, Awaited: 1, Op: []byte{1}}
	seen := map[Digest]string{base.Digest(cluster): "base"}
	for name, change := range map[string]func(r *Request){
		"type": func(r *Request) { r.Type++ }, "client": func(r *Request) { r.Client[31]++ },
		"session.seq": func(r *Request) { r.Session.Seq++ }, "session.pos": func(r *Request) { r.Session.Pos++ },
		"number": func(r *Request) { r.Number++ }, "awaited": func(r *Request) { r.Awaited-- },
		"op": func(r *Request) { r.Op = []byte{2} }, "longer op": func(r *Request) { r.Op = []byte{1, 0} },
	} {
		r := base
		change(&r)
		d := r.Digest(cluster)
		require.Empty(t, seen[d], name)
		seen[d] = name
	}
	require.Empty(t, seen[base.Digest(Digest{1})], "cluster")
	signed := base
	signed.Sig = []byte{1}
	require.Equal(t, base.Digest(cluster), signed.Digest(cluster))
}
