package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// seeds adds what the golden file holds.
func seeds(f *testing.F) {
	for _, b := range golden(f) {
		f.Add(b)
	}
}

// FuzzDecode: no bytes make Decode panic, and what it accepts is what Append
// writes.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Decode(b)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) || m != nil {
				t.Fatalf("got %v and error %v", m, err)
			}
			return
		}
		if m.Kind() != message.Kind(b[0]) {
			t.Fatalf("kind %v from byte %d", m.Kind(), b[0])
		}
		again, err := wire.Append(nil, m)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x\nwas accepted, but its encoding is\n%x (error %v)", b, again, err)
		}
	})
}

// FuzzDecodeBlock is the same for records of the log.
func FuzzDecodeBlock(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		parent, h, raw, err := wire.DecodeBlock(b)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := wire.AppendBlock(nil, parent, &h, raw)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x\nwas accepted, but its encoding is\n%x (error %v)", b, again, err)
		}
	})
}

// FuzzDecodeEvidence is the same for proofs.
func FuzzDecodeEvidence(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := wire.DecodeEvidence(b)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := wire.AppendEvidence(nil, e)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x\nwas accepted, but its encoding is\n%x (error %v)", b, again, err)
		}
	})
}
