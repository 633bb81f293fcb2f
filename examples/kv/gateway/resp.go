package gateway

import (
	"errors"
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/examples/kv"
)

// Limits of what a connection may send.
const (
	bufferBytesMin = 16 << 10
	bufferBytesMax = 128 << 10      // of one command as sent
	wordsMax       = kv.ArgsMax + 1 // of one command, with its name
	digitsMax      = 7              // of a length
)

// errProtocol says that a stream does not hold what a client of this protocol sends. It cannot be
// read any further.
var errProtocol = errors.New("Protocol error") //nolint:staticcheck // what clients expect to read

// reader takes commands from a stream, through one buffer that is bounded.
type reader struct {
	src      io.Reader
	buf      []byte
	from, to int // buf[from:to] is not taken yet
	words    [][]byte
}

// next takes the next command, if all of it is in the buffer, and else returns nil. The words are
// valid until fill is called.
func (r *reader) next() ([][]byte, error) {
	p := parser{rest: r.buf[r.from:r.to]}
	n := p.header('*', wordsMax)
	if n == 0 && p.state == going {
		p.fail("invalid multibulk length")
	}
	words := r.words[:0]
	for range n {
		words = append(words, p.bulk())
		if p.state != going {
			break
		}
	}
	r.words = words
	switch {
	case p.state == failed:
		return nil, p.err
	case p.state == short && r.to-r.from == bufferBytesMax:
		return nil, fmt.Errorf("%w: command too long", errProtocol)
	case p.state == short:
		return nil, nil
	}
	r.from = r.to - len(p.rest)
	return words, nil
}

// fill waits for more of the stream. There must be room, which there is after next has returned nil.
func (r *reader) fill() error {
	if r.from > 0 {
		r.to = copy(r.buf, r.buf[r.from:r.to])
		r.from = 0
	}
	if r.to == len(r.buf) {
		larger := make([]byte, min(max(2*len(r.buf), bufferBytesMin), bufferBytesMax))
		copy(larger, r.buf[:r.to])
		r.buf = larger
	}
	n, err := r.src.Read(r.buf[r.to:])
	r.to += n
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// parser takes the parts of one command off the front of rest, as long as it is going.
type parser struct {
	rest  []byte
	state state
	err   error
}

type state uint8

const (
	going  state = iota
	short        // rest ends within the command
	failed       // and err says why
)

func (p *parser) fail(format string, args ...any) {
	p.state, p.err = failed, fmt.Errorf("%w: %s", errProtocol, fmt.Sprintf(format, args...))
}

// header takes a line of a mark and a number up to limit.
func (p *parser) header(mark byte, limit int) int {
	if p.state != going {
		return 0
	}
	if len(p.rest) == 0 {
		p.state = short
		return 0
	}
	if p.rest[0] != mark {
		p.fail("expected '%c', got '%c'", mark, p.rest[0])
		return 0
	}
	n := 0
	for i, c := range p.rest[1:] {
		switch {
		case c >= '0' && c <= '9' && i < digitsMax:
			n = 10*n + int(c-'0')
		case c == '\r' && i > 0 && n <= limit:
			p.rest = p.rest[1+i:]
			p.line()
			return n
		default:
			p.fail("invalid length after '%c'", mark)
			return 0
		}
	}
	p.state = short
	return 0
}

// line takes the end of a line.
func (p *parser) line() {
	switch {
	case len(p.rest) > 0 && p.rest[0] != '\r' || len(p.rest) > 1 && p.rest[1] != '\n':
		p.fail("expected the end of a line")
	case len(p.rest) < 2:
		p.state = short
	default:
		p.rest = p.rest[2:]
	}
}

// bulk takes one bulk string.
func (p *parser) bulk() []byte {
	n := p.header('$', bufferBytesMax)
	if p.state != going {
		return nil
	}
	if n > len(p.rest) {
		p.state = short
		return nil
	}
	b := p.rest[:n:n]
	p.rest = p.rest[n:]
	p.line()
	return b
}
