package cluster

import (
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// signer counts the signatures that it makes.
type signer struct {
	crypto.Signer
	made atomic.Uint64
}

func (s *signer) Sign(msg []byte) ([]byte, error) {
	s.made.Add(1)
	return s.Signer.Sign(msg)
}

// disk counts what a log does to its file system, and may stall.
type disk struct {
	wal.FS
	syncs, bytes atomic.Uint64

	gate atomic.Pointer[chan struct{}] // closed when syncs return again; nil while they do
}

func (d *disk) stall() {
	gate := make(chan struct{})
	d.gate.CompareAndSwap(nil, &gate)
}

func (d *disk) goOn() {
	if gate := d.gate.Swap(nil); gate != nil {
		close(*gate)
	}
}

// sync counts a sync that f does, once the disk lets it.
func (d *disk) sync(f func() error) error {
	if gate := d.gate.Load(); gate != nil {
		<-*gate
	}
	d.syncs.Add(1)
	return f()
}

type diskFile struct {
	wal.File
	disk *disk
}

func (d *disk) wrap(f wal.File, err error) (wal.File, error) {
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

func (d *disk) Create(name string) (wal.File, error)        { return d.wrap(d.FS.Create(name)) }
func (d *disk) OpenReadWrite(name string) (wal.File, error) { return d.wrap(d.FS.OpenReadWrite(name)) }

func (f *diskFile) WriteAt(b []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(b, at)
	f.disk.bytes.Add(uint64(n))
	return n, err
}

func (f *diskFile) Sync() error     { return f.disk.sync(f.File.Sync) }
func (f *diskFile) SyncData() error { return f.disk.sync(f.File.SyncData) }
