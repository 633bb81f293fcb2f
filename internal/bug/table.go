package bug

import "slices"

// Bug says what a build is that has one of the switches on.
type Bug struct {
	ID    string // the switch, as in M63
	Class Class
	Layer Layer  // where its hooks are
	Rule  string // of docs/spec.md that it breaks, as in "N3" or "C1 N7"
	What  string // what it does wrong
	Hooks int    // places where the switch is read, if more than one
	Waits string // for what has to be built before there can be a switch, "" if there is one
}

// Class is how soon a harness for such systems must find a bug.
type Class byte

// The classes.
const (
	Easy     Class = 'E' // in under 20 seeds
	Medium   Class = 'M' // in under 2,000 seeds, about a minute of one core
	Directed Class = 'D' // by directed scenarios, swarms or exhaustive search
)

// String returns the letter.
func (c Class) String() string { return string(c) }

// Layer is a part of the engine.
type Layer string

// The layers.
const (
	Core    Layer = "core"    // pbft/core
	Message Layer = "message" // pbft/message
	Quorum  Layer = "quorum"  // pbft/quorum
	Session Layer = "session" // pbft/session
	Verify  Layer = "verify"  // pbft/verify
	Shell   Layer = "shell"   // pbft
	Log     Layer = "log"     // storage/wal
	Client  Layer = "client"  // client
	Clock   Layer = "clock"   // clock
)

// All returns the bugs, in the order of their numbers. A number is never used again.
func All() []Bug { return slices.Clone(all) }

