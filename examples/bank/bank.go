// Package bank is a sample application to attack: accounts, transfers between them,
// and a book of what is on hold. docs/testing.md plants a bug in it and follows it to
// its smallest counterexample.
package bank

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/pbft"
)

// Accounts is how many accounts there are, and Opening what each begins with.
const (
	Accounts = 8
	Opening  = 100
)

// Bank is the replicated state.
type Bank struct {
	Balance [Accounts]int64
	OnHold  [Accounts]int64 // taken from a balance, not given to anyone yet
}

// New returns a bank on its first day.
func New() *Bank {
	b := &Bank{}
	for i := range b.Balance {
		b.Balance[i] = Opening
	}
	return b
}

// Kind says what an operation does.
type Kind byte

// The operations.
const (
	Hold    Kind = iota // takes Amount out of From's balance
	Release             // gives what From has on hold to To
)

// Encode returns an operation as bytes.
func Encode(k Kind, from, to, amount byte) []byte { return []byte{byte(k), from, to, amount} }

// Execute implements pbft.Application. An operation that makes no sense is refused: a
// faulty primary may order anything.
func (b *Bank) Execute(block *pbft.Block) [][]byte {
	out := make([][]byte, len(block.Ops))
	for i := range block.Ops {
		out[i] = []byte(b.apply(block.Ops[i].Data))
	}
	return out
}

func (b *Bank) apply(op []byte) string {
	if len(op) != 4 || op[0] > byte(Release) || op[1] >= Accounts || op[2] >= Accounts {
		return "refused: malformed"
	}
	from, to, amount := op[1], op[2], int64(op[3])
	if Kind(op[0]) == Release {
		sum := b.OnHold[from]
		b.OnHold[from] = 0
		b.Balance[to] += sum
		return fmt.Sprint("released ", sum)
	}
	if b.Balance[from] < amount {
		return "refused: not enough"
	}
	b.Balance[from] -= amount
	b.OnHold[from] += amount
	return fmt.Sprint("held ", amount)
}

// Total returns all the money there is.
func (b *Bank) Total() (sum int64) {
	for i := range b.Balance {
		sum += b.Balance[i] + b.OnHold[i]
	}
	return sum
}

// Digest implements pbft.Application.
func (b *Bank) Digest() pbft.Digest {
	buf := make([]byte, 0, 16*Accounts)
	for i := range b.Balance {
		buf = binary.BigEndian.AppendUint64(buf, uint64(b.Balance[i]))
		buf = binary.BigEndian.AppendUint64(buf, uint64(b.OnHold[i]))
	}
	return sha256.Sum256(buf)
}

// Snapshot implements pbft.Snapshotter.
func (b *Bank) Snapshot(w io.Writer) error { return json.NewEncoder(w).Encode(b) }

// Restore implements pbft.Snapshotter.
func (b *Bank) Restore(r io.Reader) error { return json.NewDecoder(r).Decode(b) }
