package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: a room imports the standard library, itself, and what stands beside it
// here. Dependencies point one way, from what changes often to what must not, and
// each third-party module stays in the room that needs it, so that an importer of
// the protocol does not pay for the gateway's.

// edge allows the room from to import to, a room of ours or a third party's path;
// both hold for what lies below them unless a longer entry matches.
type edge struct {
	from, to, why string
}

var edges = []edge{
	// The protocol: values and pure functions.
	{"pbft/message", "pbft/quorum", "a certificate is quorum power of signatures"},
	{"pbft/session", "pbft/message", "requests and replies are what the table is about"},
	{"pbft/core", "pbft/message", "its nouns"},
	{"pbft/core", "pbft/quorum", "counting votes"},
	{"pbft/core", "pbft/session", "a pending request is an obligation by the executed table (spec T1)"},
	{"pbft/core", "clock", "Instant, the only time that it is told"},
	{"pbft/core", "internal/bug", "faults that prove the tests"},
	{"pbft/message", "github.com/zeebo/blake3", "long payloads (spec B3)"},
	{"pbft/message", "internal/bug", "faults that prove the tests"},
	{"pbft/session", "internal/bug", "faults that prove the tests"},
	{"pbft/quorum", "internal/bug", "faults that prove the tests"},
	{"pbft/verify", "internal/bug", "faults that prove the tests"},
	{"clock", "internal/bug", "faults that prove the tests"},
	{"storage", "internal/bug", "faults that prove the tests"},
	{"client", "internal/bug", "faults that prove the tests"},

	// The edges of the machine: bytes, keys, links, disks.
	{"pbft/wire", "pbft/message", "both sides of the boundary"},
	{"pbft/wire", "github.com/cosmos/gogoproto", "generated code and its runtime"},
	{"pbft/verify", "pbft/message", "the door to the core"},
	{"pbft/verify", "pbft/wire", "frames come in as bytes"},
	{"pbft/verify", "crypto", "batches of signatures"},
	{"crypto", "github.com/cometbft/cometbft/crypto", "Ed25519 under ZIP-215 with batches (spec D3)"},
	{"crypto", "github.com/oasisprotocol/curve25519-voi", "the curve under it, for batches of few keys"},
	{"crypto", "pbft/message", "it implements message.Signer and message.Verifier"},
	{"transport", "golang.org/x/sys", "socket options that the standard library lacks"},
	{"storage", "golang.org/x/sys", "preallocation and fdatasync"},
	{"clock", "golang.org/x/sys", "the kernel's bound on its own clock's error"},
	{"cert", "pbft/message", "what is certified"},
	{"cert", "pbft/quorum", "by how much power"},
	{"cert", "crypto", "by which keys"},
	{"fence", "cert", "a fencing token is a certified reply"},
	{"fence", "pbft/message", "the token's digests and the holder's key"},
	{"fence", "crypto", "writes are signed by the holder"},

	// The public faces.
	{"pbft", "pbft/core", "the shell around it"},
	{"pbft", "pbft/message", "shell"},
	{"pbft", "pbft/quorum", "shell"},
	{"pbft", "pbft/session", "the executor's half of the table"},
	{"pbft", "pbft/wire", "shell"},
	{"pbft", "pbft/verify", "shell"},
	{"pbft", "clock", "shell"},
	{"pbft", "crypto", "shell"},
	{"pbft", "transport", "shell"},
	{"pbft", "storage", "shell"},
	{"pbft", "cert", "decisions are handed on with their proof"},
	{"pbft", "internal/bug", "faults that prove the tests"},
	{"client", "pbft/message", "requests and replies"},
	{"client", "pbft/quorum", "f+1 matching replies (spec X2)"},
	{"client", "pbft/wire", "their bytes"},
	{"client", "crypto", "requests are signed"},
	{"client", "transport", "links to the replicas"},
	{"client", "clock", "retransmission"},

	// What drives, tests and shows the engine.
	{"adversary", engine, "it puts every room into one world"},
	{"adversary", "internal/bug", "it names the seeded bug that a run is built with"},
	{"adversary", "github.com/anishathalye/porcupine", "linearizability of histories"},
	{"adversary", "github.com/BurntSushi/toml", "scenario files"},
	{"adversary", "github.com/zeebo/blake3", "its checker knows nothing of the engine's"},
	{"metrics", "pbft", "it adapts pbft.Metrics"},
	{"metrics", "github.com/prometheus/client_golang", "its own registry"},
	{"abci", engine, "an ABCI application on this engine"},
	{"abci", "github.com/cometbft/cometbft/abci", "the interface that it adapts"},
	{"abci", "github.com/cometbft/cometbft/proto", "the types of that interface"},
	{"cmd/twothirds", engine, "the command runs all of it"},
	{"cmd/twothirds", "adversary", "hunt, replay, shrink"},
	{"cmd/twothirds", "metrics", "node"},
	{"cmd/twothirds", "examples", "demo and gateway run the key-value store"},
	{"cmd/twothirds", "benchmarks", "bench"},
	{"cmd/twothirds", "internal/bug", "hunt says which seeded bug it was built with"},
	{"cmd/twothirds", "github.com/spf13/cobra", "subcommands"},
	{"cmd/twothirds", "github.com/BurntSushi/toml", "configuration files"},
	{"cmd/twothirds", "github.com/tidwall/redcon", "the gateway's Redis port"},
	{"cmd/twothirds", "github.com/HdrHistogram/hdrhistogram-go", "latencies of bench"},
	{"cmd/twothirds", "benchmarks/report", "report"},
	{"cmd/twothirds", "charm.land", "the terminal of top"},
	{"examples", engine, "they show its use"},
	{"examples", "github.com/tidwall/redcon", "the key-value store's Redis port"},
	{"examples", "github.com/cockroachdb/pebble", "application state"},
	{"benchmarks", engine, "what is measured"},
	{"benchmarks", "examples", "workloads"},
	{"benchmarks", "adversary", "replicas that lie while they are measured"},
	{"benchmarks", "github.com/HdrHistogram/hdrhistogram-go", "latencies"},
	{"benchmarks/report", "benchmarks", "the results that it shows"},
	{"benchmarks/report", "gonum.org/v1/plot", "figures, here alone: what measures does not draw"},
}

