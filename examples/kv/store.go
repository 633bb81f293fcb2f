package kv

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft"
)

// Bounds on memory that are counted rather than measured, so that they are equal everywhere.
const (
	DefaultBytesMax = 1 << 30
	EntryBytes      = 512 // what a key is counted as beside its own and its value's bytes
)

// notesMax is how many written keys may wait for their hashes after an operation.
const notesMax = 4096

// ErrConfig is wrapped by the errors of Config.Validate.
var ErrConfig = errors.New("kv: invalid configuration")

// Config is what a store needs. It must be equal on all replicas. The zero value is the default.
type Config struct {
	// BytesMax bounds the keys and values, each entry counted as its bytes plus EntryBytes. A write
	// that does not fit ends with an error of code OOM and changes nothing. Default 1 GiB.
	BytesMax int
}

// Validate reports what cannot be, wrapped in ErrConfig.
func (c Config) Validate() error {
	if c.BytesMax < 0 {
		return fmt.Errorf("%w: BytesMax is negative", ErrConfig)
	}
	return nil
}

// Store is the replicated store. It implements pbft.Application and pbft.Admitter and, as those say,
// all but Admit is for one goroutine at a time.
type Store struct {
	bytesMax int
	bytes    int
	entries  map[string]*entry

	tree  branch
	notes []*entry // written since the tree was brought up to date, each once

	parser  parser
	scratch []byte
}

// entry is one key. When the key is deleted it lives on as a note, if it has one.
type entry struct {
	key     string
	place   hash // of the key
	value   []byte
	noted   bool
	deleted bool
}

var (
	_ pbft.Application = (*Store)(nil)
	_ pbft.Admitter    = (*Store)(nil)
)

// New returns an empty store, or the error of cfg.Validate.
func New(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.BytesMax == 0 {
		cfg.BytesMax = DefaultBytesMax
	}
	return &Store{bytesMax: cfg.BytesMax, entries: make(map[string]*entry)}, nil
}

// Len returns the number of keys.
func (s *Store) Len() int { return len(s.entries) }

// Admit implements pbft.Admitter: it turns away what is malformed.
func (s *Store) Admit(op []byte) error {
	_, err := Parse(op)
	return err
}

// Execute implements pbft.Application.
func (s *Store) Execute(b *pbft.Block) [][]byte {
	results := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		results[i] = s.do(b.Ops[i].Data)
	}
	return results
}

// do executes one operation, all or nothing if it is malformed. The result is in memory of its own.
func (s *Store) do(op []byte) []byte {
	commands, err := s.parser.parse(op)
	if err != nil {
		return []byte{kindMalformed}
	}
	out := s.scratch[:0]
	for i := range commands {
		c := &commands[i]
		if len(out)+s.resultBytes(c) > ResultBytesMax {
			break
		}
		out = handlers[c.Verb](s, out, c.Args)
	}
	s.scratch = out
	result := bytes.Clone(out)
	if len(s.notes) >= notesMax {
		s.Digest()
	}
	return result
}

// resultBytes returns what the result of c takes at most.
func (s *Store) resultBytes(c *Command) int {
	if c.Verb == Get {
		if e := s.entries[string(c.Args[0])]; e != nil {
			return resultSpare + len(e.value)
		}
	}
	return resultSpare
}

// Digest implements pbft.Application. See the package documentation.
func (s *Store) Digest() pbft.Digest {
	s.settle()
	return s.tree.sum()
}

// note remembers that e was written.
func (s *Store) note(e *entry) {
	if e.noted {
		return
	}
	e.noted = true
	s.notes = append(s.notes, e)
}

// settle brings the leaves of the tree up to date, in the order of the notes. A key that was deleted
// and then set again has two, and the later one counts.
func (s *Store) settle() {
	for i, e := range s.notes {
		if e.deleted {
			s.tree.remove(&e.place, 0)
		} else {
			s.tree.put(e, s.leafHash(e), 0)
		}
		e.noted, s.notes[i] = false, nil
	}
	s.notes = s.notes[:0]
}

func (s *Store) leafHash(e *entry) hash {
	b := append(s.scratch[:0], tagLeaf)
	b = append(b, e.place[:]...)
	b = append(b, e.value...)
	s.scratch = b
	return sha256.Sum256(b)
}
