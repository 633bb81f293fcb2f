package shrink

import (
	"reflect"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/clock"
)

// What the fields of a scenario are to become, where it is not nothing: the simplest
// value of a number, or keep. They are named as in a scenario file.
var aims = map[string]int64{
	"decisions": 1, "clients": 1, "ahead": 1, "ops_block": 1, // 0 is more: the default
	"replicas": keep, "seed": keep, "links.delay_min": keep, "links.delay_max": keep, // have phases of their own
	"name": keep, "about": keep, "beyond_f": keep, // say what the scenario is
	"rules.nth": keep, // 0 is another message, and more of them
}

const keep = -1

// structure makes lists shorter and values simpler, once each. It reports whether
// anything became so.
func (s *shrinker) structure() bool {
	was := s.best
	s.lists()
	for _, p := range places(s.best, false) {
		s.simplify(p)
	}
	return !reflect.DeepEqual(was, s.best)
}

// lists makes lists shorter, once each.
func (s *shrinker) lists() bool {
	for i := 0; ; i++ { // an element that is gone takes its own lists along
		all := places(s.best, true)
		if i >= len(all) {
			return false
		}
		s.shorten(all[i])
	}
}

// shorten takes elements out of one list.
func (s *shrinker) shorten(p place) {
	from := clone(s.best)
	list := p.of(&from)
	index := make([]int, list.Len())
	for i := range index {
		index[i] = i
	}
	Reduce(index, func(rest []int) bool {
		c := clone(s.best)
		to := p.of(&c)
		to.SetZero()
		for _, i := range rest {
			to.Set(reflect.Append(to, list.Index(i)))
		}
		return s.try(c)
	})
}

// simplify replaces one value by the simplest that will do.
func (s *shrinker) simplify(p place) {
	for _, v := range simpler(p, p.of(&s.best)) {
		c := clone(s.best)
		p.of(&c).Set(v)
		if s.try(c) {
			return
		}
	}
}

// simpler returns values that are simpler than v, the simplest first.
func simpler(p place, v reflect.Value) []reflect.Value {
	aim := aims[p.name]
	if aim == keep || strings.HasSuffix("."+p.name, "."+identity) {
		return nil
	}
	var out []reflect.Value
	add := func(x any) { out = append(out, reflect.ValueOf(x).Convert(v.Type())) }
	switch {
	case v.Type() == reflect.TypeFor[clock.Duration]():
		for _, d := range fewDigits(clock.Duration(v.Int())) {
			add(d)
		}
	case v.CanInt():
		for _, n := range smaller(v.Int(), aim) {
			add(n)
		}
	case v.CanUint():
		for _, n := range smaller(int64(v.Uint()), aim) {
			add(n)
		}
	case v.CanFloat():
		for _, x := range []float64{0, v.Float() / 2} {
			if x != v.Float() && v.Float() > 1e-3 {
				add(x)
			}
		}
	case v.Kind() == reflect.Bool && v.Bool():
		add(false)
	case v.Kind() == reflect.String && v.Len() > 0:
		for _, text := range append([]string{""}, parts(v.String())...) {
			add(text)
		}
	}
	return out
}

// smaller returns numbers from aim to n. A 0 that means a default is above all.
func smaller(n, aim int64) []int64 {
	if n < 0 {
		return []int64{0, -n, n / 2}
	}
	if n == 0 && aim > 0 {
		return []int64{1, 2, 3, 4, 8}
	}
	list := []int64{aim, aim + 1, aim + (n-aim)/4, aim + (n-aim)/2}
	if n <= 10 {
		list = append(list, n-1)
	}
	return less(list, n, aim)
}

// fewDigits returns times from 0 to d with few digits, none of them so short that nobody
// thinks of it as a time of links and disks.
func fewDigits(d clock.Duration) []clock.Duration {
	all := []clock.Duration{0, round(d/10, 1), round(d/2, 1), round(d, 1), round(d, 2), round(d, 3)}
	return less(slices.DeleteFunc(all, func(x clock.Duration) bool { return x > 0 && x < blink }), d, 0)
}

const blink = 100 * clock.Microsecond

// less returns the numbers of a list that are below n and not below least, each once.
func less[T int64 | clock.Duration](list []T, n, least T) []T {
	var out []T
	for _, x := range list {
		if x < n && x >= least && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// round cuts a time down to so many digits.
func round(d clock.Duration, digits int) clock.Duration {
	most, unit := clock.Duration(1), clock.Duration(1)
	for range digits {
		most *= 10
	}
	for d/unit >= most {
		unit *= 10
	}
	return d / unit * unit
}
