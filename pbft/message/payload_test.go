package message

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// A header names its payload with the hash that is the faster one for its length, and nothing else by it.
func TestHeaderNamesPayload(t *testing.T) {
	for size, kind := range map[int]HashKind{1: HashSHA256, hashLong - 1: HashSHA256, hashLong: HashBLAKE3, 10 * hashLong: HashBLAKE3} {
		raw := bytes.Repeat([]byte{7}, size)
		var h Header
		h.SetPayload(raw)
		require.Equal(t, kind, h.PayloadHash, size)
		require.True(t, h.Names(raw))

		require.False(t, h.Names(raw[1:]))
		require.False(t, h.Names(append([]byte{8}, raw[1:]...)))
		for _, other := range []HashKind{0, HashSHA256, HashBLAKE3, 3} {
			named := h
			named.PayloadHash = other
			require.Equal(t, other == kind, named.Names(raw), "%d bytes under hash %d", size, other)
		}
		h.PayloadSize++
		require.False(t, h.Names(raw))
	}
}

// The digest of nothing is the first of the test vectors that BLAKE3's authors publish (github.com/BLAKE3-team/BLAKE3).
func TestBlake3(t *testing.T) {
	require.Equal(t, "af1349b9f5f9a1a6", HashBLAKE3.digest(nil).String())
}

// A long request is named by BLAKE3, a short one by SHA-256, over the same bytes (spec X2, B3).
func TestRequestDigestByLength(t *testing.T) {
	cluster := Digest{1}
	for size, kind := range map[int]HashKind{0: HashSHA256, 1000: HashSHA256, hashLong: HashBLAKE3, 10 * hashLong: HashBLAKE3} {
		r := Request{Number: 1, Session: SessionID{Seq: 1}, Op: make([]byte, size)}
		require.Equal(t, kind.digest(r.appendSigned(nil, cluster)), r.Digest(cluster), size)
	}
}
