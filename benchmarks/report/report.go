package report

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// PageFile is the name of the page in the folder that Write fills.
const PageFile = "index.html"

// Write makes a report on the results in a folder, which it makes if need be: the page, and each figure as SVG and PNG. It
// overwrites files of the same names.
func Write(dir string, results []*benchmarks.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	r := newReport(results)
	for i := range r.sections {
		for k := range r.sections[i].Figures {
			if err := r.sections[i].Figures[k].write(dir); err != nil {
				return err
			}
		}
	}
	var b bytes.Buffer
	if err := r.html(&b); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, PageFile), b.Bytes(), 0o644) //nolint:gosec // it is for others to read
}

func (f *figure) write(dir string) error {
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	png, err := f.PNG()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, f.name+".svg"), svg, 0o644); err != nil { //nolint:gosec // as the page
		return err
	}
	return os.WriteFile(filepath.Join(dir, f.name+".png"), png, 0o644) //nolint:gosec // as the page
}

// report is all that the page says.
type report struct {
	results   []*benchmarks.Result
	shares    []share
	sections  []section
	losses    []loss
	exponents []exponent
}

// section is a part of the page that has figures.
type section struct {
	ID, Title, How string
	Figures        []figure
}

func newReport(results []*benchmarks.Result) *report {
	all := seriesOf(results)
	grown, exponents := growth(familiesOf(all))
	faults := faultsOf(results)
	return &report{
		results: results, shares: sharesOf(all), exponents: exponents, losses: lossesOf(faults),
		sections: []section{
			{"curves", "Latency over throughput", "Follow a line from the left: throughput grows with the load until the knee, after which only the latency does.", curves(all)},
			{"faults", "Across faults", "What completed in each tenth of a second, and how late it was, while replicas failed. During is the throughput from the fault's first step to its last, or to the end of the run, beside the one before; gap, return of the p99 and views are medians of the runs.", faultFigures(faults)},
			{"growth", "Growth with the number of replicas", "A straight line between logarithmic axes is a power of n; its exponent is in the table.", grown},
			{"memory", "Memory over time", "What runs of a minute or longer held: flat is bounded.", memoryFigures(results)},
		},
	}
}
