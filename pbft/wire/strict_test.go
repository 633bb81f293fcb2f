package wire_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
	"github.com/twothirds-bft/twothirds/pbft/wire/wiretest"
)

// number and octets write one field each, as plain protobuf has them.
func number(field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(field)<<3), v)
}

func octets(field int, parts ...[]byte) []byte {
	b := bytes.Join(parts, nil)
	return append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(field)<<3|2), uint64(len(b))), b...)
}

// padded writes v as a varint of n bytes.
func padded(v uint64, n int) []byte {
	b := binary.AppendUvarint(nil, v)
	for len(b) < n {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

// TestAlteredVote: one vote has one encoding (adversary A26). accepted says what
// the generated code alone would do; every such row is a second face of a vote.
func TestAlteredVote(t *testing.T) {
	v := wiretest.Sample(message.KindPrepare).(*message.Prepare)
	v.Epoch = 300 // two bytes
	frame, err := wire.Append(nil, v)
	require.NoError(t, err)
	epoch, view, base, seq := number(1, 300), number(2, uint64(v.View)), number(3, uint64(v.Base)), number(4, uint64(v.Seq))
	chain, signer, sig := octets(5, v.Chain[:]), number(6, uint64(v.Signer)), octets(7, v.Sig)
	vote := [][]byte{epoch, view, base, seq, chain, signer, sig}
	require.Equal(t, frame[1:], bytes.Join(vote, nil), "the test's own encoder")
	other := bytes.Repeat([]byte{9}, 64)

	with := func(i int, field ...[]byte) [][]byte { return slices.Concat(vote[:i], field, vote[i+1:]) }
	for _, row := range []struct {
		name     string
		fields   [][]byte
		accepted bool
	}{
		{"unknown field behind", slices.Concat(vote, [][]byte{number(8, 1)}), true},
		{"unknown field before", slices.Concat([][]byte{number(8, 1)}, vote), true},
		{"unknown field of a large number", slices.Concat(vote, [][]byte{octets(1<<28, nil)}), true},
		{"unknown group", slices.Concat(vote, [][]byte{{8<<3 | 3, 8<<3 | 4}}), true},
		{"field twice, same value", with(1, view, view), true},
		{"field twice, last wins", with(1, number(2, 77), view), true},
		{"digest twice, last wins", with(4, octets(5, other[:32]), chain), true},
		{"signature twice at the end", slices.Concat(vote, [][]byte{sig}), true},
		{"two fields swapped", with(0, view, epoch, base, seq, chain, signer, sig)[:7], true},
		{"signature first", slices.Concat([][]byte{sig}, vote[:6]), true},
		{"padded varint", with(0, slices.Concat([]byte{1 << 3}, padded(300, 3))), true},
		{"padded varint of ten bytes", with(0, slices.Concat([]byte{1 << 3}, padded(300, 10))), true},
		{"padded tag", with(0, slices.Concat(padded(1<<3, 2), padded(300, 2))), true},
		{"padded length", with(4, slices.Concat([]byte{5<<3 | 2}, padded(32, 2), v.Chain[:])), true},
		{"tag beyond 32 bits", with(0, slices.Concat(binary.AppendUvarint(nil, 1<<35|1<<3), padded(300, 2))), true},
		{"varint beyond 64 bits", with(0, slices.Concat([]byte{1 << 3}, bytes.Repeat([]byte{0xff}, 9), []byte{0x7f})), true},
		{"varint of eleven bytes", with(0, slices.Concat([]byte{1 << 3}, bytes.Repeat([]byte{0x80}, 10), []byte{1})), false},
		{"32-bit field beyond 32 bits", with(5, number(6, 1<<32|uint64(v.Signer))), true},
		{"default that is there", with(0, number(1, 0)), true},
		{"default behind the value", with(0, epoch, number(1, 0)), true},
		{"digest of 31 bytes", with(4, octets(5, v.Chain[:31])), false},
		{"digest of 33 bytes", with(4, octets(5, v.Chain[:], []byte{0})), false},
		{"digest of no bytes", with(4, octets(5)), false},
		{"no digest", with(4), true},
		{"signature of 63 bytes", with(6, octets(7, v.Sig[:63])), false},
		{"signature of 65 bytes", with(6, octets(7, v.Sig, []byte{0})), false},
		{"no signature", with(6), true},
		{"length beyond the end", with(6, slices.Concat([]byte{7<<3 | 2, 65}, v.Sig)), false},
		{"length beyond 63 bits", with(4, slices.Concat([]byte{5<<3 | 2}, binary.AppendUvarint(nil, 1<<63), v.Chain[:])), false},
		{"number as bytes", with(1, octets(2, []byte{1})), false},
		{"number as fixed 64 bits", with(1, slices.Concat([]byte{2<<3 | 1}, make([]byte, 8))), false},
		{"field number 0", slices.Concat(vote, [][]byte{{0, 0}}), false},
		{"end of no group", slices.Concat(vote, [][]byte{{1<<3 | 4}}), false},
		{"cut off", with(6, sig[:65]), false},
		{"a byte too much", slices.Concat(vote, [][]byte{{0}}), false},
		{"nothing", nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			altered := bytes.Join(row.fields, nil)
			require.NotEqual(t, frame[1:], altered)
			err := new(wirepb.Prepare).Unmarshal(altered)
			require.Equal(t, row.accepted, err == nil, "generated code: %v", err)
			m, err := wire.Decode(append([]byte{byte(message.KindPrepare)}, altered...))
			require.ErrorIs(t, err, wire.ErrMalformed)
			require.Nil(t, m)
		})
	}
}

// TestAlteredFrame is the same for the byte in front, and for what only other
// kinds have. Each row must fail for its own reason.
func TestAlteredFrame(t *testing.T) {
	d, sig := make([]byte, 32), make([]byte, 64)
	headerOf := func(fields ...[]byte) []byte { return slices.Concat(append(fields, octets(7, d))...) }
	header, point := headerOf(), octets(2, d)
	vote, ok := bytes.CutPrefix(golden(t)["PREPARE"], []byte{3})
	require.True(t, ok)
	evidence := func(fields ...[]byte) []byte { // in a LEAVE
		return octets(5, slices.Concat(fields...))
	}
	fork := octets(5, d)
	one := message.AppendReplies(nil, make([]message.Reply, 1))
	for _, row := range []struct {
		name, reason string
		kind         message.Kind
		fields       [][]byte
	}{
		{"kind 0", "unknown kind", 0, [][]byte{vote}},
		{"kind after the last", "unknown kind", message.KindCount, [][]byte{vote}},
		{"kind 255", "unknown kind", 255, [][]byte{vote}},
		{"vote of another kind", "wireType", message.KindCommit, [][]byte{vote}},
		{"payload before the header", "not canonical", message.KindBody, [][]byte{octets(1, d), octets(3, []byte("x")), octets(2, header)}},
		{"payload twice", "not canonical", message.KindBody, [][]byte{octets(1, d), octets(2, header), octets(3, []byte("x")), octets(3, []byte("x"))}},
		{"payload's length padded", "value", message.KindBody, [][]byte{octets(1, d), octets(2, header), {3<<3 | 2, 0x81, 0}, []byte("x")}},
		{"no payload", "not canonical", message.KindBody, [][]byte{octets(1, d), octets(2, header)}},
		{"something behind the payload", "not canonical", message.KindBody, [][]byte{octets(1, d), octets(2, header), octets(3, []byte("x")), number(4, 1)}},
		{"kind of payload beyond 255", "not canonical", message.KindPrePrepare, [][]byte{octets(1, d), octets(2, headerOf(number(4, 257)))}},
		{"kind of hash beyond 255", "not canonical", message.KindPrePrepare, [][]byte{octets(1, d), octets(2, headerOf(number(5, 257)))}},
		{"header in two parts", "not canonical", message.KindPrePrepare, [][]byte{octets(1, d), octets(2, headerOf(number(1, 1))), octets(2, headerOf(number(2, 1)))}},
		{"bool of 2", "not canonical", message.KindFetch, [][]byte{octets(1, point), octets(2, point), number(3, 2)}},
		{"payloads longer than said", "not canonical", message.KindBlocks, [][]byte{octets(1, point), octets(2, octets(1, header), number(2, 3)), octets(7, []byte("four"))}},
		{"payloads shorter than said", "payloads cut off", message.KindBlocks, [][]byte{octets(1, point), octets(2, octets(1, header), number(2, 5)), octets(7, []byte("four"))}},
		{"size of payload beyond 32 bits", "not canonical", message.KindBlocks, [][]byte{octets(1, point), octets(2, octets(1, header), number(2, 1<<32|4)), octets(7, []byte("four"))}},
		{"block without a header", "too short", message.KindBlocks, [][]byte{octets(1, point), octets(2), octets(7)}},
		{"vote without a signature", "too short", message.KindCommitCert, [][]byte{octets(4, d), octets(6)}},
		{"links of no bytes", "wrong length", message.KindCommitCert, [][]byte{octets(4, d), octets(5)}},
		{"no list of replies", "replies", message.KindReply, [][]byte{octets(2)}},
		{"list of no replies", "replies", message.KindReply, [][]byte{octets(2, make([]byte, 4))}},
		{"more replies than said", "replies", message.KindReply, [][]byte{octets(2, slices.Concat(one, []byte{0}))}},
		{"fewer replies than said", "replies", message.KindReply, [][]byte{octets(2, one[:len(one)-1])}},
		{"no batch", "batch", message.KindRequests, [][]byte{octets(2)}},
		{"batch of no requests", "batch", message.KindRequests, [][]byte{octets(2, make([]byte, 4))}},
		{"proof with an empty header", "not canonical", message.KindLeave, [][]byte{evidence(fork, octets(7, header))}},
		{"proof with an empty message", "not canonical", message.KindLeave, [][]byte{evidence(octets(3), fork)}},
		{"proof with two messages for one", "not canonical", message.KindLeave, [][]byte{evidence(octets(3, octets(3, vote), octets(3, vote)), fork)}},
		{"proof of a kind beyond 255", "not canonical", message.KindLeave, [][]byte{evidence(number(1, 256), fork)}},
		{"certificate twice", "not canonical", message.KindNewView, [][]byte{octets(4, octets(5, d)), octets(4, octets(5, d)), octets(6, sig)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := wire.Decode(append([]byte{byte(row.kind)}, bytes.Join(row.fields, nil)...))
			require.ErrorIs(t, err, wire.ErrMalformed)
			require.ErrorContains(t, err, row.reason)
			require.Nil(t, m)
		})
	}
	_, err := wire.Decode(nil)
	require.ErrorIs(t, err, wire.ErrMalformed)
}

// TestEveryByteCounts: no bit of any frame can be flipped, no byte taken away or
// added, and the same message come out.
func TestEveryByteCounts(t *testing.T) {
	for name, b := range golden(t) {
		decode := func(b []byte) (any, error) { return wire.Decode(b) }
		switch {
		case name == "BLOCK":
			decode = func(b []byte) (any, error) {
				parent, h, raw, err := wire.DecodeBlock(b)
				return message.Body{Parent: parent, Header: h, Raw: raw}, err
			}
		case strings.HasPrefix(name, "EVIDENCE"):
			decode = func(b []byte) (any, error) { return wire.DecodeEvidence(b) }
		}
		want, err := decode(bytes.Clone(b))
		require.NoError(t, err)
		differs := func(altered []byte, what string, i int) {
			if m, err := decode(altered); err == nil && reflect.DeepEqual(want, m) {
				t.Errorf("%s: %s %d does not count", name, what, i)
			}
		}
		for i := range b {
			for bit := range 8 {
				altered := bytes.Clone(b)
				altered[i] ^= 1 << bit
				differs(altered, "byte", i)
			}
			differs(bytes.Clone(b[:i]), "what stands behind byte", i)
		}
		_, err = decode(append(bytes.Clone(b), 0))
		require.ErrorIs(t, err, wire.ErrMalformed)
	}
}
