package crypto

import (
	"bytes"
	stded25519 "crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const (
	keyFileMode = 0o600
	// keyFileBytesMax is far above the 119 bytes of a key file and bounds what a wrong path makes us read.
	keyFileBytesMax = 4096
	pemType         = "PRIVATE KEY" // PKCS#8, as `openssl genpkey -algorithm ed25519` writes it
)

var (
	// ErrKeyReadable is returned, wrapped with the path and the command that mends it, for a key file that others than
	// its owner have rights to.
	ErrKeyReadable = errors.New("crypto: key file is open to others")
	// ErrKeyFile is returned, wrapped with the path and the reason, for a file that holds no Ed25519 key.
	ErrKeyFile = errors.New("crypto: not an Ed25519 key file")
)

// SaveKey writes k to a new file at path as PKCS#8 in PEM, readable by its owner alone. When it returns nil, the key
// survives a crash of the machine. It never overwrites: for a path that exists, whatever is there, the error matches
// fs.ErrExist, because the key that it might hold cannot be had again.
func SaveKey(path string, k *PrivateKey) error {
	if len(k.key) == 0 {
		return ErrNoKey
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.TLSKey())
	if err != nil {
		return fmt.Errorf("crypto: save key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})
	if err := writeNew(path, text); err != nil {
		return fmt.Errorf("crypto: save key: %w", err)
	}
	return nil
}

// writeNew makes a file that is complete and durable, or none.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, keyFileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(path) // ours, and nobody was told of it
	}
	return err
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // which has no such call
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// LoadKey reads a key from the file that SaveKey wrote, or another tool in the same form. It refuses a file on which
// anyone but the owner has rights (ErrKeyReadable; not on Windows, where modes do not say), and one that holds anything
// but one Ed25519 key (ErrKeyFile).
func LoadKey(path string) (*PrivateKey, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeyFile, path, err)
	}
	return newPrivateKey(key), nil
}

func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("crypto: load key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat() // of the open file: the path may point elsewhere by now
	if err != nil {
		return nil, fmt.Errorf("crypto: load key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: %s has mode %04o; mend it with: chmod 600 %q", ErrKeyReadable, path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, keyFileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("crypto: load key: %w", err)
	}
	if len(text) > keyFileBytesMax {
		return nil, fmt.Errorf("%w: %s: longer than %d bytes", ErrKeyFile, path, keyFileBytesMax)
	}
	return text, nil
}

func parseKey(text []byte) (stded25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("no PEM block")
	case block.Type != pemType:
		return nil, fmt.Errorf("PEM block %q, want %q", block.Type, pemType)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, fmt.Errorf("%d bytes after the PEM block", len(rest))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ed, ok := key.(stded25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T", key)
	}
	return ed, nil
}
