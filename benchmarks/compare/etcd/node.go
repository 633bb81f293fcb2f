package etcd

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"

	"github.com/twothirds-bft/twothirds/benchmarks/compare/ledger"
	"github.com/twothirds-bft/twothirds/transport"
)

const (
	tick          = 100 * time.Millisecond
	electionTicks = 30 // 3 s, thrice etcd's: on a busy machine nobody is to be deposed by chance

	// As etcd has them: megabytes in a message, messages under way to a follower, applied entries between compactions, and
	// entries kept for those behind.
	sizePerMsgMax  = 1 << 20
	inflightMax    = 512
	compactEntries = 10_000
	catchUpEntries = 5_000

	idBytes = 8 // before an operation, in a client's frames and in an entry
)

// request is a client's operation, behind idBytes.
type request struct {
	from transport.Peer
	data []byte
}

// origin says whom an entry's execution is of interest to.
type origin struct {
	from transport.Peer
	id   uint64 // as the client calls it
}

// inbox is what has arrived since the loop last looked.
type inbox struct {
	messages []*raftpb.Message
	requests []request
	campaign bool // do not wait for a timeout to stand for election
}

// node is one replica. Its loop owns everything but the inbox and the atomics.
type node struct {
	raft   *raft.RawNode
	memory memory
	disk   disk
	ledger *ledger.Ledger
	links  transport.Endpoint
	peers  []transport.Peer // by raft's number, from 1

	mu   sync.Mutex
	in   inbox
	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	leader  atomic.Uint64 // as this node knows
	term    atomic.Uint64
	syncs   atomic.Uint64
	bytes   atomic.Uint64
	failure atomic.Pointer[error]

	next      uint64            // number of the next proposal of this node
	waiting   map[uint64]origin // by that number
	applied   uint64
	compacted uint64
}

// raftConfig is etcd's own, with another timeout.
func raftConfig(id uint64, storage raft.Storage) *raft.Config {
	return &raft.Config{
		ID: id, Storage: storage, ElectionTick: electionTicks, HeartbeatTick: 1,
		MaxSizePerMsg: sizePerMsgMax, MaxInflightMsgs: inflightMax, CheckQuorum: true, PreVote: true, Logger: quiet{},
	}
}

// receive is the transport's handler: members speak raft, all others are clients.
func (n *node) receive(from transport.Peer, data []byte) {
	if !n.isMember(from) {
		if len(data) >= idBytes {
			n.push(func(in *inbox) { in.requests = append(in.requests, request{from, data}) })
		}
		return
	}
	m := new(raftpb.Message)
	if proto.Unmarshal(data, m) == nil {
		n.push(func(in *inbox) { in.messages = append(in.messages, m) })
	}
}

func (n *node) isMember(p transport.Peer) bool {
	for _, member := range n.peers {
		if member == p {
			return true
		}
	}
	return false
}

func (n *node) push(add func(*inbox)) {
	n.mu.Lock()
	add(&n.in)
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *node) take() inbox {
	n.mu.Lock()
	defer n.mu.Unlock()
	in := n.in
	n.in = inbox{}
	return in
}

// run is the node's loop. All that arrived in the meantime is one turn: one proposal of many entries, one write and sync.
func (n *node) run() {
	defer close(n.done)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-n.quit:
			return
		case <-ticker.C:
			n.raft.Tick()
		case <-n.wake:
			n.step(n.take())
		}
		for n.raft.HasReady() {
			if err := n.handle(n.raft.Ready()); err != nil {
				n.failure.Store(&err)
				return
			}
		}
	}
}

// step gives raft what has arrived. What it refuses, such as a message of an old term, is lost, as on a network.
func (n *node) step(in inbox) {
	if in.campaign {
		_ = n.raft.Campaign()
	}
	for _, m := range in.messages {
		_ = n.raft.Step(m)
	}
	if len(in.requests) == 0 || n.raft.BasicStatus().RaftState != raft.StateLeader {
		return
	}
	entries := make([]*raftpb.Entry, len(in.requests))
	for i, r := range in.requests {
		n.next++
		n.waiting[n.next] = origin{r.from, binary.LittleEndian.Uint64(r.data)}
		binary.LittleEndian.PutUint64(r.data, n.next)
		entries[i] = &raftpb.Entry{Data: r.data}
	}
	_ = n.raft.Step(&raftpb.Message{Type: raftpb.MsgProp.Enum(), From: proto.Uint64(n.raft.BasicStatus().ID), Entries: entries})
}

// handle does what raft asks for. A leader sends before it syncs (Ongaro's dissertation, section 10.2.1), as in etcd.
func (n *node) handle(rd raft.Ready) error {
	status := n.raft.BasicStatus()
	leads := status.RaftState == raft.StateLeader
	n.leader.Store(status.Lead)
	n.term.Store(status.GetTerm())
	if leads {
		n.send(rd.Messages)
	}
	if err := n.disk.save(&rd); err != nil {
		return err
	}
	n.syncs.Store(n.disk.syncs)
	n.bytes.Store(n.disk.bytes)
	if !leads {
		n.send(rd.Messages)
	}
	if !raft.IsEmptyHardState(rd.HardState) {
		if err := n.memory.SetHardState(rd.HardState); err != nil {
			return err
		}
	}
	if err := n.memory.Append(rd.Entries); err != nil {
		return err
	}
	n.apply(rd.CommittedEntries)
	n.raft.Advance(rd)
	return n.compact()
}

func (n *node) send(messages []*raftpb.Message) {
	for _, m := range messages {
		data, err := proto.Marshal(m)
		if err != nil {
			panic(fmt.Sprintf("etcd: own message: %v", err))
		}
		n.links.Send(n.peers[m.GetTo()-1], transport.Frame{Class: transport.Bulk, Data: data})
	}
}

// apply executes entries and answers the clients of this node, all operations of a client in one frame.
func (n *node) apply(entries []*raftpb.Entry) {
	if len(entries) == 0 {
		return
	}
	ops := make([][]byte, 0, len(entries))
	replies := make(map[transport.Peer][]byte)
	for _, e := range entries {
		n.applied = e.GetIndex()
		data := e.GetData()
		if len(data) < idBytes { // a new leader's empty entry
			continue
		}
		ops = append(ops, data[idBytes:])
		number := binary.LittleEndian.Uint64(data)
		if o, ours := n.waiting[number]; ours {
			delete(n.waiting, number)
			replies[o.from] = binary.LittleEndian.AppendUint64(replies[o.from], o.id)
		}
	}
	if len(ops) > 0 {
		n.ledger.Add(ops...)
	}
	for to, ids := range replies {
		n.links.Send(to, transport.Frame{Class: transport.Bulk, Data: ids})
	}
}

// compact lets go of old entries, but not of those that a follower that is heard from still lacks.
func (n *node) compact() error {
	if n.applied < n.compacted+compactEntries+catchUpEntries {
		return nil
	}
	keep := n.applied - catchUpEntries
	n.raft.WithProgress(func(_ uint64, _ raft.ProgressType, p tracker.Progress) {
		if p.RecentActive {
			keep = min(keep, p.Match)
		}
	})
	if keep <= n.compacted {
		return nil
	}
	n.compacted = keep
	if err := n.memory.Compact(keep); err != nil {
		return err
	}
	return n.disk.Truncate(keep)
}

// stop ends the loop, then the links, then the log.
func (n *node) stop() error {
	close(n.quit)
	<-n.done
	err := n.links.Close()
	if e := n.disk.Close(); err == nil {
		err = e
	}
	if failed := n.failure.Load(); failed != nil {
		return *failed
	}
	return err
}
