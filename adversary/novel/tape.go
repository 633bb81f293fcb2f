package novel

import "github.com/twothirds-bft/twothirds/adversary/sim"

// draw is one choice that was made while a scenario was generated.
type draw struct {
	label    string
	n, value uint64
}

// tape is all choices of one scenario. It is played back by label: what is drawn under a
// label for the second time is the second choice of that label, so that a change of one
// choice shifts nothing but its own consequences.
type tape []draw

// player answers draws from a tape, from src where the tape has nothing to say, and
// remembers all answers.
type player struct {
	at   map[string][]uint64
	src  sim.Source
	made tape
}

func newPlayer(t tape, src sim.Source) *player {
	p := &player{at: map[string][]uint64{}, src: src}
	for _, d := range t {
		p.at[d.label] = append(p.at[d.label], d.value)
	}
	return p
}

// Draw implements sim.Source.
func (p *player) Draw(label string, n uint64) uint64 {
	var v uint64
	if rest := p.at[label]; len(rest) > 0 {
		v, p.at[label] = rest[0]%n, rest[1:]
	} else {
		v = p.src.Draw(label, n)
	}
	p.made = append(p.made, draw{label, n, v})
	return v
}

// varied returns a tape with up to most of its choices made anew: at random, or the
// first, the last, the next or the one before.
func (t tape) varied(src sim.Source, most uint64) tape {
	out := append(tape(nil), t...)
	for k := 1 + src.Draw("changes", most); k > 0 && len(out) > 0; k-- {
		d := &out[src.Draw("which", uint64(len(out)))]
		switch src.Draw("how", 6) {
		case 0:
			d.value = 0
		case 1:
			d.value = d.n - 1
		case 2:
			d.value = (d.value + 1) % d.n
		case 3:
			d.value = (d.value + d.n - 1) % d.n
		default:
			d.value = src.Draw("value", d.n)
		}
	}
	return out
}

// spliced returns a tape that has the choices of some labels from t and the others from
// u: the faults of one world with the liars of another.
func (t tape) spliced(src sim.Source, u tape) tape {
	mine := map[string]bool{}
	side := func(label string) bool {
		b, ok := mine[label]
		if !ok {
			b = src.Draw("side", 2) == 0
			mine[label] = b
		}
		return b
	}
	var out tape
	for _, d := range t {
		if side(d.label) {
			out = append(out, d)
		}
	}
	for _, d := range u {
		if !side(d.label) {
			out = append(out, d)
		}
	}
	return out
}

// without returns the tape without the choices of one label.
func (t tape) without(label string) tape {
	out := make(tape, 0, len(t))
	for _, d := range t {
		if d.label != label {
			out = append(out, d)
		}
	}
	return out
}
