package lint

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var shrink = flag.Bool("shrink", false, "lower the ratchets to what the tree needs")

// exception is a line of a ratchet: what, how many, and why it is borne for now.
type exception struct {
	count int
	why   string
}

// readRatchet parses lines of the form "what = count # why"; without "= count"
// the count is 1. Lines that begin with "#" are kept as the file's heading.
func readRatchet(text string) (head string, table map[string]exception, err error) {
	table = make(map[string]exception)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			head += line + "\n"
		}
		line, why, _ := strings.Cut(line, "#")
		what, number, counted := strings.Cut(strings.TrimSpace(line), " = ")
		if what == "" {
			continue
		}
		e := exception{count: 1, why: strings.TrimSpace(why)}
		if counted {
			if e.count, err = strconv.Atoi(number); err != nil {
				return "", nil, fmt.Errorf("ratchet line %q: %w", line, err)
			}
		}
		table[what] = e
	}
	return head, table, nil
}

// writeRatchet is the inverse of readRatchet, sorted.
func writeRatchet(head string, table map[string]exception) string {
	var b strings.Builder
	b.WriteString(head)
	for _, what := range slices.Sorted(maps.Keys(table)) {
		e := table[what]
		b.WriteString(what)
		if e.count != 1 {
			fmt.Fprintf(&b, " = %d", e.count)
		}
		if e.why != "" {
			fmt.Fprintf(&b, " # %s", e.why)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// compare returns what is wrong between the ratchet's table and the tree's counts,
// and the table as the tree would have it: never more, never higher.
func compare(table map[string]exception, actual map[string]int) (wrong []string, lowered map[string]exception) {
	lowered = make(map[string]exception)
	for _, what := range slices.Sorted(maps.Keys(actual)) {
		e := table[what]
		if actual[what] > e.count {
			wrong = append(wrong, fmt.Sprintf("%s: %d, and %d allowed", what, actual[what], e.count))
		}
		if e.count = min(e.count, actual[what]); e.count > 0 {
			lowered[what] = e
		}
	}
	for _, what := range slices.Sorted(maps.Keys(table)) {
		if actual[what] < table[what].count {
			wrong = append(wrong, fmt.Sprintf("%s: only %d now, and %d allowed: run go test ./internal/lint -shrink",
				what, actual[what], table[what].count))
		}
	}
	return wrong, lowered
}

// ratchet fails for each count above the file's exception, and for each exception
// that the tree no longer needs.
func ratchet(t *testing.T, name string, actual map[string]int) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	head, table, err := readRatchet(string(text))
	require.NoError(t, err)
	wrong, lowered := compare(table, actual)
	if *shrink {
		require.NoError(t, os.WriteFile(name, []byte(writeRatchet(head, lowered)), 0o644))
		wrong, _ = compare(lowered, actual)
	}
	for _, w := range wrong {
		t.Errorf("%s: %s", name, w)
	}
}

func TestRatchetOnlyShrinks(t *testing.T) {
	head, table, err := readRatchet("# why this file\n\ngone = 3\nless = 3 # soon\nmore = 3\nsame\n")
	require.NoError(t, err)
	require.Equal(t, "# why this file\n", head)
	wrong, lowered := compare(table, map[string]int{"less": 2, "more": 4, "new": 1, "same": 1})
	require.Equal(t, []string{
		"more: 4, and 3 allowed",
		"new: 1, and 0 allowed",
		"gone: only 0 now, and 3 allowed: run go test ./internal/lint -shrink",
		"less: only 2 now, and 3 allowed: run go test ./internal/lint -shrink",
	}, wrong)
	require.Equal(t, "# why this file\nless = 2 # soon\nmore = 3\nsame\n", writeRatchet(head, lowered))

	_, _, err = readRatchet("a = many\n")
	require.Error(t, err)
}
