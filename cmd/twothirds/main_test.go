package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests run this program as processes: the test binary itself, told to be it.
const asProgram = "TWOTHIRDS_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	_ = os.Setenv(asProgram, "1") // for the processes that tests start
	os.Exit(m.Run())
}

// program runs the program to its end.
func program(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestDemoConvictsTheLiar(t *testing.T) {
	out, errs, code := program(t, "demo", "--for", "3s", "--json")
	require.Zero(t, code, "%s\n%s", out, errs)
	var o outcome
	require.NoError(t, json.Unmarshal([]byte(out), &o))
	require.Positive(t, o.Operations)
	require.Positive(t, o.Evidence)
	require.Equal(t, []int{0}, o.Culprits)
	require.Positive(t, o.View, "the liar was primary of view 0")
	require.NotEmpty(t, o.State)
}

func TestDemoSurvivesTheDeathOfItsPrimary(t *testing.T) {
	out, errs, code := program(t, "demo", "--for", "6s", "--kill", "primary", "--json")
	require.Zero(t, code, "%s\n%s", out, errs)
	var o outcome
	require.NoError(t, json.Unmarshal([]byte(out), &o))
	require.Positive(t, o.Killed, "the primary killed is not the liar")
	require.GreaterOrEqual(t, o.View, uint64(2))
}

// start starts a cluster of processes for a test.
func start(t *testing.T, c *testCluster) *testCluster {
	t.Helper()
	c.dir = t.TempDir()
	t.Cleanup(c.stop)
	require.NoError(t, c.start(t.Context()))
	return c
}

// tool returns a program that CI installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("%s is not installed (Debian: redis-tools)", name)
	}
	require.NoError(t, err)
	return path
}

// Real Redis tools drive four processes through the gateway while one replica is
// stopped, for longer than three windows, and then continued: no command fails,
// and the replica catches up.
func TestRedisBenchmarkWhileAReplicaIsStopped(t *testing.T) {
	bench, cli := tool(t, "redis-benchmark"), tool(t, "redis-cli")
	c := start(t, &testCluster{replicas: 4, interval: 16})
	_, port, _ := strings.Cut(c.redis, ":")
	before, err := c.status(t.Context(), 3)
	require.NoError(t, err)
	require.NoError(t, c.signal(3, syscall.SIGSTOP))

	out, err := exec.CommandContext(t.Context(), bench, "-p", port, "-t", "set,get,incr", "-P", "16", "-c", "50", "-n", "20000", "-r", "1000", "-q").CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("redis-benchmark with one replica stopped:\n%s", out)
	require.NotContains(t, strings.ToLower(string(out)), "error")
	require.Equal(t, 3, strings.Count(string(out), "requests per second"), "%s", out)

	ahead, err := c.status(t.Context(), 0)
	require.NoError(t, err)
	const window = 2 * 16 // L = 2K (spec M5)
	require.Greater(t, ahead.Decided-before.Decided, uint64(3*window), "the replica was not stopped for long enough")
	require.NoError(t, c.signal(3, syscall.SIGCONT))

	counted, err := exec.CommandContext(t.Context(), cli, "-p", port, "incr", "after").CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "1", strings.TrimSpace(string(counted)))
	reports, err := c.settle(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Len(t, reports, 4)
	require.GreaterOrEqual(t, reports[3].Executed, ahead.Decided)
}

