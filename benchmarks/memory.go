package benchmarks

import (
	"context"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// Memory is what processes hold at an instant.
type Memory struct {
	At       time.Duration `json:"at_ns"`          // after the start of the warm-up
	Resident uint64        `json:"resident_bytes"` // pages in memory; 0 where the system does not tell
	Live     uint64        `json:"live_bytes"`     // what Go's last garbage collection left of the heap
}

// Remembering is a System that knows what memory its replicas hold.
type Remembering interface {
	// Memory returns the sum over replicas in processes of their own; zero if they share the generator's.
	Memory() Memory
}

// memoryEvery is how often a run looks.
const memoryEvery = time.Second

// ProcessMemory returns what this process holds.
func ProcessMemory() Memory {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	m := Memory{Live: live[0].Value.Uint64()}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil { // on Linux: pages in all, pages resident, ...
		if f := strings.Fields(string(b)); len(f) > 1 {
			pages, _ := strconv.ParseUint(f[1], 10, 64)
			m.Resident = pages * uint64(os.Getpagesize())
		}
	}
	return m
}

// watchMemory looks at the replicas' processes, or at this one if they are in it, once a second from the end of the warm-up
// until ctx ends.
func (r *run) watchMemory(ctx context.Context) (seen []Memory) {
	for at := r.load.Warm; sleep(ctx, at-r.rec.now()); at += memoryEvery {
		var m Memory
		if s, ok := r.system.(Remembering); ok {
			m = s.Memory()
		}
		if m == (Memory{}) {
			m = ProcessMemory()
		}
		m.At = r.rec.now()
		seen = append(seen, m)
	}
	return seen
}

// trend averages the first and the last minute, or thirds of a run of less than three minutes, and finds the most.
func trend(seen []Memory) (first, last, most Memory) {
	n := min(int(time.Minute/memoryEvery), (len(seen)+2)/3)
	if n == 0 {
		return
	}
	for _, m := range seen {
		most.Resident, most.Live = max(most.Resident, m.Resident), max(most.Live, m.Live)
	}
	return average(seen[:n]), average(seen[len(seen)-n:]), most
}

func average(seen []Memory) (sum Memory) {
	for _, m := range seen {
		sum.At += m.At
		sum.Resident += m.Resident
		sum.Live += m.Live
	}
	n := len(seen)
	return Memory{sum.At / time.Duration(n), sum.Resident / uint64(n), sum.Live / uint64(n)}
}
