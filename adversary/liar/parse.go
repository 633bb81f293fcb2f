package liar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// ErrSyntax is wrapped by all errors of Parse.
var ErrSyntax = errors.New("liar: bad behaviour")

// Bounds of what Parse takes: a text comes from scenario files and fuzzers.
const (
	textMax  = 512 // bytes
	depthMax = 8
)

// Parse returns the behaviour that a text names: one of Behaviours, or one made of
// them:
//
//	compose(a,b,...)        a's messages pass b, and so on
//	when(CONDITION,a)       a while view>=2, decided<10 (also target, tip, stable), primary or backup
//	after(2s,a) until(2s,a) a from then on, until then
//	towards(WHO,a)          a for upper, lower, victim, others, primary, next, clients, or a replica's number
//	only(prepare,...,a)     a for these kinds of messages
//	sometimes(30,a)         a for so many messages of 100
//	delay(50ms), slow-drip(150ms), mutate(3), mutate-deep(3)
//
// There are no spaces. The Name of what it returns is the text.
func Parse(text string) (*Behaviour, error) {
	if len(text) > textMax {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, textMax)
	}
	b, err := parse(text, depthMax)
	if err != nil {
		return nil, err
	}
	b.Name = text
	return b, nil
}

func parse(text string, depth int) (*Behaviour, error) {
	if b := Find(text); b != nil {
		c := *b
		return &c, nil
	}
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(rest, ")") || depth == 0 {
		return nil, fmt.Errorf("%w: %q is not known", ErrSyntax, text)
	}
	args, err := split(strings.TrimSuffix(rest, ")"))
	if err != nil {
		return nil, err
	}
	if b, err := parseAtom(name, args); b != nil || err != nil {
		return b, err
	}
	return parseForm(name, args, depth-1)
}

// split cuts at the commas outside of all parentheses.
func split(s string) ([]string, error) {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, from = append(out, s[from:i]), i+1
			}
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("%w: parentheses in %q do not match", ErrSyntax, s)
	}
	return append(out, s[from:]), nil
}

// parseAtom makes a behaviour that takes a number or a time, or returns nil if there is
// none of this name.
func parseAtom(name string, args []string) (*Behaviour, error) {
	timed, counted := timedAtoms[name], countedAtoms[name]
	if timed == nil && counted == nil {
		return nil, nil
	}
	b := *Find(name)
	switch {
	case len(args) != 1:
		return nil, fmt.Errorf("%w: %s takes one argument", ErrSyntax, name)
	case timed != nil:
		d, err := parseTime(args[0])
		if err != nil {
			return nil, err
		}
		b.New = timed(d)
	default:
		n, err := parseCount(args[0], 1000)
		if err != nil {
			return nil, err
		}
		b.New = counted(n)
	}
	return &b, nil
}

// parseForm makes a behaviour out of others; the last argument is always one.
func parseForm(name string, args []string, depth int) (*Behaviour, error) {
	last := len(args) - 1
	if name == "compose" {
		list := make([]Behaviour, len(args))
		for i := range args {
			b, err := parse(args[i], depth)
			if err != nil {
				return nil, err
			}
			list[i] = *b
		}
		return new(Compose(list...)), nil
	}
	read := gates[name]
	if read == nil || last == 0 || last > 1 && name != "only" {
		return nil, fmt.Errorf("%w: %s( with %d arguments is not known", ErrSyntax, name, len(args))
	}
	p, err := read(args[:last])
	if err != nil {
		return nil, err
	}
	b, err := parse(args[last], depth)
	if err != nil {
		return nil, err
	}
	return new(When(p, *b)), nil
}

// gates read the conditions that a behaviour can stand under, from all arguments but
// the last.
var gates = map[string]func(args []string) (Predicate, error){
	"when": parseState, "towards": parseGroup, "sometimes": parsePercent, "only": parseKinds,
	"after": func(args []string) (Predicate, error) {
		d, err := parseTime(args[0])
		return after(d), err
	},
	"until": func(args []string) (Predicate, error) {
		d, err := parseTime(args[0])
		return until(d), err
	},
}

func parseTime(s string) (clock.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > time.Hour {
		return 0, fmt.Errorf("%w: %q is not a time up to 1h", ErrSyntax, s)
	}
	return d, nil
}

func parseCount(s string, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || n > most {
		return 0, fmt.Errorf("%w: %q is not a number from 1 to %d", ErrSyntax, s, most)
	}
	return n, nil
}

func parseState(args []string) (Predicate, error) {
	s := args[0]
	switch s {
	case "primary":
		return Predicate{s, func(e *Env, _ message.ReplicaID, _ message.Message) bool { return e.Leads() }}, nil
	case "backup":
		return Predicate{s, func(e *Env, _ message.ReplicaID, _ message.Message) bool { return !e.Leads() }}, nil
	}
	for _, c := range comparisons {
		name, number, ok := strings.Cut(s, c.sign)
		if !ok {
			continue
		}
		state := states[name]
		n, err := strconv.ParseUint(number, 10, 64)
		if state == nil || err != nil {
			break
		}
		return Predicate{s, func(e *Env, _ message.ReplicaID, _ message.Message) bool { return c.is(state(e), n) }}, nil
	}
	return Predicate{}, fmt.Errorf("%w: condition %q is not known", ErrSyntax, s)
}

func parseGroup(args []string) (Predicate, error) {
	s := args[0]
	in := groups[s]
	if in == nil {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return Predicate{}, fmt.Errorf("%w: recipients %q are not known", ErrSyntax, s)
		}
		in = func(_ *Env, to message.ReplicaID) bool { return uint64(to) == n }
	}
	return Predicate{s, func(e *Env, to message.ReplicaID, _ message.Message) bool { return in(e, to) }}, nil
}

func parsePercent(args []string) (Predicate, error) {
	n, err := parseCount(args[0], 100)
	return Predicate{args[0], func(e *Env, _ message.ReplicaID, _ message.Message) bool { return e.Draw("sometimes", 100) < n }}, err
}

func parseKinds(names []string) (Predicate, error) {
	var set [message.KindCount]bool
	for _, name := range names {
		k := message.Kind(1)
		for ; k < message.KindCount && !strings.EqualFold(k.String(), name); k++ {
		}
		if k == message.KindCount {
			return Predicate{}, fmt.Errorf("%w: kind of message %q is not known", ErrSyntax, name)
		}
		set[k] = true
	}
	return Predicate{strings.Join(names, ","), func(_ *Env, _ message.ReplicaID, m message.Message) bool { return set[m.Kind()] }}, nil
}
