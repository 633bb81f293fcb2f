package budget

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

var rewrite = flag.Bool("rewrite", false, "lower the budgets to what is spent")

// budgets are figures by name, in lines of the form "name = figure". What stands before the first of them is kept.
type budgets struct {
	head string
	by   map[string]float64
}

func readBudgets(text string) (b budgets, err error) {
	b.by = make(map[string]float64)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			b.head += line
			continue
		}
		name, figure, ok := strings.Cut(strings.TrimSpace(line), "=")
		if name = strings.Join(strings.Fields(name), " "); name == "" {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(figure), 64)
		if _, twice := b.by[name]; err != nil || !ok || twice {
			return b, fmt.Errorf("budget line %q: no figure, or the second of its name", strings.TrimSpace(line))
		}
		b.by[name] = v
	}
	return b, nil
}

// text is the inverse of readBudgets, sorted, a paragraph for each workload.
func (b *budgets) text() string {
	out, last := b.head, ""
	for _, name := range slices.Sorted(maps.Keys(b.by)) {
		workload, measure, _ := strings.Cut(name, " ")
		if workload != last {
			out += "\n"
			last = workload
		}
		out += fmt.Sprintf("%-16s %-14s = %s\n", workload, measure, format(b.by[name]))
	}
	return out
}

func format(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// judge returns what is wrong with what was spent, and the budgets as they may be lowered to.
func (b *budgets) judge(spent map[string]float64) (wrong []string, lowered budgets) {
	lowered = budgets{b.head, make(map[string]float64)}
	names := maps.Clone(b.by)
	maps.Copy(names, spent)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		most, budgeted := b.by[name]
		is, measured := spent[name]
		switch {
		case !measured:
			wrong = append(wrong, fmt.Sprintf("%s: %s budgeted, and nobody measures it: run go test ./benchmarks/budget -run Budget -rewrite", name, format(most)))
			continue
		case !budgeted:
			wrong = append(wrong, fmt.Sprintf("%s: %s, and no budget: add a line", name, format(is)))
			continue
		case is > most:
			wrong = append(wrong, fmt.Sprintf("%s: %s, and the budget is %s", name, format(is), format(most)))
		case is < most:
			wrong = append(wrong, fmt.Sprintf("%s: only %s, and the budget is %s: run go test ./benchmarks/budget -run Budget -rewrite", name, format(is), format(most)))
		}
		lowered.by[name] = min(is, most)
	}
	return wrong, lowered
}

// hold holds what was spent against a file of budgets.
func hold(t *testing.T, file string, spent map[string]float64) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	b, err := readBudgets(string(text))
	require.NoError(t, err)
	wrong, lowered := b.judge(spent)
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(lowered.text()), 0o644))
		wrong, _ = lowered.judge(spent)
	}
	for _, w := range wrong {
		t.Errorf("%s: %s", file, w)
	}
}

func TestRatchetOnlyLowers(t *testing.T) {
	b, err := readBudgets("# why\n# this\n\na gone = 3\na less=3.5\nb more  = 3\nb same = 0.25\n")
	require.NoError(t, err)
	wrong, lowered := b.judge(map[string]float64{"a less": 2, "b more": 4, "b new": 1, "b same": 0.25})
	require.Equal(t, []string{
		"a gone: 3 budgeted, and nobody measures it: run go test ./benchmarks/budget -run Budget -rewrite",
		"a less: only 2, and the budget is 3.5: run go test ./benchmarks/budget -run Budget -rewrite",
		"b more: 4, and the budget is 3",
		"b new: 1, and no budget: add a line",
	}, wrong)
	text := lowered.text()
	require.Equal(t, "# why\n# this\n\na                less           = 2\n\nb                more           = 3\nb                same           = 0.25\n", text)
	again, err := readBudgets(text)
	require.NoError(t, err)
	require.Equal(t, lowered, again)

	for _, bad := range []string{"a\n", "a = many\n", "a = 1\na = 1\n"} {
		_, err = readBudgets(bad)
		require.Error(t, err, bad)
	}
}
