package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// entry is a line's place in the legend, from the left and from the top of it.
type entry struct {
	line line
	x, y vg.Length
}

// legend returns a place for each name of a line, in rows below the panels, and the height of it all.
func (f *figure) legend() ([]entry, vg.Length) {
	style := sans(plot.New().Legend.TextStyle, 10, ink)
	var all []entry
	var x, y vg.Length
	for _, row := range f.rows {
		for _, p := range row {
			for _, l := range p.lines {
				if slices.ContainsFunc(all, func(e entry) bool { return e.line.name == l.name }) {
					continue
				}
				width := sampleWidth + style.Width(l.name) + 3*margin
				if x > 0 && x+width > pageWidth-2*margin {
					x, y = 0, y+entryHeight
				}
				all = append(all, entry{l, x, y})
				x += width
			}
		}
	}
	return all, y + entryHeight + margin
}

// draw puts the entry into the lowest part of c, which is so high.
func (e *entry) draw(c draw.Canvas, height vg.Length) {
	style := sans(plot.New().Legend.TextStyle, 10, ink)
	style.YAlign = draw.YCenter
	x, y := c.Min.X+e.x, c.Min.Y+height-margin-e.y-entryHeight/2
	c.StrokeLine2(e.line.style(), x, y, x+sampleWidth, y)
	if e.line.dots {
		c.DrawGlyphNoClip(e.line.glyph(), vg.Point{X: x + sampleWidth/2, Y: y})
	}
	c.FillText(style, vg.Point{X: x + sampleWidth + margin/2, Y: y}, e.line.name)
}
