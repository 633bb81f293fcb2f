package message_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

var rewrite = flag.Bool("rewrite", false, "write the vectors anew")

// A vector is a hashed or signed byte string, field by field. It is the second
// encoder: it knows of fields and widths only, not of package message.
type vector struct {
	name   string
	fields []field
	digest bool   // published is the hash, not the bytes
	got    []byte // what the package makes of the same values
}

type field struct{ name, hex string }

func u64(name string, v uint64) field      { return field{name, fmt.Sprintf("%016x", v)} }
func u32(name string, v uint32) field      { return field{name, fmt.Sprintf("%08x", v)} }
func u8(name string, v uint8) field        { return field{name, fmt.Sprintf("%02x", v)} }
func octets(name string, b []byte) field   { return field{name, hex.EncodeToString(b)} }
func digest(name string, first byte) field { return octets(name, filled(first)) }
func filled(first byte) []byte             { return bytes.Repeat([]byte{first}, 32) }
func domain(number uint8) []field {
	return []field{octets("project", []byte("twothirds")), u8("version", 1), u8("domain", number)}
}
func signedHead(kind uint8) []field {
	return append(domain(kind), digest("cluster", 0xcc), u64("epoch", 7))
}
func (v *vector) add(f ...field) *vector    { v.fields = append(v.fields, f...); return v }
func (v *vector) is(got []byte) *vector     { v.got = got; return v }
func (v *vector) isDigest(d Digest) *vector { v.got, v.digest = d[:], true; return v }

// bytes returns what the fields make, hashed if that is published.
func (v *vector) bytes(t *testing.T) []byte {
	var all strings.Builder
	for _, f := range v.fields {
		all.WriteString(f.hex)
	}
	b, err := hex.DecodeString(all.String())
	require.NoError(t, err)
	if v.digest {
		sum := sha256.Sum256(b)
		return sum[:]
	}
	return b
}

var cluster = Digest(filled(0xcc))

// signedVectors are what replicas sign (spec D3).
func signedVectors() []*vector {
	d := func(first byte) Digest { return Digest(filled(first)) }
	newView := vectorNewView()
	body := newView.BodyDigest()
	checkpoint := &Checkpoint{CheckpointBody: CheckpointBody{
		Epoch: 7, Seq: 200, Chain: d(1), State: d(2), Clients: d(3), Members: d(4), Reputation: d(5),
		SnapshotSeq: 100, SnapshotRoot: d(6),
	}}
	return []*vector{
		(&vector{name: "PREPARE", fields: signedHead(3)}).add(u64("view", 2), u64("base", 5), u64("seq", 9), digest("chain", 1)).
			is((&Prepare{Epoch: 7, View: 2, Base: 5, Seq: 9, Chain: d(1)}).AppendSigned(nil, cluster)),
		(&vector{name: "COMMIT", fields: signedHead(4)}).add(u64("view", 2), u64("seq", 9), digest("chain", 1)).
			is((&Commit{Epoch: 7, View: 2, Seq: 9, Chain: d(1)}).AppendSigned(nil, cluster)),
		(&vector{name: "SUSPECT", fields: signedHead(5)}).add(u64("view", 2), u64("decided", 8)).
			is((&Suspect{Epoch: 7, View: 2, Decided: 8}).AppendSigned(nil, cluster)),
		(&vector{name: "VIEW-CHANGE", fields: signedHead(7)}).
			add(u64("view", 3), u64("rank.epoch", 7), u64("rank.view", 2), u64("rank.seq", 9), digest("chain", 1)).
			is((&ViewChange{Epoch: 7, View: 3, Rank: Rank{Epoch: 7, View: 2, Seq: 9}, Chain: d(1)}).AppendSigned(nil, cluster)),
		(&vector{name: "NEW-VIEW", fields: signedHead(8)}).add(u64("view", 3), octets("body digest", body[:])).
			is(newView.AppendSigned(nil, cluster)),
		(&vector{name: "CHECKPOINT", fields: signedHead(9)}).
			add(u64("seq", 200), digest("chain", 1), digest("state", 2), digest("clients", 3), digest("members", 4)).
			add(digest("reputation", 5), u64("snapshot seq", 100), digest("snapshot root", 6)).
			is(checkpoint.AppendSigned(nil, cluster)),
	}
}

func vectorNewView() *NewView {
	return &NewView{
		Epoch: 7, View: 3,
		Changes: []ViewChange{
			{Epoch: 7, View: 3, Rank: Rank{Epoch: 7, View: 2, Seq: 9}, Chain: Digest(filled(1)), Signer: 11},
			{Epoch: 7, View: 3, Rank: Rank{Epoch: 7, View: 1, Seq: 12}, Chain: Digest(filled(2)), Signer: 12},
		},
		Cert: &PrepareCert{Epoch: 7, View: 2, Base: 5, Seq: 9, Chain: Digest(filled(1))},
	}
}

