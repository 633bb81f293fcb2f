package wire_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
	"github.com/twothirds-bft/twothirds/pbft/wire/wiretest"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// evidenceKinds are the kinds of proof (spec E1).
var evidenceKinds = []message.EvidenceKind{1, 2, 3, 4, 5, 6, 7}

// TestGolden pins the bytes of each kind. If it fails, replicas of two versions
// can no longer talk: that takes a new version of the protocol, not -rewrite.
func TestGolden(t *testing.T) {
	var got strings.Builder
	line := func(name string, b []byte, err error) {
		require.NoError(t, err, name)
		fmt.Fprintf(&got, "%s %x\n", name, b)
	}
	for _, k := range wiretest.Kinds() {
		b, err := wire.Append(nil, wiretest.Sample(k))
		line(k.String(), b, err)
	}
	for _, k := range evidenceKinds {
		b, err := wire.AppendEvidence(nil, wiretest.SampleEvidence(k))
		line(fmt.Sprintf("EVIDENCE-%d", k), b, err)
	}
	block := wiretest.Sample(message.KindBody).(*message.Body)
	b, err := wire.AppendBlock(nil, block.Parent, &block.Header, block.Raw)
	line("BLOCK", b, err)

	const file = "testdata/golden.txt"
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}

// golden reads the golden file: bytes by name.
func golden(t testing.TB) map[string][]byte {
	f, err := os.Open("testdata/golden.txt")
	require.NoError(t, err)
	defer f.Close()
	out := make(map[string][]byte)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, digits, _ := strings.Cut(lines.Text(), " ")
		out[name], err = hex.DecodeString(digits)
		require.NoError(t, err)
	}
	require.NoError(t, lines.Err())
	return out
}

func TestGoldenDecodes(t *testing.T) {
	frames := golden(t)
	for _, k := range wiretest.Kinds() {
		m, err := wire.Decode(frames[k.String()])
		require.NoError(t, err, k)
		require.Equal(t, wiretest.Sample(k), m)
	}
	for _, k := range evidenceKinds {
		e, err := wire.DecodeEvidence(frames[fmt.Sprintf("EVIDENCE-%d", k)])
		require.NoError(t, err)
		require.Equal(t, wiretest.SampleEvidence(k), e)
	}
}

// TestSchemaKinds holds the published numbers against those of the program.
func TestSchemaKinds(t *testing.T) {
	title := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "_")) }
	names := map[string]string{"PC": "PREPARE_CERT", "CC": "COMMIT_CERT", "STABLE": "CHECKPOINT_CERT"}
	require.Len(t, wirepb.Kind_name, int(message.KindCount))
	for _, k := range wiretest.Kinds() {
		name := title(k.String())
		if other, ok := names[name]; ok {
			name = other
		}
		require.Equal(t, "KIND_"+name, wirepb.Kind_name[int32(k)])
	}
	require.Equal(t, quorum.MembersMax, wire.MembersMax)
}

// TestRoundTrip: nothing is lost on the way, for any message of any kind, and
// Append leaves what stands before it alone.
func TestRoundTrip(t *testing.T) {
	for _, k := range wiretest.Kinds() {
		t.Run(k.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := wiretest.Of(k).Draw(t, "message")
				b, err := wire.Append([]byte("before"), m)
				require.NoError(t, err)
				frame, ok := bytes.CutPrefix(b, []byte("before"))
				require.True(t, ok)
				got, err := wire.Decode(frame)
				require.NoError(t, err)
				require.Equal(t, m, got)
			})
		})
	}
}

// TestOneReply: a reply alone travels as a list of one.
func TestOneReply(t *testing.T) {
	r := wiretest.Sample(message.KindReply).(*message.Replies).List[1]
	frame, err := wire.Append(nil, &r)
	require.NoError(t, err)
	got, err := wire.Decode(frame)
	require.NoError(t, err)
	require.Equal(t, &message.Replies{List: []message.Reply{r}}, got)
}

func TestRoundTripEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := wiretest.Evidence().Draw(t, "evidence")
		b, err := wire.AppendEvidence(nil, e)
		require.NoError(t, err)
		got, err := wire.DecodeEvidence(b)
		require.NoError(t, err)
		require.Equal(t, e, got)
	})
}

// TestRoundTripBlock also says what a record is: a BODY frame without its first
// byte.
func TestRoundTripBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := wiretest.Of(message.KindBody).Draw(t, "body").(*message.Body)
		b, err := wire.AppendBlock(nil, m.Parent, &m.Header, m.Raw)
		require.NoError(t, err)
		parent, h, raw, err := wire.DecodeBlock(b)
		require.NoError(t, err)
		got := &message.Body{Parent: parent, Header: h, Raw: raw}
		require.Equal(t, m, got)
		frame, err := wire.Append(nil, m)
		require.NoError(t, err)
		require.Equal(t, frame[1:], b)
	})
}

