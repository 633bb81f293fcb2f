package attack_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/attack"
)

var rewrite = flag.Bool("rewrite", false, "write docs/attacks.md anew")

const (
	page  = "../../docs/attacks.md"
	intro = `# The catalogue of attacks

Known attacks on protocols of this family, and bugs that such protocols have had, each translated to this one and
played against the real core on every run of the tests. This page is made from the table in ` + "`adversary/attack`" + `
(` + "`go test ./adversary/attack -run TestPage -rewrite`" + `); a test holds it to that. Numbers have gaps and are never used
again.

A scenario is a file in ` + "`adversary/attack/catalogue`" + `: read it, change it, play it with ` + "`twothirds replay FILE`" + `. The
oracles are those that would notice that the attack worked. The seeded bugs are faults that a build with the tag
` + "`twothirds_bug`" + ` can turn on (` + "`internal/bug`" + `): with each of them the attack does work, which a test shows, too. *Waits
for* says what has to be built before all of an attack can be played.

| | attack | scenarios and tests | oracles | works with | waits for |
|---|---|---|---|---|---|
`
)

// The page says what the table says.
func TestPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(intro)
	for _, a := range attack.All() {
		var files []string
		for _, w := range a.Worlds {
			files = append(files, fmt.Sprintf("[%s](../adversary/attack/catalogue/%s.toml)", w.File, w.File))
		}
		for _, name := range a.Tests {
			files = append(files, "`"+name+"`")
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %s |\n", a.ID, strings.ToLower(a.ID), a.Name, strings.Join(files, ", "),
			strings.Join(a.Oracles, ", "), strings.Join(a.Weak, ", "), a.Waiting)
	}
	for _, a := range attack.All() {
		fmt.Fprintf(&b, "\n### %s\n\n%s%s%s", a.ID,
			wrap("**"+upper(a.Name)+".** "+a.About), wrap("Breaks: "+a.Falls+"."), wrap("Source: "+a.Source+"."))
	}
	if *rewrite {
		require.NoError(t, os.WriteFile(page, []byte(b.String()), 0o600))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "run go test ./adversary/attack -run TestPage -rewrite")
}

// wrap breaks a paragraph into lines.
func wrap(s string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		switch {
		case column == 0:
		case column+1+len(word) > 118:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String() + "\n"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
