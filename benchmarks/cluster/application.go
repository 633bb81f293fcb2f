package cluster

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/pbft"
)

// application counts what it is given.
type application struct {
	ops uint64
	sum uint32

	executed, blocks atomic.Uint64 // since this process started, for others to read
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	ok         = []byte("ok")
)

func (a *application) Execute(b *pbft.Block) [][]byte {
	out := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		a.sum = crc32.Update(a.sum, castagnoli, b.Ops[i].Data)
		out[i] = ok
	}
	a.ops += uint64(len(b.Ops))
	a.executed.Add(uint64(len(b.Ops)))
	a.blocks.Add(1)
	return out
}

// Digest is the state itself: 8 bytes of count, 4 of sum.
func (a *application) Digest() (d pbft.Digest) {
	binary.BigEndian.PutUint64(d[:], a.ops)
	binary.BigEndian.PutUint32(d[8:], a.sum)
	return d
}

func opsOf(d pbft.Digest) uint64 { return binary.BigEndian.Uint64(d[:]) }

func (a *application) Snapshot(w io.Writer) error {
	d := a.Digest()
	_, err := w.Write(d[:12])
	return err
}

func (a *application) Restore(r io.Reader) error {
	var b [12]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	a.ops, a.sum = binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint32(b[8:])
	return nil
}
