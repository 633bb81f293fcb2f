package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/examples/kv"
	"github.com/twothirds-bft/twothirds/examples/kv/gateway"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	memlog "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
	memnet "github.com/twothirds-bft/twothirds/transport/memory"
)

// cluster is four replicas of the store in this process, over memory links, and a client of theirs.
type cluster struct {
	t        testing.TB
	genesis  message.Genesis
	keys     []*crypto.PrivateKey
	net      *memnet.Network
	replicas []*pbft.Replica
	stores   []*kv.Store
	client   *client.Client
}

func newKey(t testing.TB) *crypto.PrivateKey {
	k, err := crypto.Generate(rand.Reader)
	require.NoError(t, err)
	return k
}

func newCluster(t testing.TB) *cluster {
	c := &cluster{t: t, net: memnet.NewNetwork(), genesis: message.Genesis{Name: t.Name(), Interval: 128, Signed: true}}
	for i := range 4 {
		c.keys = append(c.keys, newKey(t))
		c.genesis.Members = append(c.genesis.Members, message.Member{ID: message.ReplicaID(i), Key: c.keys[i].Public(), Power: 1})
	}
	for i := range c.keys {
		c.start(i)
	}
	key := newKey(t)
	cl, err := client.New(client.Config{
		Genesis: c.genesis, Key: key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			return c.net.JoinClient(key.Public(), transport.Config{Members: c.members(), Handler: h, OnUp: up})
		},
	})
	require.NoError(t, err)
	c.client = cl
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	return c
}

func (c *cluster) members() map[transport.Peer]string {
	members := map[transport.Peer]string{}
	for _, m := range c.genesis.Members {
		members[m.Key] = ""
	}
	return members
}

func (c *cluster) start(i int) {
	members := c.members()
	store, err := kv.New(kv.Config{})
	require.NoError(c.t, err)
	r, err := pbft.Start(pbft.Config{
		Genesis: c.genesis, Self: message.ReplicaID(i), Key: c.keys[i], Log: memlog.New(), Bootstrap: true,
		Application: store, Logger: slog.New(slog.DiscardHandler),
		Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			return c.net.Join(c.keys[i].Public(), transport.Config{Members: members, Handler: h, OnUp: up})
		},
	})
	require.NoError(c.t, err)
	c.replicas, c.stores = append(c.replicas, r), append(c.stores, store)
	c.t.Cleanup(func() { _ = r.Close() })
}

// agree waits until all replicas have executed the same blocks, stops them and compares their states.
func (c *cluster) agree() {
	require.Eventually(c.t, func() bool {
		first := c.replicas[0].Status().Executed
		for _, r := range c.replicas[1:] {
			if r.Status().Executed != first {
				return false
			}
		}
		return true
	}, 30*time.Second, 5*time.Millisecond)
	for _, r := range c.replicas {
		require.NoError(c.t, r.Close())
	}
	for _, s := range c.stores[1:] {
		require.Equal(c.t, c.stores[0].Digest(), s.Digest())
	}
}

func (c *cluster) serve() (port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(c.t, err)
	g, err := gateway.Serve(ln, gateway.Config{
		Doer: c.client, Logger: slog.New(slog.DiscardHandler),
		Status: func() [][2]string {
			return [][2]string{{"view", fmt.Sprint(c.replicas[0].Status().View)}}
		},
	})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, g.Close()) })
	_, port, err = net.SplitHostPort(ln.Addr().String())
	require.NoError(c.t, err)
	return port
}

// redis runs one of the programs of redis-tools and returns what it prints.
func redis(t testing.TB, name, input string, args ...string) string {
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			require.NoError(t, err, "CI installs redis-tools")
		}
		t.Skip(err, "(Debian: apt-get install redis-tools)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// The real programs, over the whole way: gateway, client, four replicas, store.
func TestRedisPrograms(t *testing.T) {
	c := newCluster(t)
	port := c.serve()
	require.Equal(t, "OK\n", redis(t, "redis-cli", "", "-p", port, "set", "greeting", "hello world"))
	lines := redis(t, "redis-cli", "get greeting\nget none\nincr n\nincr n\nincr greeting\nexists n greeting\ndel n\nflushall\nget n\nping\n", "-p", port)
	require.Equal(t, []string{
		"hello world", "", "1", "2", "ERR value is not an integer or out of range", "", "2", "1",
		"ERR unknown command 'flushall'", "", "", "PONG",
	}, strings.Split(strings.TrimSuffix(lines, "\n"), "\n"))
	require.Contains(t, redis(t, "redis-cli", "", "-p", port, "info"), "view:0")

	benchmark(t, port, "set,get,incr", "-n", "3200", "-P", "16", "-r", "1000")
	benchmark(t, port, "set,get,incr", "-n", "500")
	// The second run increments one counter: what redis-benchmark was told is what was counted.
	require.Equal(t, "501\n", redis(t, "redis-cli", "", "-p", port, "incr", "counter:__rand_int__"))
	c.agree()
}

// benchmark runs redis-benchmark with 50 connections and returns the requests per second of each of its tests.
func benchmark(t testing.TB, port, tests string, args ...string) (rates []float64) {
	args = append(args, "-p", port, "-t", tests, "-c", "50", "--csv")
	out := redis(t, "redis-benchmark", "", args...)
	require.NotContains(t, out, "WARN", "it asks CONFIG GET")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err, out)
	require.Len(t, rows, 1+len(strings.Split(tests, ",")), "a heading, and a line for each test")
	for _, row := range rows[1:] {
		rate, err := strconv.ParseFloat(row[1], 64)
		require.NoError(t, err)
		require.Positive(t, rate)
		rates = append(rates, rate)
	}
	return rates
}

// The whole way with everything in one process: four replicas, client, gateway, all logs in memory.
//
//	go test -run '^$' -bench Redis -benchtime 100000x ./examples/kv/gateway
func BenchmarkRedis(b *testing.B) {
	port := newCluster(b).serve()
	for _, pipeline := range []string{"1", "16"} {
		for _, verb := range []string{"set", "get", "incr"} {
			b.Run(fmt.Sprintf("%s/n=4/conns=50/pipeline=%s/keys=10000", verb, pipeline), func(b *testing.B) {
				rates := benchmark(b, port, verb, "-n", strconv.Itoa(b.N), "-P", pipeline, "-r", "10000")
				b.ReportMetric(rates[0], "req/s")
			})
		}
	}
}