// testEdges hold for files that end in _test.go and for packages whose name does.
var testEdges = []edge{
	{anywhere, engine, "a test may put its room among others, but never into the simulator: that one tests itself"},
	{anywhere, "internal/bug", "a test may say which seeded bug it was built with"},
	{anywhere, "github.com/stretchr/testify", "assertions"},
	{anywhere, "pgregory.net/rapid", "properties"},
	{anywhere, "github.com/cockroachdb/datadriven", "golden traces"},
	{anywhere, "github.com/rogpeppe/go-internal/testscript", "scripts of the command line"},
	{anywhere, "go.uber.org/goleak", "goroutines that stay behind"},
	{anywhere, "github.com/anishathalye/porcupine", "linearizability"},
	{anywhere, "github.com/cockroachdb/pebble", "a file system that crashes"},
	{anywhere, "github.com/prometheus/client_golang", "what the adapter exports"},
	{anywhere, "github.com/chromedp/chromedp", "the report in a browser"},
	{anywhere, "github.com/chromedp/cdproto", "what the browser's protocol is made of"},
	{"pbft/wire", "google.golang.org/protobuf", "the other decoder, to compare with"},
	{"clock", "github.com/BurntSushi/toml", "an Instant must not be marshalled, by any encoder"},
	{"adversary", "examples", "an application to show with"},
	{"examples", "adversary", "an application of ours is attacked as a user's would be"},
	{"abci", "adversary", "as for the examples"},
}

const (
	anywhere = "*"
	engine   = "engine" // each of engineRooms
)

var engineRooms = []string{
	"pbft", "pbft/core", "pbft/message", "pbft/quorum", "pbft/session", "pbft/wire", "pbft/verify",
	"client", "crypto", "transport", "storage", "clock", "cert", "fence",
}

var otherRooms = []string{
	"adversary", "abci", "metrics", "cmd/twothirds", "examples", "benchmarks", "benchmarks/report", "internal/bug", "internal/lint",
}

