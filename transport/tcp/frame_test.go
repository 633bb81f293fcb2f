package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

func header(bulk bool, left int) []byte {
	h := uint32(left)
	if bulk {
		h |= bulkBit
	}
	return binary.BigEndian.AppendUint32(nil, h)
}

func readerOf(chunks ...[]byte) *frameReader {
	return &frameReader{r: bytes.NewReader(bytes.Join(chunks, nil)), max: 1 << 20, step: 1 << 10}
}

// What goes through a queue, the framing and back is what was put in, in order within each class.
func TestFramesSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := links.NewQueue(1<<30, 1<<20)
		var sent, got [2][]int
		for i, size := range rapid.SliceOfN(rapid.SampledFrom([]int{1, 3, 500, 65_535, 65_536, 65_537, 200_000}), 1, 20).Draw(t, "sizes") {
			class := transport.Class(rapid.IntRange(0, 1).Draw(t, "class"))
			q.Put(transport.Frame{Class: class, Data: bytes.Repeat([]byte{byte(class)<<7 | byte(i)}, size)})
			sent[class] = append(sent[class], i, size)
		}
		var wire []byte
		for batch := q.Take(nil); len(batch) > 0; batch = q.Take(batch[:0]) {
			for _, s := range batch {
				wire = appendSlice(wire, s)
			}
			wire = append(wire, ping...)
		}
		for f := readerOf(wire); ; {
			data, err := f.next()
			if errors.Is(err, io.EOF) {
				require.EqualValues(t, len(wire), f.consumed)
				break
			}
			require.NoError(t, err)
			if data != nil {
				require.Equal(t, bytes.Repeat(data[:1], len(data)), data)
				got[data[0]>>7] = append(got[data[0]>>7], int(data[0]&0x7f), len(data))
			}
		}
		require.Equal(t, sent, got)
	})
}

func TestFramingErrors(t *testing.T) {
	part := make([]byte, links.SliceBytes)
	for _, c := range []struct {
		name string
		wire []byte
		want error
	}{
		{"oversize control", header(false, 1<<20+1), transport.ReasonOversize},
		{"oversize bulk", header(true, 1<<20+1), transport.ReasonOversize},
		{"largest that can be said", header(true, 1<<31-1), transport.ReasonOversize},
		{"rest repeats the whole", bytes.Join([][]byte{header(true, 100_000), part, header(true, 100_000)}, nil), transport.ReasonMalformed},
		{"rest too short", bytes.Join([][]byte{header(true, 100_000), part, header(true, 1)}, nil), transport.ReasonMalformed},
		{"ends within a header", header(false, 5)[:3], io.ErrUnexpectedEOF},
		{"ends within a frame", append(header(false, 5), 1, 2), io.ErrUnexpectedEOF},
		{"ends between slices", append(header(true, 100_000), part...), io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := readerOf(c.wire)
			for {
				data, err := f.next()
				require.Nil(t, data)
				if err != nil {
					require.ErrorIs(t, err, c.want)
					return
				}
			}
		})
	}
}

// Announcing a large frame costs the announcer its bytes before it costs us memory.
func TestAnnouncementCostsLittle(t *testing.T) {
	f := readerOf(header(true, 1<<20), []byte{1})
	_, err := f.next()
	require.Error(t, err)
	require.LessOrEqual(t, cap(f.partial[1].data), f.step)
}

func TestLargestFrameIsAccepted(t *testing.T) {
	f := readerOf(header(false, 1<<20), make([]byte, links.SliceBytes))
	data, err := f.next()
	require.NoError(t, err)
	require.Nil(t, data, "not complete")
}

func FuzzFrameReader(f *testing.F) {
	f.Add(append(header(false, 3), "abc"...))
	f.Add(append(header(true, 100_000), 1, 2, 3))
	f.Add(bytes.Join([][]byte{ping, header(true, 5), {1, 2, 3, 4, 5}, header(false, 1<<20+1)}, nil))
	f.Fuzz(func(t *testing.T, wire []byte) {
		r := readerOf(wire)
		for {
			data, err := r.next()
			held := cap(data)
			for _, p := range r.partial {
				held += cap(p.data)
			}
			if held > 2*r.step+4*int(r.consumed) || len(data) > r.max { // memory follows what has arrived
				t.Fatalf("%d bytes held after %d, frame of %d", held, r.consumed, len(data))
			}
			if err != nil {
				break
			}
		}
		require.LessOrEqual(t, r.consumed, uint64(len(wire)))
	})
}
