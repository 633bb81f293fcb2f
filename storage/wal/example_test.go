package wal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// A replica's first life and its second.
func Example() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "log")

	_, err = wal.Open(dir, wal.Options{})
	fmt.Println("nothing to open:", errors.Is(err, storage.ErrNotExist))

	log, err := wal.Create(dir, wal.Options{})
	if err != nil {
		panic(err)
	}
	const view = 1 // a state's slot
	err = errors.Join(
		log.Write([]storage.Record{{Index: 1, Data: []byte("block 1")}, {Slot: view, Data: []byte("view 0")}}),
		log.Sync(), // from here on, others may be told
		log.Close(),
	)
	if err != nil {
		panic(err)
	}

	log, err = wal.Open(dir, wal.Options{})
	if err != nil {
		panic(err)
	}
	defer log.Close()
	blocks, err := log.Entries(1)
	fmt.Printf("%s, %s, %v\n", blocks[0], log.State(view), err)
	// Output:
	// nothing to open: true
	// block 1, view 0, <nil>
}
