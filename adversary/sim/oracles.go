package sim

// Oracle is one invariant that every world checks.
type Oracle struct {
	ID   string // as in Failure.Oracle
	What string // must hold
	How  string // it is checked
}

// Oracles lists what is checked without being asked for. The numbers are those of the
// published list (docs/testing.md); I14 and others of a user's own come as Invariants.
func Oracles() []Oracle {
	return []Oracle{
		{"I1", "correct replicas decide the same block at each seq", "when a decision is released"},
		{"I2", "blocks are executed in order without a gap, and states agree after each", "after each execution"},
		{"I3", "only what clients asked for is executed, and each request once", "after each execution"},
		{"I4", "every certificate that a correct replica keeps verifies anew, by other code; decisions rest on COMMITs that quorum power has signed", "when it is written, when a decision is released"},
		{"I5", "no replica signs two messages that contradict each other, restarts included", "when a message leaves"},
		{"I6", "what was decided is in every later view's base and certificates", "when either is written"},
		{"I7", "views and what was asked for never go back, restarts included", "at each start"},
		{"I8", "a stable checkpoint is a state that correct replicas of weak power executed", "when it is written"},
		{"I9", "equal states have equal snapshots", "at each checkpoint"},
		{"I10", "what a client was told is decided, and at the end executed everywhere", "at each answer, at the end"},
		{"I11", "what others make a replica hold stays within its limits, and so do proofs on disk", "in every 16th turn, at each start"},
		{"I12", "no signature is checked that did not come with the message, nor one of a message whose time is over", "at each arrival"},
		{"I13", "after the network has healed everything asked for is decided within the limit, and correct primaries lose no more views than timeouts can double and one; in calm worlds none", "at the end, when a view is left"},
		{"I17", "no proof convicts a correct replica; beyond f, those who broke agreement are convicted", "with each proof, at the end"},
		{"I18", "nothing makes a replica panic", "always"},
		{"I20", "each write and each message is one that a small model of the rules allows; what others said is counted and followed, what is due is done in time, and the oldest request has its timer", "with each of them, after each turn"},
		{"I21", "one seed gives one trace", "by playing some seeds twice"},
		{"R1", "a replica starts again from what its disk kept", "at each start"},
		{"X7", "the log shows as decided what was executed", "at each start"},
		{"app", "an application restores to the state that its snapshot was of", "at each start"},
		{"halt", "no correct replica stops for good", "always"},
		{"wire", "what a correct replica sends survives its encoding", "in one world of twenty"},
	}
}
