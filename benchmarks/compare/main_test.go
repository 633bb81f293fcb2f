package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestParse(t *testing.T) {
	for args, message := range map[string]string{
		"--systems etcd,raft": `no system "raft"`, "--fault slow": `no fault "slow"`, "--rounds 0": "0 rounds", "--clients 0": "0 clients",
		"--alone raft": `no system "raft"`,
	} {
		_, err := parse(strings.Fields(args))
		require.ErrorContains(t, err, message, args)
	}
}

// A process that measures one system is told all that matters.
func TestProcessMeasuresTheSame(t *testing.T) {
	o, err := parse(strings.Fields("--systems etcd,cometbft --replicas 7 --rounds 2 --fault silent --clients 3 --outstanding 5 --payload 9 --rate 11.5 --warm 1s --for 2s"))
	require.NoError(t, err)
	again, err := parse(o.args("etcd", "/folder"))
	require.NoError(t, err)
	require.Equal(t, []string{"etcd"}, again.systems)
	require.Equal(t, "/folder", again.dir)
	require.Equal(t, o.load, again.load)
	require.Equal(t, o.replicas, again.replicas)
	require.Equal(t, o.fault, again.fault)
}

// The systems that start quickly go on without the replica that is stopped, and print a result.
func TestAlone(t *testing.T) {
	for _, name := range []string{"twothirds", "etcd"} {
		t.Run(name, func(t *testing.T) {
			o, err := parse([]string{"--alone", name, "--fault", "silent", "--clients", "2", "--outstanding", "2", "--warm", "0s", "--for", "300ms", "--dir", t.TempDir()})
			require.NoError(t, err)
			var out bytes.Buffer
			require.NoError(t, alone(t.Context(), o, &out))
			var r benchmarks.Result
			require.NoError(t, json.Unmarshal(out.Bytes(), &r))
			require.Empty(t, r.Unsafe)
			require.Zero(t, r.Failed)
			require.Positive(t, r.Done)
			require.Greater(t, r.Cost.System.Executed, 2*uint64(r.Done), "replicas that run execute all")
			require.Less(t, r.Cost.System.Executed, 4*uint64(r.Done), "and one of four does not run")
		})
	}
}

func of(name string, perSec float64, unsafe string) *measured {
	return &measured{name, &benchmarks.Result{
		Class: "B", About: []string{"about " + name}, PerSec: perSec, Done: 1000, Unsafe: unsafe,
		Latency: benchmarks.Latency{P50: time.Millisecond, P99: 2 * time.Millisecond},
		Cost:    benchmarks.Cost{OwnCPU: 5 * time.Millisecond, System: benchmarks.Counters{Syncs: 250, Executed: 4000, Blocks: 40}},
	}}
}

func TestText(t *testing.T) {
	o, err := parse(nil)
	require.NoError(t, err)
	var out bytes.Buffer
	text(&out, o, []*measured{
		of("etcd", 1000, ""), of("twothirds", 900, ""), of("etcd", 3000, ""), of("twothirds", 500, ""), of("etcd", 2000, ""), of("twothirds", 700, "they differ"),
	})
	lines := make(map[string]string)
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); len(f) > 5 {
			lines[f[0]] = strings.Join(f, " ")
		}
	}
	require.Equal(t, "etcd 2000 100% 0.35x 1ms 2ms 5.0 100 - 0.2500 - yes", lines["etcd"])
	require.Equal(t, "twothirds 700 57% 1.00x 1ms 2ms 5.0 100 - 0.2500 - NO", lines["twothirds"])
	require.Contains(t, out.String(), "\netcd, class B\n  about etcd\n")
}

func TestComplete(t *testing.T) {
	o, err := parse(strings.Fields("--replicas 7 --fault silent"))
	require.NoError(t, err)
	for system, want := range map[string]string{"cometbft": "cometbft-nogossip/n=7", "twothirds/n=7/link=tls": "twothirds/n=7/link=tls"} {
		m := of("cometbft-nogossip", 1, "")
		m.System = system
		m.complete(o)
		require.Equal(t, want, m.System)
		require.Equal(t, "silent", m.Load.Fault)
	}
}
