package adversary_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of docs/testing.md anew")

// The list of invariants in docs/testing.md is the one that worlds check.
func TestInvariantsAreDocumented(t *testing.T) {
	const file, begin, end = "../docs/testing.md", "<!-- oracles:begin -->\n", "<!-- oracles:end -->"
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(b), begin)
	require.True(t, ok)
	have, tail, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := "| | must hold | checked |\n|---|---|---|\n"
	for _, o := range sim.Oracles() {
		want += fmt.Sprintf("| %s | %s | %s |\n", o.ID, o.What, o.How)
	}
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644))
		return
	}
	require.Equal(t, want, have, "run go test ./adversary -run Documented -rewrite")
}