// TestRetains: payloads and requests lie in the frame, everything else is copied
// out of it. Read buffers of other frames are used again, so a slip here would
// change messages after they were verified.
func TestRetains(t *testing.T) {
	frames := golden(t)
	within := func(frame, part []byte) bool {
		start, at := uintptr(unsafe.Pointer(unsafe.SliceData(frame))), uintptr(unsafe.Pointer(unsafe.SliceData(part)))
		return at >= start && at+uintptr(len(part)) <= start+uintptr(len(frame)) && cap(part) == len(part)
	}
	for _, k := range wiretest.Kinds() {
		frame := frames[k.String()]
		m, err := wire.Decode(frame)
		require.NoError(t, err)
		switch m := m.(type) {
		case *message.Body:
			require.True(t, within(frame, m.Raw))
		case *message.Blocks:
			require.True(t, within(frame, m.Blocks[0].Raw) && within(frame, m.Blocks[2].Raw))
		case *message.Requests:
			require.True(t, within(frame, m.List[1].Op) && within(frame, m.List[0].Sig))
		case *message.Replies:
			require.True(t, within(frame, m.List[1].Result))
		default:
			require.False(t, wire.Retains(frame), k)
			clear(frame)
			require.Equal(t, wiretest.Sample(k), m)
			continue
		}
		require.True(t, wire.Retains(frame), k)
	}
	require.False(t, wire.Retains(nil))
}

// TestRetainsBlock: so does the payload of a log's record.
func TestRetainsBlock(t *testing.T) {
	b := golden(t)["BLOCK"]
	_, _, raw, err := wire.DecodeBlock(b)
	require.NoError(t, err)
	require.Same(t, &b[len(b)-1], &raw[len(raw)-1])
}

// TestUnencodable: what has no encoding is refused where it is made, and leaves no
// half of a frame behind.
func TestUnencodable(t *testing.T) {
	vote := func(n int) *message.Prepare { return &message.Prepare{Sig: make([]byte, n)} }
	votes := func(n int) []message.CertVote {
		list := make([]message.CertVote, n)
		for i := range list {
			list[i].Sig = make([]byte, message.SignatureSize)
		}
		return list
	}
	request := message.Request{Number: 1, Session: message.SessionID{Seq: 1}}
	long := request
	long.Sig = make([]byte, 256)
	for name, m := range map[string]message.Message{
		"nothing":              nil,
		"unsigned vote":        vote(0),
		"short signature":      vote(63),
		"long signature":       vote(65),
		"bad vote within":      &message.PrepareCert{Votes: []message.CertVote{{}}},
		"bad summary within":   &message.NewView{Changes: []message.ViewChange{{}}, Sig: make([]byte, 64)},
		"bad suspicion within": &message.Leave{Suspects: []message.Suspect{{}}},
		"bad certificate":      &message.Blocks{Commit: &message.CommitCert{Votes: []message.CertVote{{}}}},
		"bad proof":            &message.Leave{Proof: &message.Evidence{First: vote(1)}},
		"suspicion as proof":   &message.Leave{Proof: &message.Evidence{First: &message.Suspect{Sig: make([]byte, 64)}}},
		"too many votes":       &message.CommitCert{Votes: votes(wire.MembersMax + 1)},
		"too many links":       &message.Blocks{Links: make([]message.Digest, wire.LinksMax+1)},
		"too many blocks":      &message.Blocks{Blocks: make([]message.BlockData, wire.BlocksMax+1)},
		"too long":             &message.Body{Raw: make([]byte, wire.FrameMax)},
		"no requests":          &message.Requests{},
		"signature of request": &message.Requests{List: []message.Request{long}},
	} {
		b, err := wire.Append([]byte("before"), m)
		require.ErrorIs(t, err, wire.ErrMalformed, name)
		require.Equal(t, "before", string(b), name)
	}
	_, err := wire.Append(nil, &message.Requests{List: []message.Request{request}})
	require.NoError(t, err)
	_, err = wire.AppendEvidence(nil, &message.Evidence{Raw: make([]byte, wire.FrameMax+1)})
	require.ErrorIs(t, err, wire.ErrMalformed)
	_, err = wire.AppendEvidence(nil, &message.Evidence{First: vote(0)})
	require.ErrorIs(t, err, wire.ErrMalformed)
	_, err = wire.AppendBlock(nil, message.Digest{}, &message.Header{}, make([]byte, wire.FrameMax))
	require.ErrorIs(t, err, wire.ErrMalformed)
}

// TestFullFrame: the longest frame that Append makes is one that Decode takes, and
// the longest lists too.
func TestFullFrame(t *testing.T) {
	m := &message.Body{Raw: make([]byte, wire.FrameMax)}
	for ; ; m.Raw = m.Raw[1:] {
		if b, err := wire.Append(nil, m); err == nil {
			require.Len(t, b, wire.FrameMax)
			_, err = wire.Decode(b)
			require.NoError(t, err)
			_, err = wire.Decode(append(b, 0))
			require.ErrorIs(t, err, wire.ErrMalformed)
			break
		}
	}
	lists := &message.Blocks{Blocks: make([]message.BlockData, wire.BlocksMax), Links: make([]message.Digest, wire.LinksMax)}
	b, err := wire.Append(nil, lists)
	require.NoError(t, err)
	_, err = wire.Decode(b)
	require.NoError(t, err)
}