// Errors that users make tell what is wrong and what to do.
func TestErrorsTellWhatToDo(t *testing.T) {
	dir := t.TempDir()
	net := filepath.Join(dir, "net")
	base, err := freePorts(9)
	require.NoError(t, err)
	ports := []string{"--port", strconv.Itoa(base), "--admin-port", strconv.Itoa(base + 4), "--redis-port", strconv.Itoa(base + 8)}
	out, _, code := program(t, append([]string{"testnet", "--out", net}, ports...)...)
	require.Zero(t, code)
	require.Contains(t, out, "wrote 4 replicas")
	node := filepath.Join(net, "replica0", "node.toml")
	edit := func(file, from, to string) string {
		b, err := os.ReadFile(filepath.Join(net, file))
		require.NoError(t, err)
		require.Contains(t, string(b), from)
		path := filepath.Join(net, filepath.Dir(file), "edited.toml")
		require.NoError(t, os.WriteFile(path, bytes.Replace(b, []byte(from), []byte(to), 1), 0o600))
		return path
	}
	open := filepath.Join(net, "replica1", "key.pem")

	for _, tc := range []struct {
		name  string
		setup func()
		args  []string
		want  []string
	}{
		{"no command", nil, []string{"dance"}, []string{"unknown command", "--help"}},
		{"three replicas", nil, []string{"testnet", "--replicas", "3", "--out", filepath.Join(dir, "x")}, []string{"tolerate no fault", "4 tolerate one"}},
		{"folder exists", nil, []string{"testnet", "--out", net}, []string{"exists", "another folder"}},
		{"no config", nil, []string{"node", "--config", filepath.Join(dir, "none.toml")}, []string{"does not exist", "testnet"}},
		{"unknown key", nil, []string{"node", "--config", edit("replica0/node.toml", "self =", "colour = \"red\"\nself =")}, []string{"unknown key colour"}},
		{"not bootstrapped", nil, []string{"node", "--config", node}, []string{"--bootstrap", "lost its log"}},
		{"another's key", nil, []string{"node", "--bootstrap", "--config", edit("replica2/node.toml", "self = 2", "self = 0")}, []string{"not that of replica 0"}},
		{"key readable", func() { require.NoError(t, os.Chmod(open, 0o644)) }, []string{"node", "--bootstrap", "--config", filepath.Join(net, "replica1", "node.toml")}, []string{"chmod", "key.pem"}},
		{"key missing", func() { require.NoError(t, os.Remove(open)) }, []string{"node", "--bootstrap", "--config", filepath.Join(net, "replica1", "node.toml")}, []string{"does not exist", "membership change"}},
		{"bad liar", nil, []string{"node", "--liar", "nice", "--config", node}, []string{"nice", "list behaviours"}},
		{"bad seeds", nil, []string{"hunt", "--seeds", "9..1"}, []string{"A..B"}},
		{"bad victim", nil, []string{"demo", "--kill", "9"}, []string{"--kill"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.setup != nil {
				tc.setup()
			}
			_, errs, code := program(t, tc.args...)
			require.NotZero(t, code)
			for _, w := range tc.want {
				require.Contains(t, errs, w)
			}
		})
	}
}

// A port in use, a log in use, a second bootstrap and another cluster's log.
func TestErrorsOfAUsedReplica(t *testing.T) {
	c := start(t, &testCluster{replicas: 4, interval: 128})
	node := filepath.Join(c.conf.out, "replica0", "node.toml")
	_, errs, code := program(t, "node", "--config", node)
	require.NotZero(t, code)
	require.Contains(t, errs, "in use")
	require.Contains(t, errs, "running already")

	c.kill(0)
	_, errs, code = program(t, "node", "--config", node, "--bootstrap")
	require.NotZero(t, code)
	require.Contains(t, errs, "leave out --bootstrap")

	b, err := os.ReadFile(filepath.Join(c.conf.out, "genesis.toml"))
	require.NoError(t, err)
	other := bytes.Replace(b, []byte("interval = 128"), []byte("interval = 64"), 1)
	require.NotEqual(t, b, other)
	require.NoError(t, os.WriteFile(filepath.Join(c.conf.out, "genesis.toml"), other, 0o600))
	_, errs, code = program(t, "node", "--config", node)
	require.NotZero(t, code)
	require.Contains(t, errs, "another cluster")
}

func TestHunt(t *testing.T) {
	out, errs, code := program(t, "hunt", "--seeds", "1..10", "--twice", "5")
	require.Zero(t, code, "%s\n%s", out, errs)
	require.Contains(t, out, "10 worlds")
	out, _, code = program(t, "hunt", "--seeds", "1..5", "--json")
	require.Zero(t, code)
	require.True(t, json.Valid([]byte(out)))
	once, _, _ := program(t, "replay", "7", "--quiet")
	again, _, _ := program(t, "replay", "7", "--quiet")
	require.Equal(t, once, again)
	require.Contains(t, once, "trace hash")
}

// Interrupted, a search that would take hours says how far it came, and that this is not
// the end. (main ends the context at the first SIGINT.)
func TestExhaustInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	cmd := exhaustCommand()
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--slots", "3,3", "--crashes", "1"})
	err := cmd.ExecuteContext(ctx)
	var e *exitError
	require.ErrorAs(t, err, &e)
	require.Equal(t, exitInterrupted, e.code)
	require.Regexp(t, `^bounded by an interrupt: [1-9]\d* states`, out.String())
}

func TestVersion(t *testing.T) {
	out, _, code := program(t, "version")
	require.Zero(t, code)
	require.Contains(t, out, "protocol 1")
}
