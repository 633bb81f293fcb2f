package message_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// drawRequest makes a well-formed request.
func drawRequest(t *rapid.T) Request {
	octets := func(most int) []byte { return rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, "octets") }
	r := Request{Number: rapid.Uint64Min(1).Draw(t, "number"), Op: []byte{}}
	copy(r.Client[:], octets(32))
	r.Awaited = rapid.Uint64Max(r.Number).Draw(t, "awaited")
	if sig := octets(255); len(sig) > 0 {
		r.Sig = sig
	}
	if rapid.Bool().Draw(t, "opening") {
		r.Type = RequestOpen
		return r
	}
	r.Session = SessionID{Seq: Seq(rapid.Uint64Min(1).Draw(t, "seq")), Pos: rapid.Uint32().Draw(t, "pos")}
	r.Op = octets(40)
	if rapid.Bool().Draw(t, "bundle") {
		r.Type, r.Op = RequestBundle, AppendBundle(nil, drawOps(t))
	}
	return r
}

func drawOps(t *rapid.T) [][]byte {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 9), 1, 9).Draw(t, "operations")
}

// TestBatch (spec B3): a batch is read in place, nothing of it is lost, and it has
// one form.
func TestBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawRequest), 1, 5).Draw(t, "requests")
		raw := AppendBatch(nil, list)
		p, err := ParseBatch(raw)
		require.NoError(t, err)
		require.Equal(t, list, p.Requests)
		require.Same(t, &raw[0], &p.Raw[0])

		size := 4
		for i := range list {
			flat := list[i].AppendFlat(nil)
			require.Len(t, flat, list[i].Size())
			r, err := ParseFlat(flat)
			require.NoError(t, err)
			require.Equal(t, list[i], r)
			size += 4 + len(flat)
		}
		require.Len(t, raw, size)
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		_, err = ParseBatch(raw[:cut])
		require.ErrorIs(t, err, ErrBatch)
		_, err = ParseBatch(append(bytes.Clone(raw), 0))
		require.ErrorIs(t, err, ErrBatch)
	})
}

// TestBatchInPlace: a request's slices end where it ends, so that appending to
// one never writes into the next.
func TestBatchInPlace(t *testing.T) {
	w := newWorld(t, 1)
	raw := AppendBatch(nil, []Request{w.request(0, 1), w.request(1, 1)})
	before := bytes.Clone(raw)
	p, err := ParseBatch(raw)
	require.NoError(t, err)
	for _, r := range p.Requests {
		_, _ = append(r.Op, 0xff), append(r.Sig, 0xff)
	}
	require.Equal(t, before, raw)
	raw[bytes.Index(raw, []byte("op"))] = 'O'
	require.Equal(t, "Op", string(p.Requests[0].Op), "not copied")
}

// TestMalformedBatch: lengths and counts that lie.
func TestMalformedBatch(t *testing.T) {
	r := Request{Number: 1, Session: SessionID{Seq: 1}, Op: []byte("op"), Sig: []byte("sig")}
	good := AppendBatch(nil, []Request{r, r})
	for name, change := range map[string]func(b []byte) []byte{
		"nothing":                    func([]byte) []byte { return nil },
		"no requests":                func([]byte) []byte { return make([]byte, 4) },
		"count too small":            func(b []byte) []byte { b[3] = 1; return b },
		"count too large":            func(b []byte) []byte { b[3] = 3; return b },
		"count without end":          func(b []byte) []byte { copy(b, "\xff\xff\xff\xff"); return b },
		"request longer than said":   func(b []byte) []byte { b[7]--; return b },
		"request shorter than said":  func(b []byte) []byte { b[7]++; return b },
		"request beyond the end":     func(b []byte) []byte { b[4] = 0xff; return b },
		"request of no bytes":        func(b []byte) []byte { return append(b[:4], make([]byte, 140)...) },
		"operation beyond the end":   func(b []byte) []byte { copy(b[8+61:], "\xff\xff\xff\xff"); return b },
		"operation up to the end":    func(b []byte) []byte { b[8+64] += 4; return b },
		"signature longer than said": func(b []byte) []byte { b[8+65+2]--; return b },
		"signature beyond the end":   func(b []byte) []byte { b[8+65+2] = 0xff; return b },
		"a bundle that is none":      func(b []byte) []byte { b[8] = 2; return b },
		"type 3":                     func(b []byte) []byte { b[8] = 3; return b },
	} {
		_, err := ParseBatch(change(bytes.Clone(good)))
		require.ErrorIs(t, err, ErrBatch, name)
	}
}

