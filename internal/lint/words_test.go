package lint

import (
	"bytes"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: what is published speaks of the product, to anyone, for a long time. So
// no path of one machine, no promise to nobody, and no dash that the prose rules of
// this project do without.

var banned = []struct {
	pattern, unless *regexp.Regexp // unless matches what follows
	why             string
}{
	{regexp.MustCompile(`(^|[\s"'` + "`" + `(=:])/(work|home|root|Users)/\w`), nil, "a path of one machine"},
	{regexp.MustCompile(`(?i)\bwork` + `place\b`), nil, "speak of the product alone"},
	{regexp.MustCompile("\u2014"), nil, "an em-dash: use a colon, commas or two sentences"},
	{
		regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`),
		regexp.MustCompile(`^\((ADR [0-9]+|spec [A-Z][0-9]+)\)`),
		"no reference: write (ADR 7) or (spec N3) behind the word, or do it",
	},
}

// foreign files are not our words.
var foreign = []string{"LICENSE", "go.sum", ".git"}

func isOurs(f *file) bool {
	return !f.generated && !slices.Contains(foreign, path.Base(f.path)) &&
		!strings.Contains(f.path, "testdata/fuzz/") && !bytes.ContainsRune(f.src, 0)
}

// checkWords returns the lines of f that hold something banned.
func checkWords(f *file) []finding {
	var found []finding
	line := 0
	for text := range bytes.Lines(f.src) {
		line++
		text = bytes.TrimRight(text, "\r\n")
		for _, b := range banned {
			if m := b.pattern.FindIndex(text); m != nil && !(b.unless != nil && b.unless.Match(text[m[1]:])) {
				found = append(found, finding{token.Position{Filename: f.path, Line: line}, b.why})
			}
		}
	}
	return found
}

func TestWords(t *testing.T) {
	for _, f := range tree(t) {
		if isOurs(f) {
			report(t, checkWords(f))
		}
	}
}

func TestWordsNotice(t *testing.T) {
	for text, bad := range map[string]bool{
		"see /wo" + "rk/main/x":        true,
		"in \"/ho" + "me/me/x\"":       true,
		"the /tmp/x and a/wo" + "rk/b": false,
		"the Work" + "place":           true,
		"one \u2014 two":               true,
		"one - two, three":             false,
		"// TO" + "DO: later":          true,
		"// TO" + "DO(me): later":      true,
		"// TO" + "DO":                 true,
		"// TO" + "DO(ADR 7): lanes":   false,
		"// TO" + "DO(spec L1): lanes": false,
		"// FIX" + "ME":                true,
		"context.TO" + "DOlist":        false,
	} {
		f := plant(t, "docs/a.md", "fine\n"+text+"\n")
		require.Equal(t, bad, len(checkWords(f)) > 0, text)
		if bad {
			require.Equal(t, 2, checkWords(f)[0].pos.Line)
		}
	}
	require.True(t, isOurs(plant(t, "docs/a.md", "x")))
	require.False(t, isOurs(plant(t, "tools/go.sum", "x")))
	require.False(t, isOurs(plant(t, "a.png", "x\x00")))
}
