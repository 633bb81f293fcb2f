package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/redcon"

	"github.com/twothirds-bft/twothirds/examples/kv"
)

// readAll returns all commands of a stream, and the error that ends it: io.EOF if it was in order.
func readAll(src io.Reader) (commands []string, err error) {
	r := reader{src: src}
	for {
		words, err := r.next()
		switch {
		case err != nil:
			return commands, err
		case words != nil:
			commands = append(commands, fmt.Sprintf("%q", words))
		default:
			if err := r.fill(); err != nil {
				return commands, err
			}
		}
	}
}

func encode(words ...string) string {
	b := redcon.AppendArray(nil, len(words))
	for _, w := range words {
		b = redcon.AppendBulkString(b, w)
	}
	return string(b)
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", kv.ValueBytesMax)
	stream := encode("GET", "a") + encode("SET", "a\r\n", "") + encode("SET", "", long) + encode(make([]string, wordsMax)...)
	want, err := readAll(strings.NewReader(stream))
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, want, 4)
	require.Equal(t, `["GET" "a"]`, want[0])
	require.Equal(t, `["SET" "a\r\n" ""]`, want[1])
	require.Equal(t, fmt.Sprintf("%q", []string{"SET", "", long}), want[2])
	for _, cut := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		got, err := readAll(cut(strings.NewReader(stream)))
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, want, got)
	}
}

func TestReaderRefuses(t *testing.T) {
	for _, stream := range []string{
		"GET a\r\n", "\r\n", "$3\r\nGET\r\n", "POST / HTTP/1.1\r\n",
		"*\r\n", "*0\r\n", "*-1\r\n", "*+1\r\n", "* 1\r\n", "*1 \r\n", "*1\n", "*1\rx", "*a\r\n",
		fmt.Sprintf("*%d\r\n", wordsMax+1), "*99999999\r\n", "*18446744073709551617\r\n",
		"*1\r\nGET\r\n", "*1\r\n:3\r\n", "*1\r\n$\r\n", "*1\r\n$-1\r\n", "*1\r\n$-2\r\n", "*1\r\n$9223372036854775807\r\n",
		fmt.Sprintf("*1\r\n$%d\r\n", bufferBytesMax+1),
		"*1\r\n$3\r\nGETxx", "*1\r\n$3\r\nGET\rx", "*1\r\n$3\r\nGET\n",
		"*2\r\n$100000\r\n" + strings.Repeat("x", 100000) + "\r\n$100000\r\n" + strings.Repeat("x", 100000) + "\r\n",
	} {
		for _, src := range []io.Reader{strings.NewReader(stream), iotest.OneByteReader(strings.NewReader(stream))} {
			commands, err := readAll(src)
			require.Empty(t, commands)
			require.ErrorIs(t, err, errProtocol, "%.40q", stream)
		}
	}
	for _, stream := range []string{"", "*", "*1", "*1\r", "*1\r\n", "*1\r\n$", "*1\r\n$3\r\nGET", "*1\r\n$3\r\nGET\r"} {
		_, err := readAll(strings.NewReader(stream))
		require.ErrorIs(t, err, io.EOF, "%q", stream)
	}
}

// A stream that never ends at the end of a command leaves the buffer as small as it was.
func TestReaderStaysSmall(t *testing.T) {
	command := encode("SET", "key", strings.Repeat("v", 100))
	stream := strings.NewReader(strings.Repeat(command, 10_000) + command[:10])
	r := reader{src: stream}
	for stream.Len() > 0 {
		require.NoError(t, r.fill())
		for {
			words, err := r.next()
			require.NoError(t, err)
			if words == nil {
				break
			}
		}
	}
	require.Len(t, r.buf, bufferBytesMin)
}

// The commands of a stream do not depend on how it is cut, nothing panics, nothing grows beyond its bound, and
// what is taken is what redcon would take.
func FuzzReader(f *testing.F) {
	f.Add([]byte(encode("GET", "a")+encode("SET", "", "\r\n")), byte(3))
	f.Add([]byte("*1\r\n$-2\r\n"), byte(1))
	f.Fuzz(func(t *testing.T, stream []byte, cut byte) {
		want, wantErr := readAll(bytes.NewReader(stream))
		first := min(int(cut), len(stream))
		got, err := readAll(io.MultiReader(bytes.NewReader(stream[:first]), iotest.OneByteReader(bytes.NewReader(stream[first:]))))
		require.Equal(t, want, got)
		require.Equal(t, errors.Is(wantErr, io.EOF), errors.Is(err, io.EOF))
		for _, w := range want {
			complete, args, _, rest, err := redcon.ReadNextCommand(stream, nil)
			require.NoError(t, err)
			require.True(t, complete)
			require.Equal(t, w, fmt.Sprintf("%q", args))
			stream = rest
		}
	})
}
