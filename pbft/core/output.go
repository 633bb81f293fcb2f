package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Output is what a replica must do, in the order of the fields (spec N7).
type Output struct {
	// Sign holds own messages to sign in place before anything else; they recur in
	// Persist, Early and Send. Once signed, each goes back in by Step.
	Sign []message.Signed
	// Early holds proposals and PREPAREs. They may leave at once, without waiting for
	// Persist, unless Barrier is set in this output or in an earlier one that is not
	// durable yet: a restarted replica is mute in its view (spec R2).
	Early []Outgoing
	// Barrier says that Persist holds a new epoch or view.
	Barrier bool
	// Persist must be durable before anything below leaves this machine, and the
	// Persist of every earlier output before it.
	Persist []Record
	Send    []Outgoing
	// Execute holds decided blocks in sequence order. Such a block need not wait for this
	// Persist if an own COMMIT of its certificate's view that covers it is durable (spec N6).
	Execute []Decided
	// Serve asks the shell to answer pulls from the log: the blocks are too old to
	// be in memory.
	Serve []Serve
	// Answer holds requests whose outcome the executor knows already.
	Answer []message.Request
	// Busy holds clients' requests that found the pool full (spec T1): not admitted,
	// no outcome.
	Busy []message.Request
	// Evidence is new proof of somebody's fault (spec E1); it is in Persist too.
	Evidence []*message.Evidence
	// Deadline is when Tick is wanted.
	Deadline clock.Instant
	// Fault is why the replica has stopped for good, or nil.
	Fault error
}

// Empty reports whether there is nothing to do but to wait.
func (o *Output) Empty() bool {
	return len(o.Sign) == 0 && len(o.Early) == 0 && len(o.Persist) == 0 && len(o.Send) == 0 && len(o.Execute) == 0 &&
		len(o.Serve) == 0 && len(o.Answer) == 0 && len(o.Busy) == 0 && len(o.Evidence) == 0 && o.Fault == nil
}

// Rests reports whether anything must not leave before Persist, and that of earlier outputs,
// is durable. What is executed rests on the own COMMIT, which has been (spec N6).
func (o *Output) Rests() bool {
	return o.Barrier || o.Fault != nil || len(o.Early)+len(o.Send)+len(o.Evidence) > 0
}

// Outgoing is a message to one replica, or to all others if All is set.
type Outgoing struct {
	All bool
	To  message.ReplicaID
	Msg message.Message
}

// Decided is a block to execute.
type Decided struct {
	Block  message.Block
	Parent message.Digest
	Point  message.Point
}

// Serve is a pull that only the log can answer.
type Serve struct {
	To     message.ReplicaID
	From   message.Seq // exclusive
	Last   message.Seq // the stable checkpoint whose certificate proves the answer
	Bodies bool
}

// RecordKind says what a Record holds.
type RecordKind uint8

// The record kinds (spec R1). Their numbers are part of the log's format.
const (
	RecordBlock      RecordKind = 1 // an accepted or decided block with its payload, at its seq
	RecordState      RecordKind = 2 // HardState, the newest counts
	RecordPrepare    RecordKind = 3 // highest PC, the newest counts
	RecordCommit     RecordKind = 4 // highest CC, the newest counts
	RecordCheckpoint RecordKind = 5 // own CHECKPOINT as sent, the newest two count
	RecordChange     RecordKind = 6 // own VIEW-CHANGE as sent, the newest counts
	RecordNewView    RecordKind = 7 // NEW-VIEW with which the view was entered, the newest counts
	RecordStable     RecordKind = 8 // checkpoint certificate, at its seq
	RecordEvidence   RecordKind = 9 // proof, all are kept
)

// Record is one durable write. Exactly the field of its kind is set.
type Record struct {
	Kind     RecordKind
	Block    *message.Block
	Parent   message.Digest // of Block
	State    *HardState
	Message  message.Message // PC, CC, CHECKPOINT, VIEW-CHANGE, NEW-VIEW, checkpoint certificate
	Evidence *message.Evidence
}

// HardState is what binds a replica across restarts (spec R1). Its target view is
// that of the VIEW-CHANGE record if that is higher than View.
type HardState struct {
	Epoch  message.Epoch
	View   message.View // entered
	Base   message.Point
	Tip    message.Point
	Commit message.Point
	Over   bool
	Low    message.Point
	// Stopped says that the process which wrote this ended in good order: nothing that it
	// sent is missing from the log, and a restart may go on voting in View (spec R2).
	Stopped bool
}

// Restored is what a replica had made durable, as read from its log.
type Restored struct {
	Now clock.Instant
	// Bootstrap says that this process wrote the log's first record: only then may
	// primary(0) lead view 0 (spec R2).
	Bootstrap bool
	State     HardState
	Prepare   *message.PrepareCert
	Commit    *message.CommitCert
	// Checkpoints are the own CHECKPOINTs as sent, by seq.
	Checkpoints []*message.Checkpoint
	Change      *message.ViewChange
	NewView     *message.NewView
	Stable      *message.CheckpointCert // of State.Low, nil at genesis
	// Blocks are all logged blocks above State.Low, payloads parsed.
	Blocks []RestoredBlock
	// Executed is the last block that the application has executed, and the table as
	// of then; at least State.Low.
	Executed Executed
	// Passed holds the checkpoints above State.Low that a durable application executed
	// before the restart. Those not signed yet are signed now (spec C1).
	Passed []Executed
	// Sessions is a mirror of the session table as of Executed; nil if empty.
	Sessions *session.Table
	// Evidence already recorded.
	Evidence []*message.Evidence
}

// RestoredBlock is a block from the log.
type RestoredBlock struct {
	Parent message.Digest
	Block  message.Block
}

// Executed reports the state after a block. Digests are needed at checkpoints
// only (spec C1).
type Executed struct {
	Seq     message.Seq
	State   message.Digest
	Clients message.Digest
}

func (c *Core) send(to int, m message.Message) {
	if to != c.self {
		c.out.Send = append(c.out.Send, Outgoing{To: c.members.At(to).ID, Msg: m})
	}
}

func (c *Core) broadcast(m message.Message) {
	c.out.Send = append(c.out.Send, Outgoing{All: true, Msg: m})
}

// early sends without waiting for the own disk, unless this is a single member: that goes on
// in its view after a crash, so it must not forget what it has signed there (spec R2).
func (c *Core) early(m message.Message) {
	if c.n == 1 {
		c.broadcast(m)
		return
	}
	c.out.Early = append(c.out.Early, Outgoing{All: true, Msg: m})
}

func (c *Core) sign(m message.Signed) { c.out.Sign = append(c.out.Sign, m) }

func (c *Core) persist(r Record) { c.out.Persist = append(c.out.Persist, r) }
