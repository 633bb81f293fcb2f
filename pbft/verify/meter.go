package verify

import (
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Meter is a Verifier that counts the signatures that another one checks: what
// verification costs a replica. It is safe for concurrent use.
type Meter struct {
	keys    message.Verifier
	checked atomic.Uint64
}

// NewMeter returns a Meter of what keys checks.
func NewMeter(keys message.Verifier) *Meter { return &Meter{keys: keys} }

// Checked returns how many signatures have been checked, each of a batch counting, good
// or bad.
func (m *Meter) Checked() uint64 { return m.checked.Load() }

// Verify implements message.Verifier.
func (m *Meter) Verify(key message.PublicKey, msg, sig []byte) bool {
	m.checked.Add(1)
	return m.keys.Verify(key, msg, sig)
}

// VerifyAll implements message.Verifier.
func (m *Meter) VerifyAll(keys []message.PublicKey, msgs, sigs [][]byte) bool {
	m.checked.Add(uint64(len(keys)))
	return m.keys.VerifyAll(keys, msgs, sigs)
}
