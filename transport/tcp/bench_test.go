//go:build unix

package tcp

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

// pairOf links two members over loopback; handler is the second one's.
func pairOf(b *testing.B, insecure bool, handler transport.Handler) (from *Endpoint, to transport.Peer) {
	keys := transporttest.Keys(2)
	members := map[transport.Peer]string{}
	var configs [2]Config
	for i, key := range keys {
		configs[i] = Config{Key: key, Listener: listen(b), InsecurePlaintext: insecure}
		configs[i].Handler = handler
		members[transporttest.PeerOf(key)] = configs[i].Listener.Addr().String()
	}
	var ends [2]*Endpoint
	for i := range configs {
		configs[i].Members = members
		e, err := New(configs[i])
		require.NoError(b, err)
		b.Cleanup(func() { _ = e.Close() })
		ends[i] = e
	}
	require.Eventually(b, func() bool { return ends[0].Links()[0].Connected && ends[1].Links()[0].Connected },
		10*time.Second, time.Millisecond)
	return ends[0], ends[1].self
}

// flood sends b.N frames with a window of them under way, and waits until all have arrived. It reports
// the CPU time of both ends per frame as well: on few cores the wall clock says little.
func flood(b *testing.B, insecure bool, f transport.Frame) {
	window := max(4, min(2048, 4<<20/len(f.Data)))
	var received int
	turn, done := make(chan struct{}, b.N), make(chan struct{}) // a turn for each half window received
	from, to := pairOf(b, insecure, func(transport.Peer, []byte) {
		if received++; received%(window/2) == 0 {
			turn <- struct{}{}
		}
		if received == b.N {
			close(done)
		}
	})
	b.SetBytes(int64(len(f.Data)))
	b.ReportAllocs()
	cpu := cpuTime()
	b.ResetTimer()
	for i := 1; i <= b.N; i++ {
		if !from.Send(to, f) {
			b.Fatal("refused")
		}
		if i%(window/2) == 0 && i >= window {
			await(b, turn, from)
		}
	}
	await(b, done, from)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// await gives up on a benchmark whose link fell and took frames with it.
func await(b *testing.B, c <-chan struct{}, e *Endpoint) {
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		b.Fatalf("stuck: %+v %v", e.Links(), e.Refused())
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkFlood(b *testing.B) {
	for _, link := range []string{"tls", "plain"} {
		for _, size := range []int{200, 128 << 10, 1 << 20} {
			f := transport.Frame{Class: transport.Bulk, Data: make([]byte, size)}
			if size < 1000 {
				f.Class = transport.Control
			}
			b.Run(fmt.Sprintf("%s/bytes=%d", link, size), func(b *testing.B) { flood(b, link == "plain", f) })
		}
	}
}

// BenchmarkOneByOne is the other extreme: one small frame at a time.
func BenchmarkOneByOne(b *testing.B) {
	for _, link := range []string{"tls", "plain"} {
		b.Run(link, func(b *testing.B) {
			echo := make(chan struct{}, 1)
			from, to := pairOf(b, link == "plain", func(transport.Peer, []byte) { echo <- struct{}{} })
			f := transport.Frame{Data: make([]byte, 200)}
			b.ResetTimer()
			for range b.N {
				from.Send(to, f)
				<-echo
			}
		})
	}
}
