package verify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// Each signature counts once, whether it is good or bad, alone or in a batch.
func TestMeter(t *testing.T) {
	ring := cryptotest.NewRing(1)
	m := verify.NewMeter(ring.Verifier())
	var (
		keys       []crypto.PublicKey
		msgs, sigs [][]byte
	)
	for i := range 3 {
		msg := []byte{byte(i)}
		sig, err := ring.Signer(i).Sign(msg)
		require.NoError(t, err)
		keys, msgs, sigs = append(keys, ring.Signer(i).Public()), append(msgs, msg), append(sigs, sig)
	}
	require.True(t, m.Verify(keys[0], msgs[0], sigs[0]))
	require.False(t, m.Verify(keys[1], msgs[0], sigs[0]))
	require.Equal(t, uint64(2), m.Checked())
	require.True(t, m.VerifyAll(keys, msgs, sigs))
	require.False(t, m.VerifyAll(keys, msgs, [][]byte{sigs[1], sigs[0], sigs[2]}))
	require.Equal(t, uint64(2+3+3), m.Checked())
}
