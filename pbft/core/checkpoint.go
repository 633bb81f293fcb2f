package core

import (
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// checkpoints collects CHECKPOINTs of the next two intervals (spec C1, D1).
type checkpoints struct {
	votes   map[message.Seq][]*message.Checkpoint   // by member
	stable  *message.CheckpointCert                 // of low, nil at genesis
	ahead   map[message.Seq]*message.CheckpointCert // up to high: stable elsewhere, not executed here yet
	members message.Digest
	set     *quorum.Set
	none    message.Digest // reputation: round-robin has none
}

func newCheckpoints(c *Core) checkpoints {
	return checkpoints{
		votes: make(map[message.Seq][]*message.Checkpoint), ahead: make(map[message.Seq]*message.CheckpointCert), members: c.members.Digest(), set: quorum.NewSet(c.sys),
	}
}

// onExecuted moves what rests on execution: the table, the pool, the checkpoint.
func (c *Core) onExecuted(e Executed) {
	c.assert(e.Seq == c.applied+1 && e.Seq <= c.sent, "execution reported out of order")
	c.applied = e.Seq
	n := c.nodes[c.own[e.Seq]]
	for i := range n.payload.Requests {
		r := &n.payload.Requests[i]
		c.sessions.Apply(e.Seq, uint32(i), r)
		c.pool.remove(keyOf(r))
	}
	if bug.M43 {
		delete(c.nodes, n.point.Chain)
	}
	c.readmit()
	c.stats.Requests += uint64(len(n.payload.Requests))
	if e.Seq%c.cfg.Interval == 0 {
		c.checkpoint(e)
	}
	if a := c.checkpoints.ahead[e.Seq]; a != nil {
		c.onStable(a)
	}
}

// checkpoint signs the state after the block at e.Seq, once, ever (spec C1, N7).
func (c *Core) checkpoint(e Executed) {
	body := message.CheckpointBody{
		Epoch: c.epoch, Seq: e.Seq, Chain: c.own[e.Seq], State: e.State, Clients: e.Clients,
		Members: c.checkpoints.members, Reputation: c.checkpoints.none,
	}
	if old := c.ownCheckpoint(e.Seq); old != nil { // signed before a restart: those bytes are sent again
		if old.CheckpointBody != body {
			c.mine.undone = append(c.mine.undone, body)
		}
		return
	}
	m := &message.Checkpoint{CheckpointBody: body, Signer: c.cfg.Self}
	c.sign(m)
	c.persist(Record{Kind: RecordCheckpoint, Message: m})
	c.broadcast(m)
	c.mine.checkpoint = append(c.mine.checkpoint, m)
	c.pool.sweep(c)
}

// onCheckpoint takes a CHECKPOINT on its signer's own link.
func (c *Core) onCheckpoint(i int, m *message.Checkpoint) {
	k := &c.checkpoints
	if m.Seq <= c.low.Seq || m.Seq%c.cfg.Interval != 0 || m.Seq > c.high() {
		c.drop(DropWindow)
		return
	}
	votes := k.votes[m.Seq]
	if votes == nil {
		votes = make([]*message.Checkpoint, c.n)
		k.votes[m.Seq] = votes
	}
	if old := votes[i]; old != nil {
		if old.CheckpointBody != m.CheckpointBody {
			c.drop(DropTwoCheckpoints) // diverged or faulty: no proof (spec E1)
		}
		return
	}
	votes[i] = m
	c.stabilize(m.Seq, votes, m)
}

// stabilize looks for quorum power that agrees with m, and whether any digest can
// still reach it (spec C1, C2).
func (c *Core) stabilize(seq message.Seq, votes []*message.Checkpoint, m *message.Checkpoint) {
	set := c.checkpoints.set
	set.Clear()
	cert := &message.CheckpointCert{CheckpointBody: m.CheckpointBody}
	for i, v := range votes {
		if v != nil && v.CheckpointBody == m.CheckpointBody && !set.HasQuorum() {
			set.Add(i)
			cert.Votes = append(cert.Votes, message.CertVote{Signer: v.Signer, Seq: seq, Sig: v.Sig})
		}
	}
	if set.HasQuorum() || bug.M40 && set.HasWeak() {
		c.onStable(cert)
		return
	}
	if !c.agreeable(votes) {
		digests := make([]message.Digest, c.n)
		for i, v := range votes {
			if v != nil {
				digests[i] = v.State
			}
		}
		c.halt(&NondeterministicError{Seq: seq, Digests: digests})
	}
}

// agreeable reports whether some checkpoint can still become stable.
func (c *Core) agreeable(votes []*message.Checkpoint) bool {
	silent := uint64(0)
	for i, v := range votes {
		if v == nil {
			silent += c.sys.Power(i)
		}
	}
	for _, v := range votes {
		if v == nil {
			continue
		}
		power := silent
		for j, w := range votes {
			if w != nil && w.CheckpointBody == v.CheckpointBody {
				power += c.sys.Power(j)
			}
		}
		if power >= c.sys.Quorum() {
			return true
		}
	}
	return silent >= c.sys.Quorum()
}

// onStable moves low to a stable checkpoint that this replica has executed to. One
// that is further on is kept until then; it proves a decision meanwhile
// (spec C1).
func (c *Core) onStable(m *message.CheckpointCert) {
	k := &c.checkpoints
	if m.Seq <= c.low.Seq {
		return
	}
	if m.Seq > c.decided.Seq && c.reach(m.Point(), nil) {
		c.decide(m.Point(), 0)
	}
	if m.Seq > c.applied {
		if m.Seq <= c.high() {
			k.ahead[m.Seq] = m
		}
		return
	}
	if c.own[m.Seq] != m.Chain {
		c.halt(&ForkedError{Decided: c.ownPoint(m.Seq), Other: m.Point(), Commit: c.cc})
		return
	}
	if own := c.differing(&m.CheckpointBody); own != nil && !bug.M41 {
		c.halt(&DivergedError{Seq: m.Seq, Own: *own, Stable: m.CheckpointBody})
		return
	}
	c.liftCommit(m.Point())
	c.low, k.stable = m.Point(), m
	c.saveStable(m)
	for s := range k.votes { // order: only deletes
		if s <= m.Seq {
			delete(k.votes, s)
		}
	}
	for s := range k.ahead { // order: only deletes
		if s <= m.Seq {
			delete(k.ahead, s)
		}
	}
	o := &c.mine
	o.checkpoint = slices.DeleteFunc(slices.Clone(o.checkpoint), func(own *message.Checkpoint) bool { return own.Seq <= m.Seq })
	o.undone = slices.DeleteFunc(o.undone, func(b message.CheckpointBody) bool { return b.Seq <= m.Seq })
	c.collect()
}

// liftCommit keeps the last COMMIT comparable when the chain below a new low goes: if it
// lies on the decided chain, what extends low extends it. Else a replica that caught up
// past a checkpoint would send no COMMIT any more in its view (spec N4). One that lies on
// another chain stays where it is, and nothing extends it.
func (c *Core) liftCommit(low message.Point) {
	if s := c.commit.Seq; s != 0 && s < low.Seq && c.own[s] == c.commit.Chain {
		c.commit = low
	}
}

func (c *Core) ownCheckpoint(s message.Seq) *message.Checkpoint {
	for _, m := range c.mine.checkpoint {
		if m.Seq == s {
			return m
		}
	}
	return nil
}

// differing returns what this replica has signed, or has come to when it executed its log
// after a restart, if that is not what is stable (spec C2).
func (c *Core) differing(stable *message.CheckpointBody) *message.CheckpointBody {
	if own := c.ownCheckpoint(stable.Seq); own != nil && own.CheckpointBody != *stable {
		return &own.CheckpointBody
	}
	for i := range c.mine.undone {
		if own := &c.mine.undone[i]; own.Seq == stable.Seq && *own != *stable {
			return own
		}
	}
	return nil
}

// beyond notes that the primary proposes above the own high mark: the block is not
// invalid, the checkpoint is missing here (spec N1). Statuses tell whom to ask.
func (c *Core) beyond(message.Seq) { c.drop(DropWindow) }
