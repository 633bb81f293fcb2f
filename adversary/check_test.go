package adversary_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary"
	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/adversary/linear"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// sum is an application whose state is the sum of its operations' bytes.
type sum struct{ total uint64 }

func (a *sum) Execute(b *pbft.Block) [][]byte {
	out := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		for _, x := range b.Ops[i].Data {
			a.total += uint64(x)
		}
		out[i] = []byte{byte(a.total)}
	}
	return out
}

func (a *sum) Digest() pbft.Digest {
	return sha256.Sum256([]byte{byte(a.total), byte(a.total >> 8), byte(a.total >> 16)})
}

func add(src adversary.Source) []byte { return []byte{byte(src.Draw("amount", 256))} }

func TestAGoodApplication(t *testing.T) {
	adversary.Check(t, adversary.ForApp(func() *sum { return &sum{} }), adversary.Workload(add), adversary.Worlds(60))
}

// stale is a store that answers each read as it answered the one before: on all
// replicas alike, so that only its clients can tell.
type stale struct {
	*linear.KV
	last map[string][]byte
}

func (a *stale) Execute(b *pbft.Block) [][]byte {
	out := a.KV.Execute(b)
	for i := range b.Ops {
		op := string(b.Ops[i].Data)
		if old, ok := a.last[op]; ok && op[0] == linear.Get("")[0] {
			a.last[op], out[i] = out[i], old
		} else {
			a.last[op] = out[i]
		}
	}
	return out
}

func TestLinearizable(t *testing.T) {
	load := linear.Workload(3)
	work := adversary.Workload(func(src adversary.Source) []byte { return load(src.Draw) })
	adversary.Check(t, adversary.ForApp(linear.NewKV), work, adversary.Linearizable(linear.KVModel()), adversary.Worlds(60))
}

func TestInnerStale(t *testing.T) {
	inner(t)
	load := linear.Workload(1)
	work := adversary.Workload(func(src adversary.Source) []byte { return load(src.Draw) })
	adversary.Check(t, adversary.ForApp(func() *wrapped { return &wrapped{stale{linear.NewKV(), map[string][]byte{}}} }), work,
		adversary.Linearizable(linear.KVModel()), quick)
}

// wrapped hides that a KV has snapshots.
type wrapped struct{ app stale }

func (w *wrapped) Execute(b *pbft.Block) [][]byte { return w.app.Execute(b) }
func (w *wrapped) Digest() pbft.Digest            { return w.app.Digest() }

func TestSizes(t *testing.T) {
	adversary.Check(t, adversary.Replicas(1, 5, 7), adversary.Worlds(30), adversary.Decisions(10))
}

// calm holds while no replica is far on: an invariant made to fail.
type calm struct{}

func (calm) Name() string { return "calm" }
func (calm) OnEvent(_ *adversary.World, e adversary.Event) error {
	if e.Kind == adversary.Entered && e.View >= 1 {
		return errors.New("a view was left")
	}
	return nil
}
func (calm) AtEnd(*adversary.World) error { return nil }

// gossip is a behaviour of a user's own: it says everything three times.
var gossip = adversary.Behaviour{
	Name: "gossip", About: "says everything three times",
	New: func(e *adversary.Env) adversary.Sender {
		return func(to message.ReplicaID, m message.Message) {
			for range 3 {
				e.Send(to, m)
			}
		}
	},
}

func TestOwnBehaviour(t *testing.T) {
	adversary.Check(t, adversary.Liars(gossip), adversary.Worlds(40))
	r := adversary.Run(t, adversary.Scenario{Byzantine: []sim.Liar{{Replica: 1, Behaviour: "gossip"}}}, adversary.Liars(gossip))
	require.GreaterOrEqual(t, r.Decisions, 20)
}

func TestExhaust(t *testing.T) {
	r := adversary.Exhaust(t, explore.World{Slots: []int{1, 0}})
	require.Positive(t, r.States)
}

func FuzzWorld(f *testing.F) {
	adversary.Fuzz(f, adversary.ForApp(func() *sum { return &sum{} }), adversary.Workload(add), adversary.Decisions(5))
}

var quick = adversary.ShrinkFor(2 * time.Second)

// Inner tests are run by TestFailures in a process of their own.
func TestInnerNondeterministic(t *testing.T) {
	inner(t)
	made := 0
	adversary.Check(t, adversary.ForApp(func() *sum { made++; return &sum{total: uint64(made % 4)} }), adversary.Workload(add), quick)
}

func TestInnerInvariant(t *testing.T) {
	inner(t)
	adversary.Check(t, adversary.Holds(func() []adversary.Invariant { return []adversary.Invariant{calm{}} }), adversary.Liars(gossip), quick)
}

func inner(t *testing.T) {
	if os.Getenv("TWOTHIRDS_INNER") == "" {
		t.Skip("fails on purpose: TestFailures runs it")
	}
}

// A failure is told with the line that plays it again, shrunk, and kept; the kept file
// fails at once the next time.
func TestFailures(t *testing.T) {
	for test, want := range map[string]string{
		"TestInnerNondeterministic": "I2", "TestInnerInvariant": "calm", "TestInnerStale": "I14",
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			exe, err := os.Executable()
			require.NoError(t, err)
			run := func() string {
				cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^"+test+"$")
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "TWOTHIRDS_INNER=1")
				out, err := cmd.CombinedOutput()
				require.Error(t, err, "%s", out)
				return string(out)
			}
			out := run()
			require.Contains(t, out, want+" at ")
			require.Contains(t, out, "TWOTHIRDS_SEED=")
			require.Contains(t, out, "go test -run '^"+test+"$'")
			kept, err := filepath.Glob(filepath.Join(dir, "testdata", "adversary", test, "*.toml"))
			require.NoError(t, err)
			require.Len(t, kept, 1)
			again := run()
			require.Contains(t, again, "fails again")
			require.Contains(t, again, want)
		})
	}
}
