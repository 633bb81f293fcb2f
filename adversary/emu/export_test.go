package emu

import (
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
)

// On returns d for another test. Both share the replica.
func On(t TB, d *Driver) *Driver {
	other := *d
	other.t = t
	return &other
}

// Verifier verifies what the members of every Driver sign.
func Verifier() crypto.Verifier { return cryptotest.NewRing(1).Verifier() }
