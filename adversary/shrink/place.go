package shrink

import (
	"reflect"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// identity is the name of fields that say which process is meant.
const identity = "replica"

// place is where a field or an element is: the index of a field or element at each
// level, and its name in a file, without indices.
type place struct {
	path []int
	name string
}

// of returns what stands at a place of a scenario.
func (p place) of(sc *sim.Scenario) reflect.Value {
	v := reflect.ValueOf(sc).Elem()
	for _, i := range p.path {
		if v.Kind() == reflect.Slice {
			v = v.Index(i)
		} else {
			v = v.Field(i)
		}
	}
	return v
}

// walk calls f with each place of a scenario, lists before what is in them. What is in
// lists of numbers and names is left out: those say who and what is meant.
func walk(sc *sim.Scenario, f func(place, reflect.Value)) {
	walkValue(reflect.ValueOf(sc).Elem(), place{}, f)
}

func walkValue(v reflect.Value, p place, f func(place, reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := fieldName(v.Type().Field(i))
			if p.name != "" {
				name = p.name + "." + name
			}
			walkValue(v.Field(i), place{append(slices.Clip(p.path), i), name}, f)
		}
	case reflect.Slice:
		f(p, v)
		for i := 0; i < v.Len() && v.Type().Elem().Kind() == reflect.Struct; i++ {
			walkValue(v.Index(i), place{append(slices.Clip(p.path), i), p.name}, f)
		}
	default:
		f(p, v)
	}
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return name
}

// clone returns a copy that shares nothing.
func clone(sc sim.Scenario) sim.Scenario {
	copyLists(reflect.ValueOf(&sc).Elem())
	return sc
}

func copyLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			copyLists(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		for i := range c.Len() {
			copyLists(c.Index(i))
		}
	}
}

// places returns the places of all lists, or of all other fields.
func places(sc sim.Scenario, lists bool) []place {
	var out []place
	walk(&sc, func(p place, v reflect.Value) {
		if (v.Kind() == reflect.Slice) == lists {
			out = append(out, p)
		}
	})
	return out
}
