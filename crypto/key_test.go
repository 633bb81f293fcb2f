package crypto_test

import (
	"bytes"
	"crypto/ecdsa"
	stded25519 "crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
)

// RFC 8032, 7.1, test 3: the seed, the key, and the signature of af82.
func TestSignIsRFC8032(t *testing.T) {
	seed, err := hex.DecodeString("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
	require.NoError(t, err)
	key, err := crypto.Generate(bytes.NewReader(seed))
	require.NoError(t, err)
	require.Equal(t, "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", crypto.FormatPublic(key.Public()))
	sig, err := key.Sign([]byte{0xaf, 0x82})
	require.NoError(t, err)
	require.Equal(t, "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"+
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a", hex.EncodeToString(sig))
}

func TestGenerate(t *testing.T) {
	first, second := generate(t), generate(t)
	require.NotEqual(t, first.Public(), second.Public())
	_, err := crypto.Generate(strings.NewReader("too short a seed"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestEmptyPrivateKey(t *testing.T) {
	var key crypto.PrivateKey
	_, err := key.Sign(nil)
	require.ErrorIs(t, err, crypto.ErrNoKey)
	require.ErrorIs(t, crypto.SaveKey(filepath.Join(t.TempDir(), "key"), &key), crypto.ErrNoKey)
	require.Nil(t, key.TLSKey())
}

func TestTLSKeyIsACopy(t *testing.T) {
	key := generate(t)
	public := key.Public()
	tlsKey := key.TLSKey()
	require.Equal(t, stded25519.PublicKey(public[:]), tlsKey.Public())
	want, err := key.Sign([]byte("a vote"))
	require.NoError(t, err)
	require.Equal(t, want, stded25519.Sign(tlsKey, []byte("a vote")), "both sign the same")
	clear(tlsKey)
	got, err := key.Sign([]byte("a vote"))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// A key that gets into a log line is a key lost.
func TestPrivateKeyDoesNotPrintItself(t *testing.T) {
	key := generate(t)
	seed := key.TLSKey().Seed()
	secrets := []string{hex.EncodeToString(seed), strings.ToUpper(hex.EncodeToString(seed)), string(seed),
		strings.Trim(fmt.Sprintf("%d", seed), "[]"), strings.Trim(fmt.Sprintf("%#v", seed), "[]byte{}")}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b"} {
		fmt.Fprintf(&shown, verb+"\n", key)
		fmt.Fprintf(&shown, verb+"\n", *key)
		fmt.Fprintf(&shown, verb+"\n", struct{ Key crypto.Signer }{key})
	}
	slog.New(slog.NewTextHandler(&shown, nil)).Info("start", "key", key)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("start", "key", *key)
	for _, secret := range secrets {
		require.NotContains(t, shown.String(), secret)
	}
	require.Contains(t, shown.String(), crypto.FormatPublic(key.Public()))
}

func TestKeyFile(t *testing.T) {
	key, path := generate(t), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, crypto.SaveKey(path, key))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	loaded, err := crypto.LoadKey(path)
	require.NoError(t, err)
	require.Equal(t, key, loaded)

	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.ErrorIs(t, crypto.SaveKey(path, generate(t)), fs.ErrExist)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "a second key does not replace the first, nor does the attempt remove it")
}

func TestSaveKeyWithoutFolder(t *testing.T) {
	require.ErrorIs(t, crypto.SaveKey(filepath.Join(t.TempDir(), "none", "key.pem"), generate(t)), fs.ErrNotExist)
}

func TestLoadKeyRefusesWhatOthersMayTouch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, crypto.SaveKey(path, generate(t)))
	for bit := range 6 {
		mode := 0o600 | fs.FileMode(1)<<bit
		require.NoError(t, os.Chmod(path, mode))
		_, err := crypto.LoadKey(path)
		require.ErrorIs(t, err, crypto.ErrKeyReadable, "%o", mode)
		require.ErrorContains(t, err, fmt.Sprintf("chmod 600 %q", path))
		require.ErrorContains(t, err, fmt.Sprintf("%04o", mode))
	}
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o700} {
		require.NoError(t, os.Chmod(path, mode))
		_, err := crypto.LoadKey(path)
		require.NoError(t, err, "%o", mode)
	}
}

func TestLoadKeyRefusesOtherFiles(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.pem")
	require.NoError(t, crypto.SaveKey(good, generate(t)))
	text, err := os.ReadFile(good)
	require.NoError(t, err)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	otherDER, err := x509.MarshalPKCS8PrivateKey(other)
	require.NoError(t, err)
	block, _ := pem.Decode(text)

	blankLine := filepath.Join(t.TempDir(), "edited.pem")
	require.NoError(t, os.WriteFile(blankLine, append(bytes.Clone(text), "\n\n"...), 0o600))
	_, err = crypto.LoadKey(blankLine)
	require.NoError(t, err, "editors add lines")

	for name, content := range map[string][]byte{
		"empty":         nil,
		"text":          []byte("not a key"),
		"cut":           text[:len(text)/2],
		"two keys":      append(bytes.Clone(text), text...),
		"something on":  append(bytes.Clone(text), "x"...),
		"long":          append(bytes.Clone(text), bytes.Repeat([]byte("\n"), 8192)...),
		"another type":  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: block.Bytes}),
		"another curve": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: otherDER}),
		"bad DER":       pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes[:20]}),
	} {
		path := filepath.Join(t.TempDir(), "key.pem")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		key, err := crypto.LoadKey(path)
		require.ErrorIs(t, err, crypto.ErrKeyFile, name)
		require.ErrorContains(t, err, path, name)
		require.Nil(t, key, name)
	}
	_, err = crypto.LoadKey(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = crypto.LoadKey(t.TempDir())
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist)
}
