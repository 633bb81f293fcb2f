package crypto_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
)

// A vote is about this long.
const messageBytes = 120

// signed returns n messages with the signatures of n new keys.
func signed(t require.TestingT, n int) (keys []crypto.PublicKey, msgs, sigs [][]byte) {
	return signedBy(t, n, n)
}

// signedBy is the same of fewer keys that take turns.
func signedBy(t require.TestingT, n, owners int) (keys []crypto.PublicKey, msgs, sigs [][]byte) {
	var all []*crypto.PrivateKey
	for range owners {
		key, err := crypto.Generate(rand.Reader)
		require.NoError(t, err)
		all = append(all, key)
	}
	for i := range n {
		key := all[i%owners]
		msg := make([]byte, messageBytes)
		copy(msg, fmt.Sprint("message ", i))
		sig, err := key.Sign(msg)
		require.NoError(t, err)
		keys, msgs, sigs = append(keys, key.Public()), append(msgs, msg), append(sigs, sig)
	}
	return keys, msgs, sigs
}

func BenchmarkSign(b *testing.B) {
	key, err := crypto.Generate(rand.Reader)
	require.NoError(b, err)
	msg := make([]byte, messageBytes)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Sign(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct {
		name string
		keys int
	}{{"cached", 1}, {"missed", 5000}} { // 4,096 are kept
		b.Run("key="+c.name, func(b *testing.B) {
			keys, msgs, sigs := signed(b, c.keys)
			b.ReportAllocs()
			for i := 0; b.Loop(); i = (i + 1) % c.keys {
				if !(crypto.Ed25519{}).Verify(keys[i], msgs[i], sigs[i]) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// The time is of the whole batch; us/sig is what one signature costs.
func BenchmarkVerifyAll(b *testing.B) {
	for _, n := range []int{1, 2, 3, 7, 21, 67} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			keys, msgs, sigs := signed(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if !(crypto.Ed25519{}).VerifyAll(keys, msgs, sigs) {
					b.Fatal("refused")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/sig")
		})
	}
}

// Requests of one block are of few clients.
func BenchmarkVerifyFewKeys(b *testing.B) {
	for _, n := range []int{4, 67, 256} {
		b.Run(fmt.Sprintf("n=%d/keys=%d", n, max(n/32, 1)), func(b *testing.B) {
			keys, msgs, sigs := signedBy(b, n, max(n/32, 1))
			b.ReportAllocs()
			for b.Loop() {
				if !(crypto.Ed25519{}).VerifyAll(keys, msgs, sigs) {
					b.Fatal("refused")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/sig")
		})
	}
}