// hashVectors are what is hashed.
func hashVectors(t *testing.T) []*vector {
	header := Header{Epoch: 7, View: 2, Seq: 9, PayloadKind: 1, PayloadHash: 1, PayloadSize: 1000, PayloadDigest: Digest(filled(1))}
	request := Request{Client: PublicKey(filled(1)), Session: SessionID{Seq: 40, Pos: 2}, Number: 17, Awaited: 15, Op: []byte("operation"), Sig: []byte("not hashed")}
	opening := Request{Type: RequestOpen, Client: PublicKey(filled(1)), Number: 12345}
	member := []Member{{ID: 12, Key: PublicKey(filled(2)), Power: 3}, {ID: 11, Key: PublicKey(filled(1)), Power: 1}}
	ofEpoch7, err := NewMembers(7, member)
	require.NoError(t, err)
	ofGenesis, err := NewMembers(0, member)
	require.NoError(t, err)
	genesisMembers := ofGenesis.Digest()
	id, _, err := (&Genesis{Name: "bank", Interval: 128, Signed: true, Members: member}).Cluster()
	require.NoError(t, err)
	openID, _, err := (&Genesis{Members: member}).Cluster()
	require.NoError(t, err)
	members := []field{
		u64("count", 2), u64("1.id", 11), u64("1.power", 1), digest("1.key", 1), u64("2.id", 12), u64("2.power", 3), digest("2.key", 2),
	}
	change := func(n string, signer, view, seq uint64, chain byte) []field {
		return []field{u64(n+".signer", signer), u64(n+".rank.epoch", 7), u64(n+".rank.view", view), u64(n+".rank.seq", seq), digest(n+".chain", chain)}
	}
	withoutCert := vectorNewView()
	withoutCert.Cert = nil
	changes := (&vector{fields: domain(68)}).add(u64("count", 2)).add(change("1", 11, 2, 9, 1)...).add(change("2", 12, 1, 12, 2)...).fields

	return []*vector{
		(&vector{name: "header digest", fields: domain(64)}).add(u64("epoch", 7), u64("view", 2), u64("seq", 9)).
			add(u8("payload kind", 1), u8("payload hash", 1), u32("payload size", 1000), digest("payload digest", 1)).
			isDigest(header.Digest()),
		(&vector{name: "root of the chain", fields: domain(65)}).add(digest("cluster", 0xcc)).isDigest(Root(cluster).Chain),
		(&vector{name: "chain digest"}).add(digest("chain below", 1), digest("header digest", 2)).
			isDigest(Digest(filled(1)).Extend(Digest(filled(2)))),
		(&vector{name: "payload digest"}).add(octets("payload", []byte("payload"))).isDigest(PayloadDigest([]byte("payload"))),
		(&vector{name: "request digest", fields: domain(66)}).add(digest("cluster", 0xcc), u8("type", 0), digest("client", 1)).
			add(u64("session.seq", 40), u32("session.pos", 2), u64("number", 17), u64("awaited", 15)).
			add(u32("length", 9), octets("operation", []byte("operation"))).isDigest(request.Digest(cluster)),
		(&vector{name: "request digest of an opening", fields: domain(66)}).add(digest("cluster", 0xcc), u8("type", 1), digest("client", 1)).
			add(u64("session.seq", 0), u32("session.pos", 0), u64("number", 12345), u64("awaited", 0), u32("length", 0)).
			isDigest(opening.Digest(cluster)),
		(&vector{name: "members digest", fields: domain(67)}).add(u64("epoch", 7)).add(members...).isDigest(ofEpoch7.Digest()),
		(&vector{name: "members digest of genesis", fields: domain(67)}).add(u64("epoch", 0)).add(members...).isDigest(genesisMembers),
		(&vector{name: "NEW-VIEW body digest", fields: changes}).
			add(u64("cert.base", 5), u64("cert.seq", 9), digest("cert.chain", 1)).isDigest(vectorNewView().BodyDigest()),
		(&vector{name: "NEW-VIEW body digest without a certificate", fields: changes}).isDigest(withoutCert.BodyDigest()),
		(&vector{name: "cluster id", fields: domain(69)}).add(u64("length", 4), octets("name", []byte("bank")), u64("interval", 128), u64("operation bytes", 64<<10), u64("block bytes", 1<<20), u8("clients sign", 1)).
			add(octets("members digest", genesisMembers[:])).isDigest(id),
		(&vector{name: "cluster id, no name, clients do not sign", fields: domain(69)}).add(u64("length", 0), u64("interval", 0), u64("operation bytes", 64<<10), u64("block bytes", 1<<20), u8("clients sign", 0)).
			add(octets("members digest", genesisMembers[:])).isDigest(openID),
	}
}

// TestVectors (spec D3, B1): the published vectors are what the package signs and
// hashes. A change of either is a new version of the protocol.
func TestVectors(t *testing.T) {
	var text strings.Builder
	text.WriteString("# Vectors of what is signed and hashed, field by field, in hex. All integers are big\n" +
		"# endian and of fixed width. The fields of each, one behind the other, are signed\n" +
		"# (then \"signed\" has them in one piece) or hashed with SHA-256 (then \"digest\" is the\n" +
		"# hash).\n")
	for _, v := range append(signedVectors(), hashVectors(t)...) {
		want := v.bytes(t)
		require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(v.got), v.name)
		fmt.Fprintf(&text, "\n%s\n", v.name)
		for _, f := range v.fields {
			fmt.Fprintf(&text, "  %s: %s\n", f.name, f.hex)
		}
		result := "signed"
		if v.digest {
			result = "digest"
		}
		fmt.Fprintf(&text, "  = %s: %x\n", result, want)
	}
	const file = "testdata/vectors.txt"
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String())
}
