package linear

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft"
)

// KV is a key-value store: an application for worlds, small and deterministic. Its digest
// is a sum over its entries, so that it costs what was written and not what there is, and
// says what the state is and not how it came about. (Sums of hashes can be made to collide
// by who sets out to; worlds have nobody who does.) Make it with NewKV.
type KV struct {
	values map[string]string // without ""
	sum    [4]uint64
}

// Interfaces that the engine asks for.
var (
	_ pbft.Application = (*KV)(nil)
	_ pbft.Snapshotter = (*KV)(nil)
)

// malformed is the result of what is no operation.
const malformed = "malformed"

// NewKV returns an empty store.
func NewKV() *KV { return &KV{values: map[string]string{}} }

// Execute implements pbft.Application.
func (a *KV) Execute(b *pbft.Block) [][]byte {
	results := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		results[i] = a.execute(b.Ops[i].Data)
	}
	return results
}

func (a *KV) execute(data []byte) []byte {
	o, ok := decode(data)
	if !ok {
		return []byte(malformed)
	}
	next, result := o.step(a.values[o.key])
	a.set(o.key, next)
	return []byte(result)
}

// set writes a value and keeps the sum.
func (a *KV) set(key, value string) {
	old := a.values[key]
	if old == value {
		return
	}
	before, after := weigh(key, old), weigh(key, value)
	for i := range a.sum {
		a.sum[i] += after[i] - before[i]
	}
	if value == "" {
		delete(a.values, key)
		return
	}
	a.values[key] = value
}

// weigh returns what an entry adds to the sum; none adds nothing.
func weigh(key, value string) (w [4]uint64) {
	if value == "" {
		return w
	}
	b := binary.AppendUvarint(nil, uint64(len(key)))
	d := sha256.Sum256(append(append(b, key...), value...))
	for i := range w {
		w[i] = binary.BigEndian.Uint64(d[8*i:])
	}
	return w
}

// Digest implements pbft.Application.
func (a *KV) Digest() pbft.Digest {
	var d pbft.Digest
	for i, s := range a.sum {
		binary.BigEndian.PutUint64(d[8*i:], s)
	}
	return d
}

// Snapshot implements pbft.Snapshotter: the entries in order of their keys, each as the
// put that makes it, behind its length.
func (a *KV) Snapshot(w io.Writer) error {
	for _, key := range slices.Sorted(maps.Keys(a.values)) {
		put := Put(key, a.values[key])
		if _, err := w.Write(append(binary.AppendUvarint(nil, uint64(len(put))), put...)); err != nil {
			return fmt.Errorf("linear: snapshot: %w", err)
		}
	}
	return nil
}

// Restore implements pbft.Snapshotter.
func (a *KV) Restore(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		size, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || size > KeyMax+ValueMax+16 {
			return fmt.Errorf("linear: restore: an entry of %d bytes: %w", size, err)
		}
		put := make([]byte, size)
		if _, err := io.ReadFull(in, put); err != nil {
			return fmt.Errorf("linear: restore: %w", err)
		}
		o, ok := decode(put)
		if !ok || o.kind != kindPut {
			return errors.New("linear: restore: not a snapshot")
		}
		a.set(o.key, o.value)
	}
}

// KVModel is what KV does to one key.
func KVModel() Model {
	return Model{
		Key: func(input []byte) string {
			o, _ := decode(input)
			return o.key
		},
		Step: func(state string, input []byte) (string, []byte) {
			o, ok := decode(input)
			if !ok {
				return state, []byte(malformed)
			}
			next, result := o.step(state)
			return next, []byte(result)
		},
		ReadOnly: func(input []byte) bool {
			o, ok := decode(input)
			return !ok || o.kind == kindGet
		},
		Describe: func(input, output []byte) string {
			o, ok := decode(input)
			switch {
			case !ok:
				return fmt.Sprintf("malformed -> %q", output)
			case output == nil:
				return o.String() + " -> ?"
			}
			return fmt.Sprintf("%s -> %q", o.String(), output)
		},
	}
}
