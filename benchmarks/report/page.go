package report

import (
	_ "embed" // the parts of the page
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS template.CSS

var page = template.Must(template.New("page").Funcs(template.FuncMap{"inline": inline}).Parse(pageHTML))

// content is what the page's template is filled with.
type content struct {
	CSS       template.CSS
	Summary   string
	Unsafe    []row
	Shares    []share
	Model     string
	Sections  []shown
	Losses    []loss
	Exponents []exponent
	Rows      []row
	Machines  []string
	Systems   []system
}

// shown is a section as the template sees it.
type shown struct {
	ID, Title, How string
	Figures        []picture
}

// picture is a figure as the template sees it.
type picture struct {
	Name    string
	SVG     template.HTML
	Caption []string
}

// row is a result in the table of all.
type row struct {
	Number                        int
	Started, Class, System, Load  string
	Payload                       int
	Fault                         string
	PerSec, P50, P99, P999, Gap   string
	Recovery                      string
	CPU, Wire, Signed, Syncs, New string
	Ordered, Safe, Note           string
	Machine                       int
	Commit, Command               string
}

// system is what a system says about itself.
type system struct {
	Name  string
	About []string
}

func (r *report) html(w io.Writer) error {
	c := content{
		CSS: pageCSS, Shares: r.shares, Exponents: r.exponents, Losses: r.losses, Summary: r.summary(),
		Model: "The ceiling is a model: the CPU time to hash, carry, sign and check that no replica can save, with the costs of " + benchmarks.ReferenceMachine +
			", divided by the cores. Replies, logs, execution and clients are free in it, so nothing reaches it; on another machine it is a scale.",
	}
	for i := range r.sections {
		s, err := r.sections[i].show()
		if err != nil {
			return err
		}
		if len(s.Figures) > 0 {
			c.Sections = append(c.Sections, s)
		}
	}
	for i, x := range r.results {
		m := slices.Index(c.Machines, machineOf(&x.Machine))
		if m < 0 {
			m = len(c.Machines)
			c.Machines = append(c.Machines, machineOf(&x.Machine))
		}
		row := rowOf(i+1, x)
		row.Machine = m + 1
		c.Rows = append(c.Rows, row)
		if x.Unsafe != "" {
			c.Unsafe = append(c.Unsafe, row)
		}
		if !slices.ContainsFunc(c.Systems, func(s system) bool { return s.Name == x.System }) {
			c.Systems = append(c.Systems, system{x.System, x.About})
		}
	}
	return page.Execute(w, c)
}

func (r *report) summary() string {
	var commits []string
	for _, x := range r.results {
		if c := shortCommit(x.Machine.Commit); !slices.Contains(commits, c) {
			commits = append(commits, c)
		}
	}
	first, last := r.results[0].Started, r.results[len(r.results)-1].Started
	const layout = "2006-01-02 15:04"
	return fmt.Sprintf("%d results of commit %s, measured from %s to %s UTC", len(r.results), strings.Join(commits, ", "),
		first.UTC().Format(layout), last.UTC().Format(layout))
}

func (s *section) show() (shown, error) {
	out := shown{ID: s.ID, Title: s.Title, How: s.How}
	for i := range s.Figures {
		f := &s.Figures[i]
		svg, err := f.SVG()
		if err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, picture{f.name, inline(f.title, svg), f.caption})
	}
	return out, nil
}

// inline makes an SVG document part of a page: without its head, and with the page's colors.
func inline(title string, svg []byte) template.HTML {
	_, body, _ := strings.Cut(string(svg), "<svg ")
	pairs := []string{hex(paper), "none", hex(ink), "var(--ink)", hex(soft), "var(--soft)", hex(rule), "var(--grid)", hex(shade), "var(--shade)", hex(alarm), "var(--red)"}
	for i, c := range palette {
		pairs = append(pairs, hex(c), fmt.Sprintf("var(--f%d)", i))
	}
	body = strings.NewReplacer(pairs...).Replace(body)
	return template.HTML(`<svg role="img" aria-label="` + template.HTMLEscapeString(title) + `" ` + body) //nolint:gosec // texts in it are escaped
}

// rowOf tells a result.
func rowOf(nth int, r *benchmarks.Result) row {
	_, cpu := cpuOf(r.Class)
	x := row{
		Number: nth, Started: r.Started.UTC().Format("01-02 15:04:05"), Class: r.Class, System: r.System, Load: loopOf(&r.Load), Payload: r.Load.Payload,
		Fault: r.Load.Fault, PerSec: number(r.PerSec), P50: duration(p50(r)), P99: duration(p99(r)), P999: duration(float64(r.Latency.P999)),
		Gap: duration(float64(r.Gap)), CPU: duration(cpu(r)), Wire: size(wireEach(r)), Signed: counted(signedEach(r)), Syncs: counted(syncsEach(r)),
		New: number(mallocsEach(r)), Ordered: counted(float64(r.Ordered)), Safe: "yes", Commit: shortCommit(r.Machine.Commit), Command: command(r.Machine.Args),
	}
	if f := r.Fault; f != nil {
		x.Gap = duration(float64(f.Gap))
		x.Recovery = after(float64(f.Recovery))
	}
	if r.Unsafe != "" {
		x.Safe, x.Note = "NO", r.Unsafe
	}
	if r.Failed > 0 {
		x.Note += fmt.Sprintf(" %d operations failed, first: %s", r.Failed, r.FirstError)
	}
	if r.Interrupted {
		x.Note += " interrupted"
	}
	return x
}

// counted is a figure, or a dash for what a system does not do or does not count.
func counted(x float64) string {
	if x == 0 {
		return "-"
	}
	return number(x)
}

// command tells a command line, with quotes where a shell needs them.
func command(args []string) string {
	var words []string
	for i, a := range args {
		if i == 0 {
			a = filepath.Base(a)
		}
		if a == "" || strings.ContainsAny(a, " \t\n'\"$&|;<>()*?`\\") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
