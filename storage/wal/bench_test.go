package wal

import (
	"fmt"
	"testing"

	"github.com/twothirds-bft/twothirds/storage"
)

// filled returns a log on the real disk with n entries of so many bytes, 64 to a sync.
func filled(b *testing.B, opts Options, n, bytes int) (dir string, log *Log) {
	b.Helper()
	dir = tempDir(b)
	log, err := Create(dir, opts)
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, bytes)
	for i := range n {
		if err := log.Write([]storage.Record{{Index: uint64(i + 1), Data: data}}); err != nil {
			b.Fatal(err)
		}
		if i%64 == 63 {
			if err := log.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return dir, log
}

// BenchmarkSync is the group commit: so many records of so many bytes, and one sync.
func BenchmarkSync(b *testing.B) {
	for _, bytes := range []int{256, 4 << 10, 128 << 10} {
		for _, group := range []int{1, 16, 256} {
			if bytes*group > 4<<20 {
				continue
			}
			b.Run(fmt.Sprintf("bytes=%d/group=%d", bytes, group), func(b *testing.B) {
				_, log := filled(b, Options{}, 0, 0)
				recs := make([]storage.Record, group)
				for i := range recs {
					recs[i].Data = make([]byte, bytes)
				}
				b.SetBytes(int64(bytes * group))
				b.ReportAllocs()
				for index := uint64(1); b.Loop(); index++ {
					for i := range recs {
						recs[i].Index = index
					}
					if log.Write(recs) != nil || log.Sync() != nil {
						b.Fatal(log.broken)
					}
					if index%1000 == 0 {
						_ = log.Truncate(index - 500)
					}
				}
				_ = log.Close()
			})
		}
	}
}

// BenchmarkWrite is the part of a write that does not touch the disk.
func BenchmarkWrite(b *testing.B) {
	for _, bytes := range []int{256, 128 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", bytes), func(b *testing.B) {
			_, log := filled(b, Options{}, 0, 0)
			rec := []storage.Record{{Index: 1, Data: make([]byte, bytes)}}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				log.buf = log.buf[:0]
				log.active().entries = log.active().entries[:0]
				if err := log.Write(rec); err != nil {
					b.Fatal(err)
				}
			}
			log.buf = nil
			_ = log.Close()
		})
	}
}

func BenchmarkEntries(b *testing.B) {
	_, log := filled(b, Options{}, 4096, 4096)
	b.ReportAllocs()
	index := uint64(0)
	for b.Loop() {
		index = index%4096 + 1
		if found, err := log.Entries(index); err != nil || len(found) != 1 {
			b.Fatal(found, err)
		}
	}
	_ = log.Close()
}

// BenchmarkOpen reads 64 MB back.
func BenchmarkOpen(b *testing.B) {
	dir, log := filled(b, Options{}, 16384, 4096)
	if err := log.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		log, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		_ = log.Close()
	}
}
