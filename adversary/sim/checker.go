package sim

import (
	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// newStranger returns who judges certificates and evidence (I4, I17): code that shares
// nothing with the engine, and reads what goes over the wire.
func newStranger(g message.Genesis, v crypto.Verifier) *checker.Checker {
	plain := checker.Genesis{Name: g.Name, Interval: uint64(g.Interval), Signed: g.Signed, OpBytes: g.OpBytes, BlockBytes: g.BlockBytes}
	for _, m := range g.Members {
		plain.Members = append(plain.Members, checker.Member{ID: uint32(m.ID), Key: m.Key, Power: m.Power})
	}
	c, err := checker.New(plain, func(key, msg, sig []byte) bool { return v.Verify(crypto.PublicKey(key), msg, sig) })
	if err != nil {
		panic(err)
	}
	return c
}

// recheck verifies what a correct replica keeps.
func (w *World) recheck(m message.Message) error {
	b, err := wire.Append(w.scratch[:0], m)
	if err != nil {
		return err
	}
	w.scratch = b
	_, err = w.stranger.Check(b)
	return err
}

// recheckEvidence verifies a proof.
func (w *World) recheckEvidence(e *message.Evidence) error {
	b, err := wire.AppendEvidence(nil, e)
	if err != nil {
		return err
	}
	_, err = w.stranger.Evidence(b)
	return err
}