var all = []Bug{
	{ID: "M01", Class: Easy, Layer: Message, Rule: "N3", What: "PREPAREs of one less than quorum power certify"},
	{ID: "M02", Class: Easy, Layer: Message, Rule: "N5", What: "COMMITs of one less than quorum power decide"},
	{ID: "M03", Class: Easy, Layer: Quorum, Rule: "M1", What: "quorum is a majority"},
	{ID: "M04", Class: Medium, Layer: Quorum, Rule: "M1", What: "quorum is 2f+1, which is too little for n = 5 and 6"},
	{ID: "M05", Class: Medium, Layer: Core, Rule: "N4", What: "COMMIT is sent for the tip, without a certificate"},
	{ID: "M06", Class: Easy, Layer: Core, Rule: "N3 N5", What: "votes of older views are counted in the entered one"},
	{ID: "M07", Class: Medium, Layer: Core, Rule: "N3 N5", What: "a vote is counted although its chain does not contain the slot"},
	{ID: "M08", Class: Medium, Layer: Message, Rule: "N3", What: "the epoch of a signed message is ignored"},
	{ID: "M09", Class: Easy, Layer: Message, Rule: "M1", What: "one signer is counted twice"},
	{ID: "M10", Class: Medium, Layer: Core, Rule: "C4 N5", What: "the links that join pulled blocks to their certificate are not checked"},
	{ID: "M11", Class: Easy, Layer: Core, Rule: "N1", What: "a second block is accepted at one place of a view"},
	{ID: "M12", Class: Easy, Layer: Core, Rule: "N1", What: "a block is accepted from a replica that is not primary", Hooks: 2},
	{ID: "M13", Class: Medium, Layer: Core, Rule: "N2 N4", What: "the tip moves to a block that does not extend it"},
	{ID: "M14", Class: Medium, Layer: Core, Rule: "N4", What: "COMMIT is sent above the highest certificate"},
	{ID: "M15", Class: Easy, Layer: Core, Rule: "N6", What: "blocks are executed before they are decided"},
	{ID: "M16", Class: Medium, Layer: Core, Rule: "V2", What: "VIEW-CHANGE reports the root and not the highest certificate"},
	{ID: "M17", Class: Medium, Layer: Message, Rule: "V2", What: "the certificate behind a VIEW-CHANGE is not verified"},
	{ID: "M18", Class: Directed, Layer: Message, Rule: "N3", What: "ranks are compared by seq before view"},
	{ID: "M19", Class: Medium, Layer: Message, Rule: "V4", What: "the certificate of a NEW-VIEW need not be the highest of its summaries"},
	{ID: "M20", Class: Easy, Layer: Message, Rule: "V3 V4", What: "a NEW-VIEW needs one less than quorum power of summaries"},
	{ID: "M21", Class: Medium, Layer: Message, Rule: "V3 V4", What: "summaries for different views are counted together", Hooks: 2},
	{ID: "M22", Class: Medium, Layer: Core, Rule: "V5", What: "a new primary extends its own tip and not the base"},
	{ID: "M23", Class: Medium, Layer: Core, Rule: "N4", What: "COMMIT is sent after leaving the view"},
	{ID: "M24", Class: Medium, Layer: Core, Rule: "V1", What: "power f is enough to make a replica leave its view"},
	{ID: "M25", Class: Medium, Layer: Core, Rule: "V1", What: "no view is left by numbers"},
	{ID: "M26", Class: Medium, Layer: Core, Rule: "T1", What: "every STATUS restarts the progress timer"},
	{ID: "M27", Class: Medium, Layer: Core, Rule: "T1", What: "the progress timer watches the newest request and not the oldest"},
	{ID: "M28", Class: Medium, Layer: Core, Rule: "T3", What: "timeouts do not grow"},
	{ID: "M29", Class: Directed, Layer: Core, Rule: "T3", What: "timeouts have no cap and never fall", Hooks: 2},
	{ID: "M30", Class: Medium, Layer: Core, Rule: "S3", What: "VIEW-CHANGE and LEAVE are not repeated"},
	{ID: "M31", Class: Medium, Layer: Core, Rule: "N2", What: "no vote at the base: an inherited suffix is certified by the next block only"},
	{ID: "M32", Class: Medium, Layer: Core, Rule: "R2", What: "a restarted backup goes on voting in its view"},
	{ID: "M33", Class: Medium, Layer: Log, Rule: "R1 N7", What: "what is called durable was not synced"},
	{ID: "M34", Class: Directed, Layer: Log, Rule: "R3", What: "a sync that failed is taken for one that did not"},
	{ID: "M35", Class: Directed, Layer: Log, Rule: "R2", What: "the log is cut at the first bad record, be it in the middle"},
	{ID: "M36", Class: Medium, Layer: Core, Rule: "N7 R1", What: "the entered view is not written down"},
	{ID: "M37", Class: Directed, Layer: Core, Rule: "N7 R1", What: "the tip is not written down"},
	{ID: "M38", Class: Directed, Layer: Core, Rule: "N7 R1", What: "the highest prepare certificate is not written down"},
	{ID: "M39", Class: Directed, Layer: Log, Rule: "R1", What: "the folder is not synced after a rename"},
	{ID: "M40", Class: Medium, Layer: Core, Rule: "C1", What: "weak power makes a checkpoint stable"},
	{ID: "M41", Class: Medium, Layer: Core, Rule: "C2", What: "the own state is not compared with the stable one"},
	{ID: "M42", Class: Medium, Layer: Core, Rule: "C1", What: "a STATUS moves the stable checkpoint"},
	{ID: "M43", Class: Directed, Layer: Core, Rule: "C5", What: "blocks are let go once executed, before a checkpoint above them is stable"},
	{ID: "M44", Class: Easy, Rule: "C3", What: "chunks of a snapshot are checked, their root is not", Waits: "state transfer"},
	{ID: "M45", Class: Medium, Rule: "C3", What: "an older checkpoint is installed over a newer one", Waits: "state transfer"},
	{ID: "M46", Class: Directed, Layer: Shell, Rule: "X7", What: "a snapshot leaves out the session table"},
	{ID: "M47", Class: Directed, Rule: "R1", What: "votes while a state is being installed", Waits: "state transfer"},
	{ID: "M48", Class: Directed, Rule: "R5", What: "members change an interval early", Waits: "membership changes"},
	{ID: "M49", Class: Directed, Rule: "R5", What: "old members are counted after the boundary", Waits: "membership changes"},
	{ID: "M50", Class: Easy, Layer: Core, Rule: "N8", What: "votes that come before their block are dropped"},
	{ID: "M51", Class: Easy, Layer: Core, Rule: "D1", What: "blocks that no signature covers are kept without a bound"},
	{ID: "M52", Class: Easy, Layer: Verify, Rule: "N8", What: "signatures are verified before the cheap checks"},
	{ID: "M53", Class: Medium, Layer: Core, Rule: "V5", What: "requests of blocks that lost their place do not return to the pool"},
	{ID: "M54", Class: Medium, Rule: "X4", What: "a read is accepted that one replica answered", Waits: "reads"},
	{ID: "M55", Class: Easy, Layer: Message, Rule: "D3", What: "signatures do not cover the kind"},
	{ID: "M56", Class: Medium, Layer: Message, Rule: "D3", What: "signatures cover neither epoch nor cluster"},
	{ID: "M57", Class: Medium, Layer: Message, Rule: "E1", What: "evidence ignores the view", Hooks: 3},
	{ID: "M58", Class: Easy, Layer: Clock, Rule: "T6", What: "time is that of the wall clock"},
	{ID: "M59", Class: Medium, Layer: Core, Rule: "B4", What: "clients take their turns in the order of a map"},
	{ID: "M60", Class: Directed, Layer: Message, Rule: "D3", What: "the verdict on the first signature of a batch is that on all"},
	{ID: "M61", Class: Directed, Layer: Core, Rule: "T2", What: "timeouts follow the latency of the primary"},
	{ID: "M62", Class: Medium, Layer: Shell, Rule: "X7", What: "an application that keeps its state is told again what it executed before a restart"},
	{ID: "M63", Class: Directed, Layer: Core, Rule: "N3", What: "a vote counts below its base", Hooks: 3},
	{ID: "M64", Class: Directed, Layer: Message, Rule: "N3 V2", What: "a certificate cut below its base is accepted in a VIEW-CHANGE"},
	{ID: "M65", Class: Directed, Layer: Core, Rule: "N7", What: "NEW-VIEW and the first proposals leave before the entry into the view is durable", Hooks: 2},
	{ID: "M66", Class: Medium, Layer: Core, Rule: "R2", What: "a restarted primary goes on in its view", Hooks: 2},
	// Within f certificates of one view lie on one chain, so that this one shows beyond f only: its
	// replica is convicted there though it did not lie.
	{ID: "M67", Class: Directed, Layer: Core, Rule: "N4", What: "the tip of COMMITs moves to a block that does not extend it"},
	{ID: "M68", Class: Medium, Layer: Core, Rule: "V6", What: "the NEW-VIEW timer starts with the own VIEW-CHANGE and not at quorum"},
	{ID: "M69", Class: Medium, Layer: Core, Rule: "V1", What: "the own suspicion alone makes a replica leave its view"},
	{ID: "M70", Class: Medium, Layer: Core, Rule: "S3", What: "votes are not repeated", Hooks: 2},
	{ID: "M71", Class: Medium, Layer: Core, Rule: "S3", What: "CHECKPOINTs are not repeated"},
	{ID: "M72", Class: Medium, Layer: Session, Rule: "X1", What: "a request of a session that is gone is executed in the next one of its client"},
	{ID: "M73", Class: Medium, Layer: Client, Rule: "X2", What: "a reply is counted for a request whose digest it does not carry", Hooks: 2},
	{ID: "M74", Class: Directed, Layer: Shell, Rule: "R1 C5", What: "the log is cut at the stable checkpoint, above the newest durable snapshot"},
	{ID: "M75", Class: Directed, Layer: Shell, Rule: "N6", What: "blocks are handed to execution before they are durable"},
	{ID: "M76", Class: Medium, Layer: Core, Rule: "N1", What: "voters refuse blocks whose requests their own table would not execute"},
	{ID: "M77", Class: Directed, Layer: Core, Rule: "V5", What: "accepted blocks above a new base are deleted on entry"},
	{ID: "M78", Class: Directed, Layer: Core, Rule: "N3", What: "PREPAREs of different bases are counted together"},
	{ID: "M79", Class: Medium, Layer: Core, Rule: "V1", What: "a SUSPECT lapses with decided blocks and not with time"},
	{ID: "M80", Class: Medium, Layer: Session, Rule: "X1", What: "sessions opened in one block have one id"},
	{ID: "M81", Class: Directed, Layer: Core, Rule: "N4 V2", What: "COMMIT and VIEW-CHANGE speak of a certificate whose blocks are not held", Hooks: 2},
	{ID: "M82", Class: Easy, Layer: Core, Rule: "E1", What: "a COMMIT is compared with PREPAREs of its signer"},
	{ID: "M83", Class: Directed, Layer: Core, Rule: "N1", What: "no block is accepted on top of blocks that were pulled"},
	{ID: "M84", Class: Easy, Layer: Core, Rule: "N9 S1", What: "nothing is pulled"},
	{ID: "M85", Class: Directed, Layer: Core, Rule: "N9", What: "pulls are answered without the primary's PREPARE"},
	{ID: "M86", Class: Directed, Layer: Core, Rule: "T5", What: "own pauses are blamed on the primary"},
	{ID: "M87", Class: Medium, Layer: Core, Rule: "V1", What: "a primary that asks for a later view is not followed"},
	{ID: "M88", Class: Medium, Layer: Core, Rule: "T1", What: "requests are passed on to the primary only"},
	{ID: "M89", Class: Directed, Layer: Core, Rule: "T3", What: "a restart begins with the shortest timeout"},
	{ID: "M90", Class: Directed, Layer: Core, Rule: "T3", What: "timeouts fall with each decision"},
	{ID: "M91", Class: Directed, Layer: Core, Rule: "M5 N1", What: "the window is one block too long"},
	{ID: "M92", Class: Medium, Layer: Core, Rule: "R1", What: "proofs are not written down"},
	{ID: "M93", Class: Medium, Layer: Core, Rule: "S1", What: "nobody shows the NEW-VIEW of its view"},
	{ID: "M94", Class: Directed, Layer: Core, Rule: "V4", What: "a view is entered below that of a commit certificate"},
	{ID: "M95", Class: Directed, Layer: Core, Rule: "D2 N9", What: "a peer has an answer to each of its pulls, however many there are"},
	{ID: "M96", Class: Directed, Layer: Session, Rule: "X1", What: "an opening ends the session that was used last"},
	{ID: "M97", Class: Directed, Layer: Core, Rule: "T5", What: "pauses put a timer off without end"},
	{ID: "M98", Class: Directed, Layer: Message, Rule: "V7", What: "only the first four members lead"},
	{ID: "M99", Class: Directed, Layer: Core, Rule: "T1", What: "a replica that is behind suspects the primary"},
	{ID: "M100", Class: Medium, Layer: Message, Rule: "X1 N1", What: "a bundle may say that it has more operations than it has"},
	{ID: "M101", Class: Easy, Layer: Message, Rule: "X1 X2", What: "all parts of a bundle's results but the first have those of the operations before them"},
	{ID: "M102", Class: Easy, Layer: Session, Rule: "X1", What: "a bundle that is ordered twice is executed twice"},
	{ID: "M103", Class: Easy, Layer: Message, Rule: "X1", What: "an empty operation of a bundle is taken for the one before it"},
	{ID: "M104", Class: Directed, Layer: Core, Rule: "V3", What: "a view begins at a certificate whose blocks only a liar may have"},
}
