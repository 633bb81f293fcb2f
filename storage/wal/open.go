package wal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/twothirds-bft/twothirds/storage"
)

const dirPerm = 0o700

// Create begins an empty log in a folder, which is made if need be. It is durable when Create returns, and its state is
// still empty: a replica that may start from nothing writes that down before its first message (spec R2). Errors:
// storage.ErrExist if the folder holds a log, storage.ErrLocked, or the file system's.
func Create(dir string, opts Options) (*Log, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	if err := makeDir(opts.FS, filepath.Clean(dir)); err != nil {
		return nil, err
	}
	return enter(dir, opts, (*Log).create)
}

// Open opens the log in a folder as the last crash or Close left it, cuts off a torn tail, and makes durable what it
// returns. It reads the whole log. Errors: storage.ErrNotExist if there is none, storage.ErrLocked, a
// *storage.CorruptError if something durable was damaged (nothing is changed then), or the file system's.
func Open(dir string, opts Options) (*Log, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return enter(dir, opts.withDefaults(), (*Log).recover)
}

// enter locks a folder and calls start with the numbers of the segments there, in order.
func enter(dir string, opts Options, start func(*Log, []uint64) error) (*Log, error) {
	lock, err := opts.FS.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", storage.ErrNotExist, dir)
	}
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, opts: opts, lock: lock}
	numbers, err := listSegments(opts.FS, dir)
	if err == nil {
		err = start(l, numbers)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return l, nil
}

// makeDir makes a folder durably: each new name is synced in the folder above it.
func makeDir(fsys FS, dir string) error {
	parent := filepath.Dir(dir)
	parents := []string{parent}
	for above := filepath.Dir(parent); above != parent; parent, above = above, filepath.Dir(above) {
		if _, err := fsys.List(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		parents = append(parents, above)
	}
	if err := fsys.MkdirAll(dir, dirPerm); err != nil {
		return err
	}
	for _, parent := range parents {
		if err := syncDir(fsys, parent); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) create(numbers []uint64) error {
	if len(numbers) > 0 {
		return fmt.Errorf("%w in %s", storage.ErrExist, l.dir)
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // crashes the program rather than fail
	l.id = le.Uint64(id[:])
	return l.begin(1, 0)
}

// listSegments returns the numbers of the segments in a folder, in order.
func listSegments(fsys FS, dir string) ([]uint64, error) {
	names, err := fsys.List(dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, name := range names {
		if number, ok := parseName(name); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
