package wire_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/pbft/wire/wiretest"
)

// batch is a payload of 500 requests of 256 bytes each.
func batch() []byte {
	r := message.Request{Session: message.SessionID{Seq: 9}, Op: make([]byte, 256)}
	list := make([]message.Request, 500)
	for i := range list {
		r.Number++
		list[i] = r
	}
	return message.AppendBatch(nil, list)
}

// certificate is one of a cluster of 100.
func certificate() *message.CommitCert {
	c := &message.CommitCert{View: 3, Seq: 1_000_000}
	for i := range 67 {
		c.Votes = append(c.Votes, message.CertVote{Signer: message.ReplicaID(i), Seq: c.Seq, Sig: make([]byte, message.SignatureSize)})
	}
	return c
}

func benchmarkCases() map[string]message.Message {
	raw := batch()
	return map[string]message.Message{
		"kind=PREPARE":             wiretest.Sample(message.KindPrepare),
		"kind=COMMIT":              wiretest.Sample(message.KindCommit),
		"kind=STATUS":              wiretest.Sample(message.KindStatus),
		"kind=PRE-PREPARE":         wiretest.Sample(message.KindPrePrepare),
		"kind=NEW-VIEW/n=3":        wiretest.Sample(message.KindNewView),
		"kind=CC/n=100":            certificate(),
		"kind=BODY/batch=500x256B": &message.Body{Header: message.Header{Seq: 1, PayloadSize: uint32(len(raw))}, Raw: raw},
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, m := range benchmarkCases() {
		frame, err := wire.Append(nil, m)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wire.Decode(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, m := range benchmarkCases() {
		b.Run(name, func(b *testing.B) {
			var frame []byte
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if frame, err = wire.Append(frame[:0], m); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(frame)))
		})
	}
}

// BenchmarkBody is the whole way of a body from its frame to parsed requests, and
// the parse alone: the difference is what this package costs.
func BenchmarkBody(b *testing.B) {
	raw := batch()
	frame, err := wire.Append(nil, &message.Body{Header: message.Header{Seq: 1, PayloadSize: uint32(len(raw))}, Raw: raw})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("step=decode+parse", func(b *testing.B) {
		b.SetBytes(int64(len(frame)))
		b.ReportAllocs()
		for b.Loop() {
			m, err := wire.Decode(frame)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := message.ParseBatch(m.(*message.Body).Raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("step=parse", func(b *testing.B) {
		b.SetBytes(int64(len(frame)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := message.ParseBatch(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
