package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// What the bare program does: blocks of so many operations, as many undecided at a time.
const (
	replicas = 4
	quorum   = 3
	perBlock = 500
	opSize   = 256
	window   = 32
	inboxMax = 1 << 14
)

type digest = [sha256.Size]byte

// The phases of a block.
const (
	prepare = iota
	commit
	phases
)

// note is what replicas tell each other: a block if it has a body, else that from has come so far in a phase.
type note struct {
	body  []byte
	phase int
	from  int
	seq   uint64
	chain digest // of all blocks up to seq
	sig   []byte
	stop  bool
}

func (n *note) signed() []byte {
	b := make([]byte, 0, 2+8+len(n.chain))
	b = append(b, byte(n.phase), byte(n.from))
	return append(binary.BigEndian.AppendUint64(b, n.seq), n.chain[:]...)
}

// bare is one replica. Replica 0 proposes for ever.
type bare struct {
	self     int
	key      ed25519.PrivateKey
	keys     []ed25519.PublicKey
	inbox    chan note
	all      []*bare
	chain    []digest // after each block, by its number modulo the length
	accepted uint64
	proposed uint64
	level    [phases]uint64           // what a quorum has reached
	counted  [phases][replicas]uint64 // by votes whose signature was checked
	newest   [phases][replicas]note   // votes
	stopping *atomic.Bool
	decided  atomic.Uint64
}

func newBare(stopping *atomic.Bool) []*bare {
	all := make([]*bare, replicas)
	keys := make([]ed25519.PublicKey, replicas)
	for i := range all {
		key := ed25519.NewKeyFromSeed(slices.Repeat([]byte{byte(i)}, ed25519.SeedSize))
		keys[i] = key.Public().(ed25519.PublicKey)
		all[i] = &bare{self: i, key: key, keys: keys, all: all, inbox: make(chan note, inboxMax), chain: make([]digest, inboxMax), stopping: stopping}
	}
	return all
}

func (r *bare) at(seq uint64) *digest { return &r.chain[seq%uint64(len(r.chain))] }

func (r *bare) tell(n note) {
	for _, o := range r.all {
		if o != r {
			o.inbox <- n
		}
	}
}

// run takes all that there is, and then votes once for all of it.
func (r *bare) run() {
	for {
		r.turn()
		for n := <-r.inbox; ; n = <-r.inbox {
			if n.stop {
				return
			}
			r.hear(&n)
			if len(r.inbox) == 0 {
				break
			}
		}
	}
}

func (r *bare) hear(n *note) {
	if n.body != nil {
		r.accept(n.body)
		return
	}
	if n.seq > r.newest[n.phase][n.from].seq {
		r.newest[n.phase][n.from] = *n
	}
}

func (r *bare) accept(body []byte) {
	sum := sha256.Sum256(body)
	link := append(r.at(r.accepted)[:len(sum):len(sum)], sum[:]...)
	r.accepted++
	*r.at(r.accepted) = sha256.Sum256(link)
}

func (r *bare) turn() {
	for moved := true; moved; {
		moved = r.propose()
		r.vote(prepare, r.accepted)
		moved = r.count(prepare) || moved
		r.vote(commit, r.level[prepare])
		moved = r.count(commit) || moved
	}
	r.decided.Store(r.level[commit])
}

func (r *bare) propose() (moved bool) {
	for r.self == 0 && r.proposed < r.level[commit]+window && !r.stopping.Load() {
		r.proposed++
		body := make([]byte, perBlock*opSize)
		binary.BigEndian.PutUint64(body, r.proposed)
		r.tell(note{body: body})
		r.accept(body)
		moved = true
	}
	return moved
}

func (r *bare) vote(phase int, seq uint64) {
	if seq <= r.counted[phase][r.self] {
		return
	}
	r.counted[phase][r.self] = seq
	n := note{phase: phase, from: r.self, seq: seq, chain: *r.at(seq)}
	n.sig = ed25519.Sign(r.key, n.signed())
	r.tell(n)
}

// count checks the signatures of votes that raise what a quorum has reached, and of no others.
func (r *bare) count(phase int) bool {
	seqs := r.counted[phase]
	for i := range seqs {
		if n := &r.newest[phase][i]; n.seq > seqs[i] && n.seq <= r.accepted {
			seqs[i] = n.seq
		}
	}
	sorted := seqs
	slices.Sort(sorted[:])
	level := sorted[replicas-quorum]
	if level <= r.level[phase] {
		return false
	}
	enough := 0
	for i := range seqs {
		if enough == quorum || seqs[i] < level {
			continue
		}
		enough++
		if r.counted[phase][i] >= level {
			continue
		}
		n := &r.newest[phase][i]
		if n.chain != *r.at(n.seq) || !ed25519.Verify(r.keys[i], n.signed(), n.sig) {
			panic("probe: a correct replica's vote does not count")
		}
		r.counted[phase][i] = n.seq
	}
	r.level[phase] = level
	return true
}

// runBare has four replicas decide blocks for a while. It returns the operations in them and the CPU time of that.
func runBare(d time.Duration) (operations float64, cpu time.Duration) {
	var stopping atomic.Bool
	all := newBare(&stopping)
	before := benchmarks.ProcessCPU()
	var running sync.WaitGroup
	for _, r := range all {
		running.Go(r.run)
	}
	time.Sleep(d)
	cpu, operations = benchmarks.ProcessCPU()-before, perBlock*float64(all[0].decided.Load())
	stopping.Store(true)
	for _, r := range all { // goes behind what is in the inbox, and the rest is of no interest
		r.inbox <- note{stop: true}
	}
	running.Wait()
	return operations, cpu
}