// roomOf returns the room that a folder of ours belongs to, the longest that fits.
func roomOf(dir string) (string, bool) {
	best := ""
	for _, room := range slices.Concat(engineRooms, otherRooms) {
		if inside(dir, room) && len(room) > len(best) {
			best = room
		}
	}
	return best, best != ""
}

// allows tells whether e lets room import target, a room of ours or a foreign path.
func (e edge) allows(room, target string, ours bool) bool {
	if e.from != anywhere && e.from != room {
		return false
	}
	if e.to == engine {
		return ours && slices.Contains(engineRooms, target)
	}
	return e.to == target || !ours && inside(target, e.to)
}

// checkImports returns the imports of f that no edge allows.
func checkImports(f *file) []finding {
	room, known := roomOf(f.dir())
	if !known {
		return []finding{at(f.ast, "%s is in no room: add it to the table in internal/lint, with the reasons of its imports", f.dir())}
	}
	allowed := edges
	if f.test || strings.HasSuffix(f.dir(), "test") {
		allowed = slices.Concat(edges, testEdges)
	}
	var found []finding
	for _, spec := range f.ast.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !strings.Contains(strings.Split(target, "/")[0], ".") {
			continue // the standard library
		}
		dir, ours := strings.CutPrefix(target, module+"/")
		if ours {
			if target, known = roomOf(dir); !known {
				found = append(found, at(spec, "imports %s, which is in no room", dir))
				continue
			}
		}
		if ours && target == room {
			continue
		}
		if !slices.ContainsFunc(allowed, func(e edge) bool { return e.allows(room, target, ours) }) {
			found = append(found, at(spec, "%s imports %s: no such edge in internal/lint", room, target))
		}
	}
	return found
}

func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		report(t, checkImports(f))
	}
}

func TestEdgesHaveReasons(t *testing.T) {
	for _, e := range slices.Concat(edges, testEdges) {
		require.NotEmpty(t, e.why, "%s to %s", e.from, e.to)
		if e.from != anywhere {
			room, known := roomOf(e.from)
			require.True(t, known && room == e.from, "%s is not a room", e.from)
		}
	}
}

func TestImportsNotice(t *testing.T) {
	const mod = module + "/"
	for _, c := range []struct {
		path, imports string
		allowed       bool
	}{
		{"pbft/core/a.go", "slices", true},
		{"pbft/core/a.go", mod + "pbft/message", true},
		{"pbft/core/a.go", mod + "transport", false},
		{"pbft/core/a.go", mod + "pbft", false},
		{"pbft/message/a.go", mod + "pbft/core", false},
		{"pbft/a.go", mod + "storage/wal", true},
		{"pbft/a.go", mod + "adversary/sim", false},
		{"pbft/a_test.go", mod + "adversary/sim", false},
		{"examples/kv/kv.go", mod + "adversary", false},
		{"examples/kv/kv_test.go", mod + "adversary", true},
		{"cmd/twothirds/main.go", mod + "adversary/explore", true},
		{"pbft/a.go", "github.com/spf13/cobra", false},
		{"cmd/twothirds/main.go", "github.com/spf13/cobra", true},
		{"storage/wal/wal.go", "github.com/cockroachdb/pebble/v2/vfs", false},
		{"storage/wal/wal_test.go", "github.com/cockroachdb/pebble/v2/vfs", true},
		{"storage/wal/wal.go", "golang.org/x/sys/unix", true},
		{"storage/wal/wal.go", "golang.org/x/system", false},
		{"pbft/a.go", "github.com/stretchr/testify/require", false},
		{"storage/storagetest/suite.go", "github.com/stretchr/testify/require", true},
		{"crypto/key.go", "github.com/cometbft/cometbft/crypto/ed25519", true},
		{"crypto/key.go", "github.com/cometbft/cometbft/p2p/conn", false},
		{"elsewhere/a.go", "fmt", false},
		{"pbft/a.go", mod + "elsewhere", false},
	} {
		src := fmt.Sprintf("package a\nimport _ %q\n", c.imports)
		found := checkImports(plant(t, c.path, src))
		require.Equal(t, c.allowed, len(found) == 0, "%s imports %s", c.path, c.imports)
	}
}
