package bug

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
)

// All returns the bugs, in the order of their numbers. A number is never used again.
func All() []Bug {
	return []Bug{
		{ID: "M13", Class: Medium, Layer: Core, Rule: "N2 N4", What: "the tip moves to a block that does not extend it"},
		{ID: "M16", Class: Medium, Layer: Core, Rule: "V2", What: "VIEW-CHANGE reports the root and not the highest certificate"},
		{ID: "M23", Class: Medium, Layer: Core, Rule: "N4", What: "COMMIT is sent after leaving the view"},
		{ID: "M24", Class: Medium, Layer: Core, Rule: "V1", What: "power f is enough to make a replica leave its view"},
		{ID: "M25", Class: Medium, Layer: Core, Rule: "V1", What: "no view is left by numbers"},
		{ID: "M26", Class: Medium, Layer: Core, Rule: "T1", What: "every STATUS restarts the progress timer"},
		{ID: "M28", Class: Medium, Layer: Core, Rule: "T3", What: "timeouts do not grow"},
		{ID: "M30", Class: Medium, Layer: Core, Rule: "S3", What: "VIEW-CHANGE and LEAVE are not repeated"},
		{ID: "M31", Class: Medium, Layer: Core, Rule: "N2", What: "no vote at the base: an inherited suffix is certified by the next block only"},
		{ID: "M32", Class: Medium, Layer: Core, Rule: "N7", What: "a PREPARE leaves before its own sync"},
		{ID: "M37", Class: Directed, Layer: Core, Rule: "N7 R1", What: "the tip is not written down"},
		{ID: "M38", Class: Directed, Layer: Core, Rule: "N7 R1", What: "the highest prepare certificate is not written down"},
		{ID: "M40", Class: Medium, Layer: Core, Rule: "C1", What: "weak power makes a checkpoint stable"},
		{ID: "M41", Class: Medium, Layer: Core, Rule: "C2", What: "the own state is not compared with the stable one"},
		{ID: "M44", Class: Easy, Rule: "C3", What: "chunks of a snapshot are checked, their root is not", Waits: "state transfer"},
		{ID: "M45", Class: Medium, Rule: "C3", What: "an older checkpoint is installed over a newer one", Waits: "state transfer"},
		{ID: "M47", Class: Directed, Rule: "R1", What: "votes while a state is being installed", Waits: "state transfer"},
		{ID: "M48", Class: Directed, Rule: "R5", What: "members change an interval early", Waits: "membership changes"},
		{ID: "M49", Class: Directed, Rule: "R5", What: "old members are counted after the boundary", Waits: "membership changes"},
		{ID: "M50", Class: Easy, Layer: Core, Rule: "N8", What: "votes that come before their block are dropped"},
		{ID: "M53", Class: Medium, Layer: Core, Rule: "V5", What: "requests of blocks that lost their place do not return to the pool"},
		{ID: "M54", Class: Medium, Rule: "X4", What: "a read is accepted that one replica answered", Waits: "reads"},
		{ID: "M63", Class: Directed, Layer: Core, Rule: "N3", What: "a vote counts below its base", Hooks: 3},
		{ID: "M65", Class: Directed, Layer: Core, Rule: "N7", What: "NEW-VIEW and the first proposals leave before the entry into the view is durable", Hooks: 2},
		{ID: "M66", Class: Medium, Layer: Core, Rule: "R2", What: "a restarted primary goes on in its view"},
		{ID: "M68", Class: Medium, Layer: Core, Rule: "V6", What: "the NEW-VIEW timer starts with the own VIEW-CHANGE and not at quorum"},
		{ID: "M69", Class: Medium, Layer: Core, Rule: "V1", What: "the own suspicion alone makes a replica leave its view"},
		{ID: "M70", Class: Medium, Layer: Core, Rule: "S3", What: "votes are not repeated", Hooks: 2},
		{ID: "M71", Class: Medium, Layer: Core, Rule: "S3", What: "CHECKPOINTs are not repeated"},
		{ID: "M77", Class: Directed, Layer: Core, Rule: "V5", What: "accepted blocks above a new base are deleted on entry"},
		{ID: "M78", Class: Directed, Layer: Core, Rule: "N3", What: "PREPAREs of different bases are counted together"},
		{ID: "M79", Class: Medium, Layer: Core, Rule: "V1", What: "a SUSPECT lapses with decided blocks and not with time"},
		{ID: "M81", Class: Directed, Layer: Core, Rule: "N4 V2", What: "COMMIT and VIEW-CHANGE speak of a certificate whose blocks are not held", Hooks: 2},
		{ID: "M82", Class: Easy, Layer: Core, Rule: "E1", What: "a COMMIT is compared with PREPAREs of its signer"},
		{ID: "M83", Class: Directed, Layer: Core, Rule: "N1", What: "no block is accepted on top of blocks that were pulled"},
		{ID: "M84", Class: Easy, Layer: Core, Rule: "N9 S1", What: "nothing is pulled"},
		{ID: "M85", Class: Directed, Layer: Core, Rule: "N9", What: "pulls are answered without the primary's PREPARE"},
		{ID: "M86", Class: Directed, Layer: Core, Rule: "T5", What: "own pauses are blamed on the primary"},
	}
}
