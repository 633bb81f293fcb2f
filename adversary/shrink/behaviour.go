package shrink

import "strings"

// parts returns texts for behaviours that are simpler than the one that a text names,
// the simplest first: what it is made of, the same with one part less, and with parts
// that are simpler. Not all of them are behaviours; liar.Parse, or a user's own, knows.
func parts(text string) []string {
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(rest, ")") {
		return nil
	}
	args := arguments(strings.TrimSuffix(rest, ")"))
	var out, inner []string
	form := func(args []string) string { return name + "(" + strings.Join(args, ",") + ")" }
	for i, a := range args {
		out = append(out, a)
		if len(args) > 2 {
			inner = append(inner, form(append(append([]string(nil), args[:i]...), args[i+1:]...)))
		}
		for _, p := range parts(a) {
			inner = append(inner, form(append(append(append([]string(nil), args[:i]...), p), args[i+1:]...)))
		}
	}
	return append(out, inner...)
}

// arguments cuts at the commas outside of all parentheses.
func arguments(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, from = append(out, s[from:i]), i+1
			}
		}
	}
	return append(out, s[from:])
}
