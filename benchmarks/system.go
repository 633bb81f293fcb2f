package benchmarks

import (
	"context"
	"time"
)

// Caller is one client of a system. Do is called by as many goroutines at once as the load has operations outstanding.
type Caller interface {
	// Do submits one operation and returns once the system has acknowledged it as its users would count it (ours: f+1
	// matching replies). An error means that the outcome is unknown or bad. op is Do's until it returns; operations of 16
	// bytes or more all differ.
	Do(ctx context.Context, op []byte) error
	// Close ends the client's links.
	Close() error
}

// Ordered is a Caller that is told where in the system's total order its operations stand. Run checks what it is told.
type Ordered interface {
	Caller
	// DoOrdered does as Do and returns the position of op: 1 for the first operation that the system has executed since
	// its start, and so on. It is 0 if the answer is that of another operation.
	DoOrdered(ctx context.Context, op []byte) (position uint64, err error)
}

// Batching is a Caller that takes operations by the batch, so that one goroutine can have many under way. A closed loop
// hands its operations in that way, and the result says so.
type Batching interface {
	Caller
	// DoAll does as that many calls of Do at one time, and returns once all of them would have. errs is nil if none failed,
	// else errs[i] is that of ops[i]. positions are those of the operations that did not fail, in their order and as
	// DoOrdered returns them; they are nil if nobody is told.
	DoAll(ctx context.Context, ops [][]byte) (positions []uint64, errs []error)
}

// System is what is measured.
type System interface {
	// Name is a word without spaces, such as "twothirds"; it becomes part of a benchmark's name.
	Name() string
	// Class is "A" if the replicas are processes of their own, "B" if they share the generator's, "C" if time is virtual.
	Class() string
	// About says, a line each, what is encrypted, synced and signed, and the settings that matter.
	About() []string
	// Dial makes client i. Clients of different i have different identities; the same i may dial again.
	Dial(ctx context.Context, i int) (Caller, error)
	// Check is called after the last Do has returned. It waits until the replicas that run have executed all that was
	// acknowledged, and fails if they disagree about what was executed, if they executed fewer operations than were
	// acknowledged (returned without error), or more than were submitted.
	Check(ctx context.Context, acknowledged, submitted uint64) error
	// Close ends the system and frees what it held.
	Close() error
}

// Faulty is a System whose replicas, numbered from 0, can be made to fail. Its methods may be called while the load runs,
// by one goroutine at a time.
type Faulty interface {
	// Replicas is how many there are, of which Tolerates may fail at a time.
	Replicas() int
	// Tolerates is f.
	Tolerates() int
	// Primary is the replica that proposes now, as the others see it.
	Primary() int
	// View counts changes of the primary; a difference is how many there were.
	View() uint64
	// Kill ends a replica as a crash would, Start starts it again from its log.
	Kill(i int) error
	Start(i int) error
	// Pause keeps a replica from running, Resume lets it go on as if nothing had happened. A system in one process, which
	// cannot be stopped in part, returns errors.ErrUnsupported.
	Pause(i int) error
	Resume(i int) error
}

// Failing is a Faulty that can fail in more ways than by ceasing to run.
type Failing interface {
	Faulty
	// Fail makes replica i, which runs, fail in some way until Heal. It is errors.ErrUnsupported, wrapped, where the
	// system cannot do that. A replica fails in one way at a time.
	Fail(i int, how Failure) error
	// Heal ends what Fail began, and does nothing if that was nothing.
	Heal(i int) error
}

// Counted is a System that knows what it spends.
type Counted interface {
	// Counters returns the sums over all replicas since the start.
	Counters() Counters
}

// Counters are sums over a system's replicas. What a system cannot count stays 0; a difference of two is what the time
// between them cost.
type Counters struct {
	CPU         time.Duration `json:"cpu_ns"`       // user and system time, of replicas in processes of their own; 0 if they share the generator's
	WireBytes   uint64        `json:"wire_bytes"`   // between replicas, each byte once, before encryption
	ClientBytes uint64        `json:"client_bytes"` // from and to clients that are connected, before encryption
	Signed      uint64        `json:"signed"`       // signatures made by replicas
	Verified    uint64        `json:"verified"`     // signatures checked by replicas
	Syncs       uint64        `json:"syncs"`        // of logs, to disk
	LogBytes    uint64        `json:"log_bytes"`    // written to logs
	Blocks      uint64        `json:"blocks"`       // or batches, executed, by all replicas together
	Executed    uint64        `json:"executed"`     // operations, by all replicas together
	Mallocs     uint64        `json:"mallocs"`      // objects allocated, of replicas in processes of their own
}

// Plus returns the sum of each counter.
func (c Counters) Plus(b Counters) Counters {
	return Counters{
		CPU: c.CPU + b.CPU, WireBytes: c.WireBytes + b.WireBytes, ClientBytes: c.ClientBytes + b.ClientBytes,
		Signed: c.Signed + b.Signed, Verified: c.Verified + b.Verified,
		Syncs: c.Syncs + b.Syncs, LogBytes: c.LogBytes + b.LogBytes, Blocks: c.Blocks + b.Blocks, Executed: c.Executed + b.Executed,
		Mallocs: c.Mallocs + b.Mallocs,
	}
}

// Minus returns the difference of each counter.
func (c Counters) Minus(b Counters) Counters {
	return Counters{
		CPU: c.CPU - b.CPU, WireBytes: c.WireBytes - b.WireBytes, ClientBytes: c.ClientBytes - b.ClientBytes,
		Signed: c.Signed - b.Signed, Verified: c.Verified - b.Verified,
		Syncs: c.Syncs - b.Syncs, LogBytes: c.LogBytes - b.LogBytes, Blocks: c.Blocks - b.Blocks, Executed: c.Executed - b.Executed,
		Mallocs: c.Mallocs - b.Mallocs,
	}
}