// TestBatchAllocation (spec D1): a count that lies makes no memory.
func TestBatchAllocation(t *testing.T) {
	lie := binary.BigEndian.AppendUint32(nil, 1<<32-1)
	lie = append(lie, make([]byte, 1<<16)...)
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = ParseBatch(lie) }))
}

// TestRequestForm (spec X1, N1): what is refused whatever the state.
func TestRequestForm(t *testing.T) {
	operation := Request{Session: SessionID{Seq: 1}, Number: 5, Awaited: 5, Op: []byte("op")}
	opening := Request{Type: RequestOpen, Number: 5}
	for name, row := range map[string]struct {
		base   Request
		change func(r *Request)
		ok     bool
	}{
		"operation":              {operation, func(*Request) {}, true},
		"nothing awaited":        {operation, func(r *Request) { r.Awaited = 0 }, true},
		"empty operation":        {operation, func(r *Request) { r.Op = []byte{} }, true},
		"number 0":               {operation, func(r *Request) { r.Number, r.Awaited = 0, 0 }, false},
		"awaits its successor":   {operation, func(r *Request) { r.Awaited = 6 }, false},
		"no session":             {operation, func(r *Request) { r.Session = SessionID{} }, false},
		"session of genesis":     {operation, func(r *Request) { r.Session = SessionID{Pos: 1} }, false},
		"unknown type":           {operation, func(r *Request) { r.Type = 2 }, false},
		"opening":                {opening, func(*Request) {}, true},
		"opening, nonce 0":       {opening, func(r *Request) { r.Number = 0 }, false},
		"opening of a session":   {opening, func(r *Request) { r.Session.Seq = 1 }, false},
		"opening of a position":  {opening, func(r *Request) { r.Session.Pos = 1 }, false},
		"opening with operation": {opening, func(r *Request) { r.Op = []byte("op") }, false},
	} {
		r := row.base
		row.change(&r)
		_, err := ParseFlat(r.AppendFlat(nil))
		require.Equal(t, row.ok, err == nil, name)
		door := newWorldOf(t, cluster, 7, false, Limits{}, 1).door
		r.Client = door.Members().At(0).Key
		_, err = door.VerifyClient(r.Client, &Requests{List: []Request{r}})
		require.Equal(t, row.ok, err == nil, "%s, not read from bytes", name)
	}
}

// FuzzParseBatch: no bytes make it panic, and what it accepts is what AppendBatch
// writes.
func FuzzParseBatch(f *testing.F) {
	r := Request{Number: 1, Session: SessionID{Seq: 1}, Op: []byte("op"), Sig: []byte("sig")}
	open := Request{Type: RequestOpen, Number: 7}
	f.Add(AppendBatch(nil, []Request{r, open}))
	f.Add(AppendBatch(nil, []Request{open}))
	f.Add([]byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParseBatch(raw)
		if err != nil {
			return
		}
		if again := AppendBatch(nil, p.Requests); !bytes.Equal(raw, again) {
			t.Fatalf("%x\nwas accepted, but its form is\n%x", raw, again)
		}
	})
}

func BenchmarkParseBatch(b *testing.B) {
	list := make([]Request, 500)
	for i := range list {
		list[i] = Request{Session: SessionID{Seq: 9}, Number: uint64(i) + 1, Op: make([]byte, 256)}
	}
	raw := AppendBatch(nil, list)
	b.Run("requests=500/payload=256", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseBatch(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
