package shrink

import (
	"reflect"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// world makes the replicas fewer and what is around them simple.
func (s *shrinker) world() bool {
	was := s.best
	s.calm()
	for s.fewer() {
	}
	return !reflect.DeepEqual(was, s.best)
}

// bare leaves nothing of a scenario but its size and one of its lists, or none: many a
// bug needs no more, and what is left of it then is quick to play.
func (s *shrinker) bare() bool {
	from := clone(s.best)
	base := from
	v := reflect.ValueOf(&base).Elem()
	lists := []int{-1}
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Slice {
			lists = append(lists, i)
		}
		if !slices.Contains(size, fieldName(v.Type().Field(i))) {
			v.Field(i).SetZero()
		}
	}
	for _, i := range lists {
		c := base
		if i >= 0 {
			if list := reflect.ValueOf(from).Field(i); list.Len() > 0 {
				reflect.ValueOf(&c).Elem().Field(i).Set(list)
			} else {
				continue
			}
		}
		if s.try(c) {
			break
		}
	}
	return false
}

// size names the fields that bare leaves as they are.
var size = []string{"name", "about", "seed", "replicas", "decisions", "interval", "window", "beyond_f", "limit"}

// calm makes all delays equal, on the links, in loops, disks and applications, or at
// least those of one of them.
func (s *shrinker) calm() {
	still := func(c *sim.Scenario) { c.TurnMax, c.SyncMax, c.ExecMax = 0, 0, 0 }
	constant := func(d clock.Duration) func(*sim.Scenario) {
		return func(c *sim.Scenario) {
			c.Links = sim.Links{DelayMin: d, DelayMax: d, LossPercent: c.Links.LossPercent}
		}
	}
	for _, change := range [][]func(*sim.Scenario){
		{still, constant(clock.Millisecond)}, {still, constant(10 * clock.Millisecond)},
		{still}, {constant(clock.Millisecond)}, {constant(10 * clock.Millisecond)},
		{func(c *sim.Scenario) { c.Links.DelayMin, c.Links.DelayMax = 0, 0 }},
	} {
		c := clone(s.best)
		for _, f := range change {
			f(&c)
		}
		if !reflect.DeepEqual(c, s.best) && s.try(c) && len(change) == 2 {
			return
		}
	}
}

// fewer plays with less replicas, at first with as few as there can be.
func (s *shrinker) fewer() bool {
	n := replicas(&s.best)
	for to := 1; to < n; to++ {
		gone := make([]int, 0, n-to)
		for r := n - 1; r >= 0 && len(gone) < n-to; r-- {
			if !slices.Contains(s.best.Faulty(), r) {
				gone = append(gone, r)
			}
		}
		if len(gone) == n-to && s.tryWithout(n, gone...) {
			return true
		}
	}
	for r := range n {
		if s.tryWithout(n, r) {
			return true
		}
	}
	return false
}

func replicas(sc *sim.Scenario) int {
	if sc.Replicas == 0 {
		return 4 // the default
	}
	return sc.Replicas
}

// tryWithout plays without some of the n replicas, which fall.
func (s *shrinker) tryWithout(n int, gone ...int) bool {
	c, cuts := clone(s.best), slices.Clone(s.cuts)
	c.Replicas = n
	for _, r := range gone {
		without(&c, r)
		cuts = cutsWithout(cuts, r)
	}
	return s.trySeeds(c, cuts)
}

// without takes a replica out of a scenario and all that it says of it; those above it
// move down by one.
func without(sc *sim.Scenario, r int) {
	sc.Replicas--
	strip(reflect.ValueOf(sc).Elem(), int64(r))
}

// strip changes the processes that a value names, and reports whether it has a meaning
// without r. In a scenario an integer called replica is a process, and so is each
// element of a list of integers; a list that named r alone has no meaning.
func strip(v reflect.Value, r int64) bool {
	switch v.Kind() {
	case reflect.Struct:
		whole := true
		for i := range v.NumField() {
			f := v.Field(i)
			if f.Kind() == reflect.Int && fieldName(v.Type().Field(i)) == identity {
				whole = renumber(f, r) && whole
			}
			whole = strip(f, r) && whole
		}
		return whole
	case reflect.Slice:
		processes := v.Type().Elem().Kind() == reflect.Int
		left := reflect.MakeSlice(v.Type(), 0, v.Len())
		for i := range v.Len() {
			if e := v.Index(i); processes && renumber(e, r) || !processes && strip(e, r) {
				left = reflect.Append(left, e)
			}
		}
		switch {
		case left.Len() == v.Len():
			return true // its elements were changed in place
		case left.Len() == 0:
			v.SetZero()
			return !processes
		}
		v.Set(left)
	}
	return true
}

// renumber closes the gap that r leaves, and reports whether p is another.
func renumber(p reflect.Value, r int64) bool {
	if p.Int() > r {
		p.SetInt(p.Int() - 1)
		return true
	}
	return p.Int() != r
}
