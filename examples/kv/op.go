package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits. They decide results, so they are the same for everyone.
const (
	KeyBytesMax   = 1 << 10  // of one key; a key may be empty
	ValueBytesMax = 32 << 10 // of one value
	ArgsMax       = 1 << 10  // of one command
	CommandsMax   = 1 << 10  // of one operation
	OpBytesMax    = 64 << 10 // of one operation: the engine's default limit
)

// Verb says what a command does.
type Verb byte

// The verbs. Their values are part of the encoding.
const (
	Get    Verb = 1 + iota // key: Bulk or Nil
	Set                    // key, value: OK
	Del                    // keys: Int, how many were there
	Exists                 // keys: Int, how many are there; one that is named twice counts twice
	Incr                   // key: Int, its value plus one; a missing key counts as 0
)

// verbs says how many arguments each takes. All are keys, except Set's second.
var verbs = [...]struct {
	name             string
	argsMin, argsMax int
}{
	Get:    {"get", 1, 1},
	Set:    {"set", 2, 2},
	Del:    {"del", 1, ArgsMax},
	Exists: {"exists", 1, ArgsMax},
	Incr:   {"incr", 1, 1},
}

// String returns the name of the verb in lower case.
func (v Verb) String() string {
	if v.known() {
		return verbs[v].name
	}
	return fmt.Sprintf("Verb(%d)", byte(v))
}

func (v Verb) known() bool { return v >= Get && v <= Incr }

// Errors of operations, wrapped with details.
var (
	// ErrArgs says that a command has too few or too many arguments.
	ErrArgs = errors.New("kv: wrong number of arguments")
	// ErrTooLong says that a key or value is above its limit.
	ErrTooLong = errors.New("kv: key or value too long")
	// ErrFull says that the operation has no room for another command. A single command that
	// does not fit into an empty operation never will.
	ErrFull = errors.New("kv: operation full")
	// ErrMalformed says that bytes are not an operation, or not the results of one.
	ErrMalformed = errors.New("kv: malformed")
)

// Command is one command of an operation.
type Command struct {
	Verb Verb
	Args [][]byte
}

// check returns why the command can be part of no operation, or nil.
func (c *Command) check() error {
	if !c.Verb.known() {
		return fmt.Errorf("%w: unknown verb %d", ErrMalformed, byte(c.Verb))
	}
	if n, v := len(c.Args), &verbs[c.Verb]; n < v.argsMin || n > v.argsMax {
		return fmt.Errorf("%w for %s: %d", ErrArgs, c.Verb, n)
	}
	for i, arg := range c.Args {
		if limit := argBytesMax(c.Verb, i); len(arg) > limit {
			return fmt.Errorf("%w: argument %d of %s has %d bytes, the limit is %d", ErrTooLong, i+1, c.Verb, len(arg), limit)
		}
	}
	return nil
}

func argBytesMax(v Verb, i int) int {
	if v == Set && i == 1 {
		return ValueBytesMax
	}
	return KeyBytesMax
}

// Append appends a command to an operation, which is nil at first, and returns the longer one. If it
// fails the operation is returned as it was, with an error that matches ErrArgs, ErrTooLong,
// ErrFull or, for an unknown verb, ErrMalformed. It does not count the commands: see CommandsMax.
//
// A command is its verb, the number of its arguments, and each argument behind its length. Numbers are
// varints of the shortest form.
func Append(op []byte, v Verb, args ...[]byte) ([]byte, error) {
	c := Command{v, args}
	if err := c.check(); err != nil {
		return op, err
	}
	b := append(op, byte(v))
	b = binary.AppendUvarint(b, uint64(len(args)))
	for _, arg := range args {
		b = binary.AppendUvarint(b, uint64(len(arg)))
		b = append(b, arg...)
	}
	if len(b) > OpBytesMax {
		return op, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFull, len(b), OpBytesMax)
	}
	return b, nil
}

// Parse returns the commands of an operation, or an error that matches ErrMalformed and changes
// nothing. Arguments share op's memory. There is one encoding for each list of commands:
// Append makes op of them again.
func Parse(op []byte) ([]Command, error) {
	var p parser
	return p.parse(op)
}

// parser parses operations one after the other, in memory of its own that it uses again.
type parser struct {
	commands []Command
	args     [][]byte
}

func (p *parser) parse(op []byte) ([]Command, error) {
	p.commands, p.args = p.commands[:0], p.args[:0]
	if len(op) == 0 || len(op) > OpBytesMax {
		return nil, fmt.Errorf("%w: operation of %d bytes", ErrMalformed, len(op))
	}
	for r := (reader{rest: op}); len(r.rest) > 0; {
		if len(p.commands) == CommandsMax {
			return nil, fmt.Errorf("%w: more than %d commands", ErrMalformed, CommandsMax)
		}
		c := Command{Verb: Verb(r.byte())}
		from := len(p.args)
		for range r.number(ArgsMax) {
			p.args = append(p.args, r.bytes(ValueBytesMax))
		}
		if r.failed {
			return nil, fmt.Errorf("%w: command %d", ErrMalformed, len(p.commands))
		}
		c.Args = p.args[from:len(p.args):len(p.args)]
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("%w: command %d: %w", ErrMalformed, len(p.commands), err)
		}
		p.commands = append(p.commands, c)
	}
	return p.commands, nil
}

// reader takes values off the front of rest. Once one is not there, all that follow are zero.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) fail() { r.rest, r.failed = nil, true }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// number takes a varint of the shortest form that is not above limit.
func (r *reader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || n > 1 && r.rest[n-1] == 0 || v > limit {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// bytes takes a length up to limit and as many bytes.
func (r *reader) bytes(limit uint64) []byte {
	n := r.number(limit)
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
