package cluster

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/pbft"
)

// application counts what it is given, and answers each operation with its place in that order.
type application struct {
	ops uint64
	sum uint32

	executed, blocks atomic.Uint64 // since this process started, for others to read
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// resultSize is that of a result: 8 bytes of position, from 1 on, and the CRC-32C of the operation that stands there.
const resultSize = 12

func (a *application) Execute(b *pbft.Block) [][]byte {
	out, all := make([][]byte, len(b.Ops)), make([]byte, 0, resultSize*len(b.Ops))
	for i := range b.Ops {
		a.ops++
		from := len(all)
		all = binary.BigEndian.AppendUint64(all, a.ops)
		all = binary.BigEndian.AppendUint32(all, crc32.Checksum(b.Ops[i].Data, castagnoli))
		a.sum = crc32.Update(a.sum, castagnoli, all[len(all)-4:])
		out[i] = all[from:len(all):len(all)]
	}
	a.executed.Add(uint64(len(b.Ops)))
	a.blocks.Add(1)
	return out
}

// position reads the result of an operation. It is 0 if that is the result of something else.
func position(op, result []byte) uint64 {
	if len(result) != resultSize || binary.BigEndian.Uint32(result[8:]) != crc32.Checksum(op, castagnoli) {
		return 0
	}
	return binary.BigEndian.Uint64(result)
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
