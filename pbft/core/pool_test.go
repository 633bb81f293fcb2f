package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What is passed on fits into frames, whatever the requests are like: a message too
// long to be sent would be lost each time that it is tried again.
func TestPortionsFitIntoFrames(t *testing.T) {
	small, large, huge := message.Request{Op: make([]byte, 100)}, message.Request{Op: make([]byte, 60<<10)}, message.Request{Op: make([]byte, 2<<20)}
	repeat := func(r message.Request, n int) (list []message.Request) {
		for range n {
			list = append(list, r)
		}
		return list
	}
	require.Equal(t, 0, portion(nil))
	require.Equal(t, requestsMax, portion(repeat(small, 5000)))
	require.Equal(t, 17, portion(repeat(large, 1024)))
	require.Equal(t, 1, portion(repeat(huge, 3)))
}
