package liar_test

import "github.com/twothirds-bft/twothirds/pbft/message"

// bites says which weakened core falls to which behaviour: in one of a few seeds, a
// world that is well without the liar breaks an invariant with it.
var bites = []struct{ behaviour, world, bug string }{
	{"vote-twice", "calm", "M57"},
	{"hide-vote", "calm", "M82"},
	{"low-vote", "next", "M63"},
	{"other-base", "views", "M63"},
	{"far-votes", "calm", "M82"},
	{"zero-chain", "calm", "M20"},
	{"yes-man", "lossy", "M23"},
	{"other-epoch", "calm", "M08"},
	{"equivocate", "calm", "M11"},
	{"back-step", "calm", "M11"},
	{"bad-payload", "calm", "M22"},
	{"repeats", "calm", "M82"},
	{"odd-header", "calm", "M25"},
	{"no-bodies", "calm", "M81"},
	{"late-bodies", "calm", "M81"},
	{"tease", "seven", "M07"},
	{"beyond", "calm", "M82"},
	{"overfill", "crash", "M31"},
	{"slow-drip(3s)", "calm", "M26"},
	{"forged-cert", "voter", "M17"},
	{"compose(wrong-view,when(view>=1,only(prepare,silent)))", "cut", "M17"},
	{"low-cut", "cut", "M63"},
	{"low-cut", "cut", "M64"},
	{"padded", "next", "M09"},
	{"hide-cert", "next", "M19"},
	{"resign", "next", "M22"},
	{"false-proof", "behind", "M10"},
	{"height-lie", "cut", "M22"},
	{"false-checkpoint", "lag", "M42"},
	{"two-checkpoints", "twice", "M42"},
	{"thin-stable", "lag", "M09"},
	{"early-checkpoint", "calm", "M42"},
	{"censor", "calm", "M26"},
	{"censor", "calm", "M25"},
	{"half-valid", "seven", "M60"},
	{"sessions", "voter", "M72"},
	{"sessions", "lossy", "M80"},
	{"silent", "calm", "M25"},
	{"delay", "lag", "M42"},
	{"future", "calm", "M51"},
	{"overflow", "idle", "M24"},
	{"mutate", "calm", "M08"},
	{"mutate-deep", "calm", "M08"},
	{"kaleidoscope", "calm", "M08"},
	{"stray", "calm", "M13"},
	{"made-up", "behind", "M10"},
	{"undercut", "lossy", "M64"},
	{"fork", "calm", "M07"},
	{"fork", "calm", "M13"},
	{"bury", "views", "M16"},
	{"deny", "crash", "M30"},
	{"hidden-lock", "next", "M06"},
	{"late-half", "twice", "M31"},
	{"late-new-view", "calm", "M22"},
	{"false-state", "lag", "M42"},
	{"suspicious", "idle", "M24"},
	{"storm", "idle", "M24"},
	{"usurp", "idle", "M12"},
	{"bundles", "backup", "M100"},
	{"bundles", "voter", "M102"},
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
