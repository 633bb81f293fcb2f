package cryptotest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/crypto"
)

// TestScheme checks that signers and their verifier keep the contracts of [crypto.Signer] and [crypto.Verifier]. It wants
// three signers of different keys or more, and returns all that it found wrong. Run it under the race detector.
func TestScheme(v crypto.Verifier, signers ...crypto.Signer) error {
	if len(signers) < 3 {
		return errors.New("cryptotest: want three signers or more")
	}
	s := scheme{verifier: v, signers: signers}
	s.testSigners()
	s.testLengths()
	s.testTampering()
	s.testVerifyAll()
	s.testConcurrentUse()
	return errors.Join(s.wrong...)
}

type scheme struct {
	verifier crypto.Verifier
	signers  []crypto.Signer
	wrong    []error
}

func (s *scheme) expect(ok bool, format string, args ...any) {
	if !ok {
		s.wrong = append(s.wrong, fmt.Errorf(format, args...))
	}
}

// sign returns signer i's signature of msg, checking what holds for every signature.
func (s *scheme) sign(i int, msg []byte) []byte {
	given := slices.Clone(msg)
	sig, err := s.signers[i].Sign(given)
	s.expect(err == nil, "signer %d: Sign: %v", i, err)
	s.expect(len(sig) == crypto.SignatureSize, "signer %d: signature of %d bytes", i, len(sig))
	s.expect(bytes.Equal(given, msg), "signer %d: Sign altered the message", i)
	return sig
}

func (s *scheme) testSigners() {
	seen := map[crypto.PublicKey]int{}
	for i, signer := range s.signers {
		key := signer.Public()
		other, repeated := seen[key]
		s.expect(!repeated, "signers %d and %d share a key", other, i)
		s.expect(signer.Public() == key, "signer %d: its key changes", i)
		seen[key] = i

		msg := []byte("the same message")
		first := s.sign(i, msg)
		kept := slices.Clone(first)
		first[0]++ // the caller's to spoil
		s.expect(bytes.Equal(s.sign(i, msg), kept), "signer %d: two signatures of one message", i)
		for j := range s.signers {
			ok := s.verifier.Verify(s.signers[j].Public(), msg, kept)
			s.expect(ok == (i == j), "signature of %d under the key of %d: %t", i, j, ok)
		}
	}
}

// testLengths signs messages of every length to 300, of equal bytes, so that only the length tells them apart.
func (s *scheme) testLengths() {
	key := s.signers[0].Public()
	for n := range 300 {
		msg := bytes.Repeat([]byte{byte(n % 2)}, n)
		sig := s.sign(0, msg)
		s.expect(s.verifier.Verify(key, msg, sig), "length %d: refused", n)
		s.expect(!s.verifier.Verify(key, append(msg, byte(n%2)), sig), "length %d: accepted for one byte more", n)
		if n > 0 {
			s.expect(!s.verifier.Verify(key, msg[:n-1], sig), "length %d: accepted for one byte less", n)
		}
	}
}

// testTampering turns over each bit of key, message and signature, and cuts and pads the signature.
func (s *scheme) testTampering() {
	msg := []byte("a message of fifty-one bytes, three words and a bit")
	key, sig := s.signers[0].Public(), s.sign(0, msg)
	flipped := func(what string, b []byte) {
		for bit := range 8 * len(b) {
			b[bit/8] ^= 1 << (bit % 8)
			s.expect(!s.verifier.Verify(key, msg, sig), "accepted with bit %d of the %s turned over", bit, what)
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
	flipped("key", key[:])
	flipped("message", msg)
	flipped("signature", sig)
	s.expect(!s.verifier.Verify(key, msg, nil), "accepted without a signature")
	s.expect(!s.verifier.Verify(key, msg, sig[:len(sig)-1]), "accepted with a short signature")
	s.expect(!s.verifier.Verify(key, msg, append(sig, 0)), "accepted with a long signature")
	s.expect(!s.verifier.Verify(key, msg, make([]byte, crypto.SignatureSize)), "accepted with a signature of zeros")
	s.expect(s.verifier.Verify(key, msg, sig), "refused after these")
}

func (s *scheme) testVerifyAll() {
	s.expect(s.verifier.VerifyAll(nil, nil, nil), "VerifyAll of nothing is false")
	var keys []crypto.PublicKey
	var msgs, sigs [][]byte
	for n := range 20 {
		i := n % len(s.signers)
		msg := fmt.Appendf(nil, "message %d", n)
		keys, msgs, sigs = append(keys, s.signers[i].Public()), append(msgs, msg), append(sigs, s.sign(i, msg))
		all := func() bool { return s.verifier.VerifyAll(keys, msgs, sigs) }

		s.expect(all(), "VerifyAll of %d: refused", n+1)
		for bad := range sigs {
			good := sigs[bad]
			for name, forged := range map[string][]byte{
				"altered": append([]byte{good[0] ^ 1}, good[1:]...), "short": good[1:], "absent": nil,
			} {
				sigs[bad] = forged
				s.expect(!all(), "VerifyAll of %d: accepted with signature %d %s", n+1, bad, name)
			}
			sigs[bad] = good
		}
		if n > 0 {
			sigs[0], sigs[n] = sigs[n], sigs[0]
			s.expect(!all(), "VerifyAll of %d: accepted with two signatures exchanged", n+1)
			sigs[0], sigs[n] = sigs[n], sigs[0]
		}
		s.expect(!s.verifier.VerifyAll(keys[:n], msgs, sigs), "VerifyAll of %d: accepted with a key less", n+1)
		s.expect(!s.verifier.VerifyAll(keys, msgs[:n], sigs), "VerifyAll of %d: accepted with a message less", n+1)
		s.expect(!s.verifier.VerifyAll(keys, msgs, sigs[:n]), "VerifyAll of %d: accepted with a signature less", n+1)
	}
}

// testConcurrentUse has every goroutine use every signer and the verifier, good and bad batches mixed.
func (s *scheme) testConcurrentUse() {
	var (
		wg    sync.WaitGroup
		mutex sync.Mutex
	)
	for g := range 4 {
		wg.Go(func() {
			for round := range 8 {
				if err := s.signAndVerify(fmt.Appendf(nil, "goroutine %d round %d", g, round)); err != nil {
					mutex.Lock()
					s.wrong = append(s.wrong, err)
					mutex.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

func (s *scheme) signAndVerify(msg []byte) error {
	var keys []crypto.PublicKey
	var msgs, sigs [][]byte
	for _, signer := range s.signers {
		sig, err := signer.Sign(msg)
		if err != nil {
			return err
		}
		keys, msgs, sigs = append(keys, signer.Public()), append(msgs, msg), append(sigs, sig)
	}
	good := s.verifier.VerifyAll(keys, msgs, sigs)
	sigs[0] = sigs[1]
	if bad := s.verifier.VerifyAll(keys, msgs, sigs); !good || bad {
		return fmt.Errorf("in concurrent use: %t for good signatures, %t with a bad one", good, bad)
	}
	return nil
}
