package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// TestTraces runs the golden traces of testdata, one story a file. They are written
// anew by go test ./pbft/core -run TestTraces -rewrite.
func TestTraces(t *testing.T) {
	datadriven.Walk(t, "testdata/traces", func(t *testing.T, path string) {
		s := runTrace(t, path, true)
		require.Empty(t, s.violations)
	})
}

// runTrace runs one file. If it is not strict, output that differs and verbs that
// fail are passed over: that is for worlds with a bug in them, where the end counts.
func runTrace(t testing.TB, path string, strict bool) *script {
	s := &script{}
	datadriven.RunTestAny(t, path, func(t testing.TB, d *datadriven.TestData) string {
		for line := range strings.Lines(d.FullCmd() + "\n" + d.Input) {
			if err := s.try(line); err != nil && strict {
				t.Fatalf("%s: %s: %v", d.Pos, line, err)
			}
		}
		out := s.log.String()
		s.log.Reset()
		if !strict {
			return d.Expected
		}
		if out == "" {
			return "ok\n"
		}
		return out
	})
	return s
}

// try carries out a line. A panic of the core is a violation, one of the script an
// error.
func (s *script) try(line string) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case scriptError:
			err = fmt.Errorf("%s", r)
		case string:
			s.violate("panic", "%s", r)
		default:
			panic(r)
		}
	}()
	s.do(line)
	return nil
}

// play runs lines of a script. At the end of the test nothing may have been
// violated.
func play(t *testing.T, lines ...string) *script {
	s := &script{}
	s.play(t, lines...)
	t.Cleanup(func() { require.Empty(t, s.violations) })
	return s
}

func (s *script) play(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		require.NoError(t, s.try(line), line)
	}
}

// sentKind returns all messages of a kind that a replica has let go.
func (h *host) sentKind(k message.Kind) (out []message.Message) {
	for _, o := range h.sent {
		if o.Msg.Kind() == k {
			out = append(out, o.Msg)
		}
	}
	return out
}

// written returns all records of a kind on a replica's disk.
func (h *host) written(k core.RecordKind) (out []core.Record) {
	for _, r := range h.disk {
		if r.Kind == k {
			out = append(out, r)
		}
	}
	return out
}
