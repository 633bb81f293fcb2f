package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBenchInVirtualTime(t *testing.T) {
	args := []string{"bench", "--class", "C", "--clients", "2", "--outstanding", "2", "--for", "50ms", "--warm", "0", "--delay", "1ms"}
	stdout, stderr, code := program(t, args...)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "class C")
	require.Contains(t, stdout, "links: 1ms one way between replicas")
	require.Contains(t, stdout, "in replicas, by the model")
	again, _, _ := program(t, args...)
	require.Equal(t, stdout, again, "a seed has the same figures each time")

	_, stderr, code = program(t, append(args, "--procs", "2")...)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "class C has no")
}
