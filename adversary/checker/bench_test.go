package checker_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/checker"
)

// BenchmarkCheck measures a certificate of four votes, under simulated signatures.
func BenchmarkCheck(b *testing.B) {
	w := newWorld(b, ofBytes(nil))
	frame := w.frame(checker.Decided)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.checker.Check(frame); err != nil {
			b.Fatal(err)
		}
	}
}
