package liar_test

import "github.com/twothirds-bft/twothirds/pbft/message"

// bites says which weakened core falls to which behaviour: in a world that is well
// without the liar, in one of a few seeds, an oracle objects.
var bites = []struct{ behaviour, world, bug, oracle string }{
	{"vote-twice", "calm", "M57", "I17"},
	{"hide-vote", "calm", "M82", "I17"},
	{"low-vote", "next", "M63", "I4"},
	{"other-base", "next", "M63", "I4"},
	{"far-votes", "calm", "M82", "I17"},
	{"zero-chain", "calm", "M15", "I1"},
	{"withhold", "cut", "M31", "I13"},
	{"late-commit", "lossy", "M31", "I13"},
	{"hasty-commit", "cut", "M22", "I13"},
	{"yes-man", "lossy", "M15", "I1"},
	{"other-epoch", "calm", "M08", "I4"},
	{"equivocate", "calm", "M11", "I20"},
	{"back-step", "calm", "M11", "I17"},
	{"bad-payload", "calm", "M22", "I13"},
	{"repeats", "calm", "M82", "I17"},
	{"odd-header", "calm", "M25", "I13"},
	{"fake-body", "calm", "M81", "I20"},
	{"no-bodies", "calm", "M81", "I20"},
	{"late-bodies", "calm", "M81", "I20"},
	{"tease", "seven", "M07", "halt"},
	{"beyond", "calm", "M82", "I17"},
	{"slow-drip(3s)", "calm", "M26", "I13"},
	{"forged-cert", "voter", "M17", "I4"},
	{"wrong-view", "twice", "M17", "I4"},
	{"low-cut", "cut", "M63", "I4"},
	{"low-cut", "cut", "M64", "I4"},
	{"padded", "next", "M09", "I4"},
	{"hide-cert", "next", "M19", "I4"},
	{"lure", "crash", "M22", "I13"},
	{"resign", "next", "M22", "I13"},
	{"old-proof", "views", "M10", "I4"},
	{"false-proof", "behind", "M10", "halt"},
	{"height-lie", "crash", "M42", "I20"},
	{"false-checkpoint", "voter", "M42", "I20"},
	{"two-checkpoints", "twice", "M42", "I20"},
	{"thin-stable", "lag", "M09", "I4"},
	{"early-checkpoint", "calm", "M42", "I20"},
	{"censor", "calm", "M26", "I13"},
	{"censor", "calm", "M25", "I13"},
	{"half-valid", "seven", "M60", "I17"},
	{"sessions", "voter", "M72", "I3"},
	{"sessions", "lossy", "M80", "I3"},
	{"silent", "calm", "M25", "I13"},
	{"delay", "crash", "M22", "I13"},
	{"overflow", "idle", "M24", "I13"},
	{"mutate", "calm", "M08", "I4"},
	{"mutate-deep", "calm", "M08", "I4"},
	{"kaleidoscope", "calm", "M08", "I4"},
	{"fork", "calm", "M07", "I13"},
	{"fork", "calm", "M13", "I17"},
	{"bury", "views", "M16", "I17"},
	{"deny", "crash", "M30", "I13"},
	{"hidden-lock", "next", "M06", "I4"},
	{"starve", "views", "M06", "I13"},
	{"late-half", "twice", "M31", "I13"},
	{"late-new-view", "calm", "M22", "I13"},
	{"false-state", "voter", "M42", "I20"},
	{"second", "lossy", "M22", "I13"},
}

// burns are those in which nothing is broken but time: views that the weakened core
// burns, at least so many.
var burns = []struct {
	behaviour, world, bug string
	views                 uint64
}{
	{"suspicious", "idle", "M24", 10},
	{"storm", "idle", "M24", 100},
	{"usurp", "idle", "M12", 2},
}

// doors are those in which a liar's own message does no harm alone: the door of the
// weakened core lets in what the true one refuses for this reason.
var doors = []struct {
	behaviour, world, bug string
	why                   error
}{
	{"other-cluster", "calm", "M56", message.ErrSignature},
	{"other-epoch", "calm", "M08", message.ErrEpoch},
	{"thin", "next", "M20", message.ErrCert},
	{"padded", "next", "M09", message.ErrForm},
	{"hide-cert", "next", "M19", message.ErrCert},
	{"forged-cert", "voter", "M17", message.ErrSignature},
	{"framer", "voter", "M57", message.ErrEvidence},
}
