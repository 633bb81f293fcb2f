package checker

import (
	"bufio"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// published reads the vectors of what is signed and hashed: what stands behind "=" of each.
func published(t *testing.T) map[string]string {
	f, err := os.Open("../../pbft/message/testdata/vectors.txt")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	all, name := map[string]string{}, ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if line != "" && line[0] != ' ' && line[0] != '#' {
			name = line
		}
		if _, value, ok := strings.Cut(line, "  = "); ok {
			_, all[name], _ = strings.Cut(value, ": ")
		}
	}
	require.NoError(t, lines.Err())
	return all
}

func filled(b byte) (d Digest) {
	for i := range d {
		d[i] = b
	}
	return d
}

// TestVectors (spec D3, B1): what is signed and hashed here is what is published.
func TestVectors(t *testing.T) {
	want := published(t)
	require.Len(t, want, 18)
	cluster := filled(0xcc)
	said := func(v vote) string { return hex.EncodeToString(v.signed(cluster)) }
	digest := func(d Digest) string { return hex.EncodeToString(d[:]) }
	first := vote{signer: 11, rank: rank{7, 2, 9}, chain: filled(1)}
	second := vote{signer: 12, rank: rank{7, 1, 12}, chain: filled(2)}
	with := newView{changes: []vote{first, second}, cert: &cert{vote: vote{base: 5, seq: 9, chain: filled(1)}}}
	without := newView{changes: with.changes}
	h := header{epoch: 7, view: 2, seq: 9, kind: 1, hash: 1, size: 1000, digest: filled(1)}
	members := []Member{{11, filled(1), 1}, {12, filled(2), 3}}
	named := Genesis{Name: "bank", Interval: 128, Signed: true, OpBytes: 64 << 10, BlockBytes: 1 << 20, Members: members}
	nameless := Genesis{OpBytes: 64 << 10, BlockBytes: 1 << 20, Members: members}
	request := wide(byte(0), filled(1), uint64(40), uint32(2), uint64(17), uint64(15), uint32(9), "operation")
	opening := wide(byte(1), filled(1), uint64(0), uint32(0), uint64(12345), uint64(0), uint32(0))
	for name, got := range map[string]string{
		"PREPARE":     said(vote{kind: kindPrepare, epoch: 7, view: 2, base: 5, seq: 9, chain: filled(1)}),
		"COMMIT":      said(vote{kind: kindCommit, epoch: 7, view: 2, seq: 9, chain: filled(1)}),
		"SUSPECT":     said(vote{kind: kindSuspect, epoch: 7, view: 2, seq: 8}),
		"VIEW-CHANGE": said(vote{kind: kindViewChange, epoch: 7, view: 3, rank: rank{7, 2, 9}, chain: filled(1)}),
		"NEW-VIEW":    said(vote{kind: kindNewView, epoch: 7, view: 3, body: with.digest()}),
		"CHECKPOINT": said(vote{kind: kindCheckpoint, epoch: 7, seq: 200, chain: filled(1), state: state{
			state: filled(2), clients: filled(3), members: filled(4), reputation: filled(5), snapshotSeq: 100, snapshot: filled(6),
		}}),
		"header digest":                              digest(h.link()),
		"root of the chain":                          digest(hash(prefix, version, domainRoot, cluster)),
		"chain digest":                               digest(extend(filled(1), filled(2))),
		"request digest":                             digest(hash(prefix, version, domainRequest, cluster, request)),
		"request digest of an opening":               digest(hash(prefix, version, domainRequest, cluster, opening)),
		"NEW-VIEW body digest":                       digest(with.digest()),
		"NEW-VIEW body digest without a certificate": digest(without.digest()),
		"cluster id":                                 digest(named.cluster()),
		"cluster id, no name, clients do not sign":   digest(nameless.cluster()),
	} {
		require.Equal(t, want[name], got, name)
		delete(want, name)
	}
	// The rest are parts of others here.
	for _, name := range []string{"payload digest", "members digest", "members digest of genesis"} {
		require.NotEmpty(t, want[name])
		delete(want, name)
	}
	require.Empty(t, want)
}

// TestCrooked: a number that is padded, cut off or above 64 bits is no number, a zero is
// not written, and a length beyond the end is no length.
func TestCrooked(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, "0801": 1, "08ff01": 255, "08808001": 1 << 14, "08ffffffffffffffffff01": 1<<64 - 1,
	} {
		b, err := hex.DecodeString(text)
		require.NoError(t, err)
		r := reader{left: b}
		require.Equal(t, want, r.uint64(1), text)
		require.NoError(t, r.end())
	}
	for _, text := range []string{"0800", "088100", "0880", "08", "08ffffffffffffffffff02", "08ffffffffffffffffffff01", "0901", "1001", "08010801", "880001"} {
		b, err := hex.DecodeString(text)
		require.NoError(t, err)
		r := reader{left: b}
		r.uint64(1)
		require.ErrorIs(t, r.end(), ErrBytes, text)
	}
	for field, text := range map[byte]string{1: "0a", 2: "1201", 3: "1a0200", 4: "22ffffffffffffffffff01"} {
		b, err := hex.DecodeString(text)
		require.NoError(t, err)
		r := reader{left: b}
		_, there := r.maybe(field)
		require.False(t, there)
		require.ErrorIs(t, r.end(), ErrBytes, text)
	}
	require.Panics(t, func() { wide(1) })
	require.Panics(t, func() { (&vote{}).signed(Digest{}) })
}
