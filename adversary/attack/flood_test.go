package attack_test

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/emu"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// floods are what one member, the primary where only it is heard, can send without end:
// each k is another message, and none of them is decided.
var floods = map[string]func(d *emu.Driver, k uint64) message.Message{
	"unsigned headers": func(d *emu.Driver, k uint64) message.Message {
		return &message.PrePrepare{Parent: digest(k), Header: header(k, 100)}
	},
	"unsigned bodies": func(d *emu.Driver, k uint64) message.Message {
		raw := message.AppendBatch(nil, []message.Request{d.Request("a")})
		h := header(k, uint32(len(raw)))
		h.PayloadDigest = message.PayloadDigest(raw)
		return &message.Body{Parent: digest(k), Header: h, Raw: raw}
	},
	"votes for chains of nobody": func(d *emu.Driver, k uint64) message.Message {
		return d.Sign(0, &message.Prepare{Seq: message.Seq(1 + k%16), Chain: digest(k)})
	},
	"votes of views to come": func(d *emu.Driver, k uint64) message.Message {
		return d.Sign(0, &message.Commit{View: message.View(k + 1), Seq: message.Seq(k), Chain: digest(k)})
	},
	"reports for views to come": func(d *emu.Driver, k uint64) message.Message {
		return d.Sign(0, &message.ViewChange{View: message.View(k + 2), Chain: d.Root().Chain})
	},
	"suspicions": func(d *emu.Driver, k uint64) message.Message {
		return d.Sign(3, &message.Suspect{View: message.View(k), Decided: message.Seq(k)})
	},
	"states to come": func(d *emu.Driver, k uint64) message.Message {
		m := &message.Checkpoint{}
		m.Seq, m.Chain, m.State = message.Seq(8*k+8), digest(k), digest(k+1)
		return d.Sign(3, m)
	},
	"answers that nobody asked for": func(d *emu.Driver, k uint64) message.Message {
		b := &message.Blocks{From: message.Point{Seq: message.Seq(k % 8), Chain: digest(k)}}
		for i := range uint64(8) {
			b.Blocks = append(b.Blocks, message.BlockData{Header: header(k+i, 100)})
		}
		return b
	},
	"pulls": func(d *emu.Driver, k uint64) message.Message {
		return &message.Fetch{From: message.Point{Seq: message.Seq(k), Chain: digest(k)}, Want: message.Point{Seq: message.Seq(k + 9), Chain: digest(k)}}
	},
	"statuses": func(d *emu.Driver, k uint64) message.Message {
		return &message.Status{Entered: message.View(k), Target: message.View(k), Tip: message.Seq(k), Decided: message.Seq(k), Nonce: k + 1}
	},
}

func digest(k uint64) (d message.Digest) {
	binary.BigEndian.PutUint64(d[:], k+1)
	return d
}

func header(k uint64, size uint32) message.Header {
	return message.Header{
		Seq: message.Seq(1 + k%8), PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256, PayloadSize: size, PayloadDigest: digest(k),
	}
}

const (
	floodMessages = 4000
	floodBytes    = 256 << 10 // what may stay of them
)

// flooded sends a flood to replica 1 and returns by how many bytes its heap grew.
func flooded(t *testing.T, flood func(d *emu.Driver, k uint64) message.Message) (grown int64, d *emu.Driver) {
	d = emu.New(t, emu.Config{Self: 1})
	send := func(from, to uint64) {
		for k := from; k < to; k++ {
			m := flood(d, k)
			id := message.ReplicaID(0)
			if s, ok := m.(message.Signed); ok {
				id, _ = s.Author()
			}
			if err := d.Deliver(id, m); errors.Is(err, emu.ErrDown) {
				t.Fatal(err)
			}
			d.Clear()
		}
	}
	send(0, 1000) // what is bounded is full
	before := heap()
	send(1000, 1000+floodMessages)
	return heap() - before, d
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What one peer sends without end stays nowhere (I11, spec D1): A51 and its like.
func TestFloodsFillNoMemory(t *testing.T) {
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			grown, d := flooded(t, flood)
			require.Less(t, grown, int64(floodBytes))
			require.Equal(t, message.View(0), d.Status().View)
		})
	}
}
