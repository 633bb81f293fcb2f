package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// config is what was measured, apart from its load: the system's name and its settings, in order.
type config struct {
	class   string
	system  string // the first word of the name
	n       int    // replicas, 0 if the name does not say
	payload int
	key     string // the settings again, to compare with
	set     []setting
}

type setting struct{ name, value string }

// replicasMax bounds what is taken for a number of replicas.
const replicasMax = 1 << 16

// configOf reads the name of a system, such as twothirds/n=4/link=tls, and what else sets results apart.
func configOf(r *benchmarks.Result) config {
	c := config{class: r.Class, payload: r.Load.Payload}
	parts := strings.Split(r.System, "/")
	c.system = parts[0]
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if n, err := strconv.Atoi(value); name == "n" && err == nil && n > 0 && n <= replicasMax {
			c.n = n
			continue
		}
		c.set = append(c.set, setting{name, value})
	}
	for _, flag := range []string{"delay", "quota", "procs"} { // where the name does not say
		if v := flagOf(r.Machine.Args, flag); v != "" && v != "0" && c.value(flag) == "" {
			c.set = append(c.set, setting{flag, v})
		}
	}
	loop := "closed"
	if r.Load.Rate > 0 {
		loop = "open"
	}
	if r.Fault == nil && r.Load.Fault != "" { // from before the start
		c.set = append(c.set, setting{"fault", r.Load.Fault})
	}
	c.set = append(c.set, setting{"loop", loop}, setting{"machine", machineOf(&r.Machine)}, setting{"commit", shortCommit(r.Machine.Commit)})
	for _, s := range c.set {
		c.key += "/" + s.name + "=" + s.value
	}
	return c
}

// value of a setting, or "".
func (c *config) value(name string) string {
	for _, s := range c.set {
		if s.name == name {
			return s.value
		}
	}
	return ""
}

// flagOf returns what a command line says of a flag, or "".
func flagOf(args []string, name string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			return v
		}
		if a == "--"+name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func machineOf(m *benchmarks.Machine) string {
	return strconv.Itoa(m.Cores) + " x " + m.CPU + ", " + m.OS + "/" + m.Arch + " " + m.Kernel
}

// commitDigits tell commits apart.
const commitDigits = 9

func shortCommit(commit string) string {
	if commit == "" {
		return "unknown"
	}
	hash, dirty, _ := strings.Cut(commit, "+")
	short := hash[:min(len(hash), commitDigits)]
	if len(dirty) > 0 || len(hash) < len(commit) {
		short += "+"
	}
	return short
}

// labels names each configuration by its system and the settings in which it differs from another of the same system.
func labels(all []config) []string {
	var out []string
	for _, c := range all {
		same := func(o config) bool { return o.system == c.system }
		words := []string{c.system}
		for _, s := range c.set {
			if slices.ContainsFunc(all, func(o config) bool { return same(o) && o.value(s.name) != s.value }) {
				words = append(words, s.name+"="+s.value)
			}
		}
		out = append(out, plain(strings.Join(words, " ")))
	}
	return out
}

// labelMax is how many letters of a label are drawn.
const labelMax = 90

// plain makes a text fit to be drawn: in an SVG document no control characters may stand.
func plain(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		if !unicode.IsGraphic(r) {
			runes[i] = '?'
		}
	}
	if len(runes) > labelMax {
		return string(runes[:labelMax-3]) + "..."
	}
	return string(runes)
}

// common describes the settings that all configurations of a system share, a line for each system.
func common(all []config) []string {
	var out []string
	var seen []string
	for _, c := range all {
		if slices.Contains(seen, c.system) {
			continue
		}
		seen = append(seen, c.system)
		var words []string
		for _, s := range c.set {
			if s.name != "machine" && !slices.ContainsFunc(all, func(o config) bool { return o.system == c.system && o.value(s.name) != s.value }) {
				words = append(words, s.name+"="+s.value)
			}
		}
		if len(words) > 0 {
			out = append(out, c.system+": "+strings.Join(words, ", "))
		}
	}
	return out
}
