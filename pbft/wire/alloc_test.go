package wire_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// Decode allocates at most allocFactor bytes per byte of the frame, and allocBase:
// the structs themselves, the error, a scratch buffer. The worst row needs 8.1,
// and one more under the race detector.
const (
	allocFactor = 9.5
	allocBase   = 4 << 10
)

// allocated returns how many bytes one Decode of frame takes from the heap.
func allocated(frame []byte) uint64 {
	const runs = 8
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		_, _ = wire.Decode(frame)
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

// TestAllocation: a small frame cannot make much memory (adversary A53, spec D1).
// In the first rows all elements are as short as they may be. In the others they
// are shorter, or more, or all of the frame is one kind of rubbish: that must cost
// next to nothing.
func TestAllocation(t *testing.T) {
	const links, blocks, members = wire.LinksMax, wire.BlocksMax, wire.MembersMax
	digest, sig := make([]byte, 32), make([]byte, 64)
	header := octets(7, digest)
	certVote, suspect := octets(3, sig), octets(5, sig)
	change := slices.Concat(octets(6, digest), octets(8, sig))
	request := message.Request{Number: 1, Session: message.SessionID{Seq: 1}}
	newView := slices.Concat(bytes.Repeat(octets(3, change), members), octets(6, sig))
	reps := func(b []byte, n int) [][]byte { return [][]byte{bytes.Repeat(b, n)} }
	full := func(b []byte) [][]byte { return reps(b, (wire.FrameMax-1)/len(b)) }

	for _, row := range []struct {
		name   string
		kind   message.Kind
		fields [][]byte
		valid  bool
	}{
		{"votes", message.KindPrepareCert, [][]byte{octets(5, digest), bytes.Repeat(octets(7, certVote), members)}, true},
		{"links", message.KindPrepareCert, [][]byte{octets(5, digest), bytes.Repeat(octets(6, digest), links)}, true},
		{"summaries", message.KindNewView, [][]byte{newView}, true},
		{"suspicions", message.KindLeave, reps(octets(3, suspect), members), true},
		{"blocks", message.KindBlocks, [][]byte{octets(1, octets(2, digest)), bytes.Repeat(octets(2, octets(1, header)), blocks), octets(7)}, true},
		{"summaries in a proof", message.KindLeave, [][]byte{octets(5, octets(3, octets(8, newView)), octets(4, octets(8, newView)), octets(5, digest))}, true},
		{"requests", message.KindRequests, [][]byte{octets(2, message.AppendBatch(nil, slices.Repeat([]message.Request{request}, 4096)))}, true},
		{"replies", message.KindReply, [][]byte{octets(2, message.AppendReplies(nil, make([]message.Reply, 4096)))}, true},
		{"replies that are claimed", message.KindReply, [][]byte{octets(2, bytes.Repeat([]byte{0xff}, 1<<20))}, false},
		{"one vote", message.KindPrepare, [][]byte{octets(5, digest), octets(7, sig)}, true},

		{"empty votes", message.KindCommitCert, full(octets(6)), false},
		{"empty summaries", message.KindNewView, full(octets(3)), false},
		{"empty blocks", message.KindBlocks, full(octets(2)), false},
		{"empty links", message.KindPrepareCert, full(octets(6)), false},
		{"a vote too many", message.KindCommitCert, reps(octets(6, certVote), members+1), false},
		{"full of votes", message.KindCommitCert, full(octets(6, certVote)), false},
		{"full of links", message.KindCommitCert, full(octets(5, digest)), false},
		{"full of blocks", message.KindBlocks, full(octets(2, octets(1, header))), false},
		{"full of empty certificates", message.KindBlocks, full(octets(5)), false},
		{"full of votes for a proof", message.KindLeave, full(octets(5, octets(3, octets(3, octets(5, digest), octets(7, sig))))), false},
		{"full of messages for one place", message.KindLeave, [][]byte{octets(5, octets(3, bytes.Repeat(octets(3, octets(5, digest), octets(7, sig)), 30_000)))}, false},
		{"full of votes of the same certificate", message.KindBlocks, full(octets(5, octets(6, certVote))), false},
		{"full of numbers", message.KindStatus, full(number(1, 1)), false},
		{"growing bytes", message.KindReply, [][]byte{growing(1, 2_000)}, false},
		{"an empty batch that claims much", message.KindRequests, [][]byte{octets(2, bytes.Repeat([]byte{0xff}, 1<<20))}, false},
		{"unknown bytes", message.KindPrepare, full(octets(9, digest)), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			frame := append([]byte{byte(row.kind)}, bytes.Join(row.fields, nil)...)
			_, err := wire.Decode(frame)
			require.Equal(t, row.valid, err == nil, err)
			got := allocated(frame)
			t.Logf("%d bytes of frame, %d allocated: %.1f", len(frame), got, float64(got)/float64(len(frame)))
			if row.valid {
				require.LessOrEqual(t, got, uint64(allocFactor*float64(len(frame))+allocBase))
			} else {
				require.LessOrEqual(t, got, uint64(2*allocBase), "refused before it was allocated")
			}
		})
	}
}

// growing repeats a bytes field, each time longer.
func growing(field, n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, octets(field, make([]byte, i))...)
	}
	return b
}

// TestPayloadIsNotCopied: what a body and its requests allocate does not depend on
// how long they are.
func TestPayloadIsNotCopied(t *testing.T) {
	body := &message.Body{Raw: make([]byte, 1<<20)}
	frame, err := wire.Append(nil, body)
	require.NoError(t, err)
	require.Less(t, allocated(frame), uint64(allocBase))

	blocks := &message.Blocks{Blocks: []message.BlockData{{Raw: make([]byte, 1<<20)}, {Raw: make([]byte, 1<<20)}}}
	frame, err = wire.Append(nil, blocks)
	require.NoError(t, err)
	require.Less(t, allocated(frame), uint64(allocBase))

	request := message.Request{Number: 1, Session: message.SessionID{Seq: 1}, Op: make([]byte, 1<<20)}
	frame, err = wire.Append(nil, &message.Requests{List: []message.Request{request}})
	require.NoError(t, err)
	require.Less(t, allocated(frame), uint64(allocBase))
}
