//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package wal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/twothirds-bft/twothirds/storage"
)

// lock relies on the file's existence. After a crash it has to be removed by hand: an inconvenience, where two processes
// voting with one key would be a fault.
func lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePerm)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: %s", storage.ErrLocked, name)
	}
	if err != nil {
		return nil, err
	}
	return existence{f}, nil
}

type existence struct{ *os.File }

func (e existence) Close() error { return errors.Join(e.File.Close(), os.Remove(e.Name())) }
