package report

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes on the canvas.
const (
	pageWidth   = vg.Length(760)
	panelHeight = vg.Length(250)
	titleHeight = vg.Length(26)
	entryHeight = vg.Length(17)
	sampleWidth = vg.Length(26) // of a line in the legend
	margin      = vg.Length(10)
	dotsPerInch = 144
)

// Colors of a figure. The page replaces each by a variable of its own, so that it can be dark.
var (
	paper   = rgb(0xffffff)
	ink     = rgb(0x1d2126)
	soft    = rgb(0x5c6570)
	rule    = rgb(0xe4e6e9)
	shade   = rgb(0xfbe3e0)
	alarm   = rgb(0xc4202b)
	palette = []color.Color{
		rgb(0x1f5fbf), rgb(0xc65d00), rgb(0x2f7d32), rgb(0x8e44ad), rgb(0x0d7f86), rgb(0xb0307a), rgb(0x7a6a00), rgb(0x6b7076),
	}
)

func rgb(c uint32) color.Color {
	return color.NRGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// shapes tell lines apart where colors do not. Their number has no factor in common with the palette's.
var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}

func hue(i int) color.Color        { return palette[i%len(palette)] }
func shape(i int) draw.GlyphDrawer { return shapes[i%len(shapes)] }

func (l *line) style() draw.LineStyle {
	s := draw.LineStyle{Color: hue(l.color), Width: 1.5}
	if l.dashed {
		s.Dashes = []vg.Length{5, 3}
	}
	return s
}

func (l *line) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: hue(l.color), Radius: 3, Shape: shape(l.color)}
}

// sans makes a style's letters so.
func sans(s text.Style, points vg.Length, c color.Color) text.Style {
	s.Font.Variant = "Sans"
	s.Font.Size = points
	s.Color = c
	return s
}

// SVG returns the figure as a document.
func (f *figure) SVG() ([]byte, error) {
	c := vgsvg.New(pageWidth, f.height())
	f.draw(draw.New(c))
	var b bytes.Buffer
	_, err := c.WriteTo(&b)
	return b.Bytes(), err
}

// PNG returns the figure as a picture.
func (f *figure) PNG() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pageWidth, f.height()), vgimg.UseDPI(dotsPerInch))}
	f.draw(draw.New(c))
	var b bytes.Buffer
	_, err := c.WriteTo(&b)
	return b.Bytes(), err
}

func (f *figure) height() vg.Length {
	_, legend := f.legend()
	return titleHeight + vg.Length(len(f.rows))*panelHeight + legend + 2*margin
}

func (f *figure) draw(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	title := sans(plot.New().Title.TextStyle, 13, ink)
	title.XAlign, title.YAlign = draw.XLeft, draw.YTop
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, f.title)
	entries, legend := f.legend()
	f.drawPanels(draw.Crop(c, 0, 0, legend, -titleHeight))
	for _, e := range entries {
		e.draw(c, legend)
	}
}

// drawPanels puts the panels into a grid with their axes in line.
func (f *figure) drawPanels(c draw.Canvas) {
	plots := make([][]*plot.Plot, len(f.rows))
	for i, row := range f.rows {
		plots[i] = make([]*plot.Plot, len(f.rows[0]))
		for k := range row {
			plots[i][k] = row[k].plot()
		}
	}
	tiles := draw.Tiles{Rows: len(plots), Cols: len(plots[0]), PadX: 2 * margin, PadY: margin}
	if f.rows[0][0].title != "" {
		tiles.PadY, tiles.PadTop = 2*margin, 2*margin
	}
	for i, row := range plot.Align(plots, tiles, c) {
		for k, canvas := range row {
			p := plots[i][k]
			if p == nil {
				continue
			}
			p.Draw(canvas)
			title := sans(p.Title.TextStyle, 11, soft)
			title.YAlign = draw.YBottom
			data := p.DataCanvas(canvas)
			c.FillText(title, vg.Point{X: data.Center().X, Y: data.Max.Y + 4}, f.rows[i][k].title)
		}
	}
}

// plot makes the axes and puts the lines between them.
func (p *panel) plot() *plot.Plot {
	q := plot.New()
	q.BackgroundColor = nil
	p.x.set(&q.X, p.values(func(v xy) float64 { return v.x }, true))
	p.y.set(&q.Y, p.values(func(v xy) float64 { return v.y }, false))
	thin := draw.LineStyle{Color: rule, Width: 0.5}
	q.Add(&plotter.Grid{Vertical: thin, Horizontal: thin}, marks(p.marks))
	for i := range p.lines {
		q.Add(&p.lines[i])
	}
	return q
}

// values returns what an axis has to hold.
func (p *panel) values(of func(xy) float64, horizontal bool) []float64 {
	var all []float64
	for _, l := range p.lines {
		for _, piece := range l.pieces {
			for _, v := range piece {
				all = append(all, of(v))
			}
		}
	}
	if horizontal {
		for _, m := range p.marks {
			all = append(all, m.from, max(m.from, m.to))
		}
	}
	return all
}

// set prepares an axis for the values.
func (x axis) set(a *plot.Axis, values []float64) {
	a.Label.Text = x.label
	a.Label.TextStyle = sans(a.Label.TextStyle, 10, ink)
	a.Tick.Label = sans(a.Tick.Label, 9, ink)
	a.Color, a.Tick.Color, a.Tick.Length, a.Padding = soft, soft, 4, 0
	if x.log {
		a.Scale = plot.LogScale{}
	}
	t := x.ticks(values)
	a.Min, a.Max = t.from, t.to
	for i := range t.ticks {
		if t.ticks[i].Label != "" {
			t.ticks[i].Label = x.format(t.ticks[i].Value)
		}
	}
	a.Tick.Marker = plot.ConstantTicks(t.ticks)
}

// Plot implements plot.Plotter.
func (l *line) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, piece := range l.pieces {
		var points []vg.Point
		for _, v := range piece {
			points = append(points, vg.Point{X: x(v.x), Y: y(v.y)})
		}
		if len(points) > 1 {
			c.StrokeLines(l.style(), points)
		}
		for _, at := range points {
			switch {
			case l.dots:
				c.DrawGlyphNoClip(l.glyph(), at)
			case len(points) == 1:
				c.DrawGlyphNoClip(draw.GlyphStyle{Color: hue(l.color), Radius: 1.5, Shape: draw.CircleGlyph{}}, at)
			}
		}
	}
}

// marks are drawn below the lines, their labels one below the other.
type marks []mark

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	label := sans(p.X.Tick.Label, 9, alarm)
	label.YAlign = draw.YTop
	for i, k := range m {
		if k.from < p.X.Min || k.from > p.X.Max {
			continue
		}
		k.to = min(k.to, p.X.Max)
		at := x(k.from)
		if k.to > k.from {
			c.FillPolygon(shade, []vg.Point{{X: at, Y: c.Min.Y}, {X: at, Y: c.Max.Y}, {X: x(k.to), Y: c.Max.Y}, {X: x(k.to), Y: c.Min.Y}})
			at = x(k.to)
		} else {
			c.StrokeLine2(draw.LineStyle{Color: alarm, Width: 1, Dashes: []vg.Length{2, 2}}, at, c.Min.Y, at, c.Max.Y)
		}
		label.XAlign, at = draw.XLeft, at+3
		if at > c.Min.X+(c.Max.X-c.Min.X)*2/3 {
			label.XAlign, at = draw.XRight, x(k.from)-3
		}
		c.FillText(label, vg.Point{X: at, Y: c.Max.Y - 2 - vg.Length(i)*12}, k.label)
	}
}

// hex is how an SVG says a color.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8)
}
