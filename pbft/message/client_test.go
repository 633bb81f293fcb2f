package message_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

func requestsOf(list ...Request) *Requests { return &Requests{List: list} }

// TestVerifyClient (spec X1, X6): a client speaks for itself only, signs, and has
// nothing else to say.
func TestVerifyClient(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	mine, other := w.request(0, 1), w.request(1, 1)
	key := mine.Client
	v, err := w.door.VerifyClient(key, requestsOf(mine, w.request(0, 2)))
	require.NoError(t, err)
	require.True(t, v.FromClient())
	require.Len(t, v.Message().(*Requests).List, 2)

	resigned := mine
	resigned.Op = []byte("another")
	short := mine
	short.Sig = short.Sig[:63]
	unsigned := mine
	unsigned.Sig = nil
	for name, row := range map[string]struct {
		m    Message
		want error
	}{
		"another's request":         {requestsOf(other), ErrSender},
		"another's among its own":   {requestsOf(mine, other), ErrSender},
		"a vote":                    {w.prepare(0, 2, 1, Point{Seq: 5}), ErrSender},
		"a status":                  {&Status{}, ErrSender},
		"nothing":                   {nil, ErrSender},
		"no requests":               {requestsOf(), ErrForm},
		"an operation not signed":   {requestsOf(mine, resigned), ErrSignature},
		"a signature of 63 bytes":   {requestsOf(short), ErrSignature},
		"no signature":              {requestsOf(unsigned), ErrSignature},
		"a request that cannot be":  {requestsOf(Request{Client: key}), ErrBatch},
		"a request of this cluster": {requestsOf(func() Request { r := w.request(0, 3); return r }()), nil},
	} {
		v, err := w.door.VerifyClient(key, row.m)
		require.ErrorIs(t, err, row.want, name)
		if row.want != nil {
			require.Equal(t, Verified{}, v, "%s: nothing unverified leaves the door", name)
		}
	}
	elsewhere := newWorldOf(t, Digest{2}, 7, true, Limits{}, 1, 1, 1, 1)
	_, err = elsewhere.door.VerifyClient(key, requestsOf(mine))
	require.ErrorIs(t, err, ErrSignature, "a request to another cluster")
}

// TestForwarded (spec T1, X6): where clients sign, a replica may pass on anyone's
// requests; where they do not, its own only.
func TestForwarded(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	v, err := w.door.Verify(memberID(2), requestsOf(w.request(0, 1), w.request(1, 1)))
	require.NoError(t, err)
	require.False(t, v.FromClient())
	require.Equal(t, memberID(2), v.From())
	bad := w.request(0, 1)
	bad.Sig = bytes.Clone(bad.Sig)
	bad.Sig[0] ^= 1
	_, err = w.door.Verify(memberID(2), requestsOf(w.request(1, 1), bad))
	require.ErrorIs(t, err, ErrSignature)

	w = newWorldOf(t, Digest{1}, 7, false, Limits{}, 1, 1, 1, 1)
	own := Request{Client: w.members.At(2).Key, Session: SessionID{Seq: 1}, Number: 1}
	_, err = w.door.Verify(memberID(2), requestsOf(own))
	require.NoError(t, err)
	_, err = w.door.Verify(memberID(1), requestsOf(own))
	require.ErrorIs(t, err, ErrSender, "of another replica")
	_, err = w.door.Verify(memberID(2), requestsOf(own, w.request(0, 1)))
	require.ErrorIs(t, err, ErrSender, "of a client")
	own.Sig = make([]byte, SignatureSize)
	_, err = w.door.Verify(memberID(2), requestsOf(own))
	require.ErrorIs(t, err, ErrForm, "a signature that nobody would check")
}

// TestSignRequest (spec X6).
func TestSignRequest(t *testing.T) {
	r := Request{Session: SessionID{Seq: 1}, Number: 1}
	for _, signed := range []bool{true, false} {
		w := newWorldOf(t, Digest{1}, 7, signed, Limits{}, 1)
		r.Client, r.Sig = w.client(0).Public(), nil
		require.NoError(t, w.door.SignRequest(w.client(0), &r))
		require.Equal(t, signed, r.Sig != nil)
		_, err := w.door.VerifyClient(r.Client, requestsOf(r))
		require.NoError(t, err)
	}
}

// TestPayload (spec N1): valid is a pure function of the bytes.
func TestPayload(t *testing.T) {
	w := newWorldOf(t, Digest{1}, 7, true, Limits{OpBytes: 2}, 1, 1, 1, 1)
	header := func(raw []byte) *Header {
		h := &Header{}
		h.SetPayload(raw)
		return h
	}
	good := AppendBatch(nil, []Request{w.request(0, 1), w.request(1, 1)})
	p, err := w.door.Payload(header(good), good)
	require.NoError(t, err)
	require.Len(t, p.Requests, 2)

	long, unsigned := w.request(0, 1), w.request(0, 1)
	long.Op = []byte("op+")
	require.NoError(t, w.door.SignRequest(w.client(0), &long))
	unsigned.Sig = nil
	for name, row := range map[string]struct {
		h    *Header
		raw  []byte
		want error
	}{
		"another digest":     {&Header{PayloadHash: HashSHA256, PayloadSize: uint32(len(good))}, good, ErrForm},
		"another size":       {&Header{PayloadHash: HashSHA256, PayloadSize: 9, PayloadDigest: PayloadDigest(good)}, good, ErrForm},
		"no batch":           {header(good[:9]), good[:9], ErrBatch},
		"nothing":            {header(nil), nil, ErrBatch},
		"operation too long": {header(AppendBatch(nil, []Request{long})), AppendBatch(nil, []Request{long}), ErrForm},
		"request not signed": {header(AppendBatch(nil, []Request{unsigned})), AppendBatch(nil, []Request{unsigned}), ErrSignature},
	} {
		_, err := w.door.Payload(row.h, row.raw)
		require.ErrorIs(t, err, row.want, name)
	}
}

// TestRequestsLimit (spec D1).
func TestRequestsLimit(t *testing.T) {
	w := newWorldOf(t, Digest{1}, 7, true, Limits{Requests: 2}, 1, 1, 1, 1)
	key := w.client(0).Public()
	list := []Request{w.request(0, 1), w.request(0, 2), w.request(0, 3)}
	_, err := w.door.VerifyClient(key, requestsOf(list[:2]...))
	require.NoError(t, err)
	_, err = w.door.VerifyClient(key, requestsOf(list...))
	require.ErrorIs(t, err, ErrForm)
	_, err = w.door.Verify(memberID(0), requestsOf(list...))
	require.ErrorIs(t, err, ErrForm)
}
