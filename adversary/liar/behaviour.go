// Package liar holds ways of lying that run against simulated replicas
// (adversary/sim) and against real processes (adversary/host) alike: they work
// from messages and from the keys of corrupted replicas only, never from the
// engine's inside.
//
// A Behaviour is one way of lying. Behaviours lists those that there are, Compose,
// When and the like make others of them, and Parse reads such a thing from a text. A
// user's own is a Behaviour like these: a New that makes a Sender of an Env.
//
// The Brain is the one mind of all liars of a world. Behaviours that collude share
// what they know through it and, in simulation, see each message before it is
// delivered.
package liar

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
)

// Behaviour is one way of lying.
type Behaviour struct {
	Name   string
	About  string // the attack, and the naive algorithm that it breaks
	Source string // where it is from: A numbers are those of the catalogue (adversary/attack)
	New    func(*Env) Sender
}

// Find returns the behaviour of a name, or nil.
func Find(name string) *Behaviour {
	for i := range Behaviours {
		if Behaviours[i].Name == name {
			return &Behaviours[i]
		}
	}
	return nil
}

// Behaviours lists what a liar can be.
var Behaviours = slices.Concat(alone, []Behaviour{
	{"kaleidoscope", "is another liar with each message; breaks defences that were built against one lie each", "", newKaleidoscope},
}, together)

// alone lists liars that need no other.
var alone = []Behaviour{
	// Votes.
	{"vote-twice", "sends a contradicting PREPARE and COMMIT beside each of its own; breaks who counts votes and not signers", "A08", newVoteTwice},
	{"hide-vote", "gives half of the replicas a contradicting vote first and the good one later; breaks who keeps the first", "A27, tendermint PR 210", newHideVote},
	{"low-vote", "signs true but low PREPAREs; breaks rule N3 without its bound", "spec story 1", newLowVote},
	{"other-base", "votes from other bases than its own; breaks who counts votes by seq alone", "spec story 8", newOtherBase},
	{"far-votes", "votes for seqs and views far away, on chains that are none; breaks who keeps what it cannot place", "A51", newFarVotes},
	{"zero-chain", "votes for the zero digest; breaks who takes what is missing for what is zero", "A26", newZeroChain},
	{"withhold", "gives its COMMITs and NEW-VIEWs to one victim only; breaks who forgets what one replica decided", "A14, go-f3 WithholdCommit", newWithhold},
	{"late-commit", "holds each COMMIT back until the next; breaks who forgets the votes of a view that it left", "A58", newLateCommit},
	{"hasty-commit", "commits whatever it prepares; breaks who decides on fewer COMMITs than a quorum", "A08", newHastyCommit},
	{"yes-man", "votes for whatever anyone votes for; breaks quorums that meet in faulty replicas only", "A13", newYesMan},
	{"other-epoch", "signs its votes for the next epoch; breaks who counts without looking at the epoch", "A22", newOtherEpoch},
	{"other-cluster", "signs as a member of another cluster with the same keys; breaks signatures that do not say whose", "A22", newOtherCluster},
	{"cross-kind", "votes with signatures of another kind of vote; breaks signatures that do not say their kind", "A22", newCrossKind},
	// Proposals.
	{"equivocate", "as primary, proposes two chains to two halves and votes for both; breaks majority quorums", "A13", newEquivocate},
	{"back-step", "as primary, proposes another block in the place of its last one; breaks who moves its tip to whatever is said last", "A13", newBackStep},
	{"bad-payload", "as primary, signs blocks whose payload is invalid; breaks who waits for a timer to see it", "A47", newBadPayload},
	{"repeats", "as primary, fills blocks with requests of earlier ones and with some twice; breaks execution that counts on fresh blocks", "A67, CometBFT 5324", newRepeats},
	{"odd-header", "as primary, gets one number of each header wrong; breaks who trusts an index that it did not compare", "A24, ASA-2024-011, ASA-2025-002", newOddHeader},
	{"fake-body", "sends other bytes than its headers name; breaks who checks a body against nothing", "A39", newFakeBody},
	{"partial", "keeps one victim out of its proposals; breaks who cannot fetch what it lacks", "A13", newPartial},
	{"stray", "as primary, gives one victim another block, and the true ones without its signature; breaks who moves its tip to what is decided", "A13", newStray},
	{"no-bodies", "signs headers whose bodies never come; breaks who waits for a block that nobody has", "A44", newNoBodies},
	{"late-bodies", "sends bodies long after their headers; breaks who waits for one source of them", "A45", newLateBodies},
	{"tease", "shows one victim a header of its own and hides the decisions of the others; breaks who pulls in a fixed order", "A13, A18", newTease},
	{"beyond", "proposes above the window, at gaps, and on chains of nobody; breaks who sizes things by a header", "A11, A12", newBeyond},
	{"usurp", "proposes in views that others lead; breaks who takes a block for the primary's", "A08", newUsurp},
	{"overfill", "as primary, fills the window up to the high mark; breaks views that need room to certify what they inherit", "A11, spec story 4", newOverfill},
	{"slow-drip", "as primary, holds each proposal back to just below the timeout; breaks timers that any progress restarts", "A45, Aardvark, Prime", slowDrip(150 * clock.Millisecond)},
	{"creep", "as primary, is later and later with everything; breaks timeouts that are learnt from the primary", "A45, Prime", newCreep},
	// View changes.
	{"low-report", "reports the root in every VIEW-CHANGE; breaks who takes the first summaries as they come", "A04", newLowReport},
	{"high-report", "reports certificates that it does not have; breaks who waits for the highest report", "A09", newHighReport},
	{"two-reports", "reports one thing to one half and another to the other half; breaks who builds on digests of summaries", "A02", newTwoReports},
	{"forged-cert", "reports a certificate that it made up, and shows it; breaks primaries who do not verify it", "A09", newForgedCert},
	{"wrong-view", "reports its true certificate as one of the newest view; breaks who checks it against the wrong view", "A07, go-ibft eea78df", newWrongView},
	{"low-cut", "cuts certificates below their base and reports them; breaks rule N3 without its bound", "spec story 1", newLowCut},
	{"cherry-pick", "as new primary, takes the lowest reports that make a quorum; breaks quorums that meet in no correct replica", "A04", newCherryPick},
	{"thin", "as new primary, takes one report too few; breaks who counts wrong", "A04, A08", newThin},
	{"padded", "as new primary, fills the quorum up with its own reports and a stranger's; breaks who counts reports and not signers", "A05", newPadded},
	{"mixed", "as new primary, fills the quorum up with reports for other views; breaks who does not look at what they ask for", "A05", newMixed},
	{"hide-cert", "as new primary, leaves the highest certificate out; breaks who does not compare it with the reports", "A04", newHideCert},
	{"new-view-half", "gives each NEW-VIEW of its own to half of the replicas; breaks who leaves entry to the primary", "A43", newNewViewHalf},
	{"two-new-views", "builds two NEW-VIEWs of one view, each valid, for two halves; breaks who counts votes of two bases", "spec story 17", newTwoNewViews},
	{"suspicious", "asks for other views all the time; breaks who leaves a view at one word", "A49", newSuspicious},
	{"storm", "asks for the next views all at once and repeats itself in others' place; breaks who joins at f or counts words", "A49", newStorm},
	{"lure", "as primary, is slow and makes one victim leave alone; breaks view changes in which nobody follows", "spec story 15", newLure},
	{"resign", "resigns from each view that it leads once it has proposed; breaks who waits for a timer", "A57", newResign},
	{"framer", "pairs what correct replicas signed into proofs against them; breaks evidence that ignores the view or kind", "spec story 6", newFramer},
	// Pulls and hints.
	{"stale-answers", "answers pulls with garbage or with older answers, several times; breaks who waits for one source", "A39, A44", newStaleAnswers},
	{"old-proof", "answers pulls under the first proof that it ever gave; breaks who installs whatever is certified", "A42", newOldProof},
	{"false-proof", "answers pulls with proofs of something else; breaks who does not compare proof and blocks", "A24", newFalseProof},
	{"made-up", "answers pulls with blocks of its own under true certificates; breaks who does not compare proof and blocks", "A24, A42", newMadeUp},
	{"drip", "answers pulls with one block at a time, late; breaks who stays with one source while it answers", "A44, CometBFT 5860", newDrip},
	{"unasked", "pushes its answers at everyone; breaks who takes an answer without a question", "A44", newUnasked},
	{"status-liar", "claims to be far ahead, far behind and far away by turns; breaks who follows hints", "A40", newStatusLiar},
	{"height-lie", "claims a little more than it has, then less, and answers no pull; breaks who follows the highest peer", "A40, CVE-2025-24371", newHeightLie},
	{"ask-all", "asks everyone for everything all the time; breaks who answers without end", "A44, A52", newAskAll},
	{"reflect", "asks for the largest answer again and again; breaks who lets a small question cost a large answer", "A69", newReflect},
	// Checkpoints.
	{"false-checkpoint", "signs other states than it has; breaks who takes f+1 for a quorum", "A03", newFalseCheckpoint},
	{"two-checkpoints", "signs one state for one half and another for the other; breaks who counts CHECKPOINTs without comparing them", "A03", newTwoCheckpoints},
	{"thin-stable", "shows checkpoint certificates of too few or repeated signers; breaks who takes weak power for stable", "A09", newThinStable},
	{"early-checkpoint", "signs and claims checkpoints that nobody has reached; breaks who moves its window on a claim", "A09, A11", newEarlyCheckpoint},
	// Clients.
	{"censor", "as primary, orders everything but one client's requests; breaks timers that any decision restarts", "A46", newCensor},
	{"false-replies", "tells clients other results, before others answer; breaks clients that take the first reply", "A73", newFalseReplies},
	{"half-valid", "passes requests on with bad copies beside good ones; breaks batch verification whose one verdict holds for all", "A47, Aardvark", newHalfValid},
	{"replay-requests", "sends requests again that were executed long ago; breaks tables of what was done that forget too early", "A62", newReplayRequests},
	{"sessions", "opens one session after the other and uses those that are gone; breaks session tables without a bound", "A62", newSessions},
	{"bundles", "asks for several operations at once with counts that lie, too many of them, and others under the same number; breaks who takes a count for what is there", "A62", newBundles},
	{"false-parts", "tells clients other parts of results than there are; breaks clients that join parts before others say the same", "A73", newFalseParts},
	// Floods and faults of the link.
	{"silent", "says nothing at all; breaks who waits for all n", "", newSilent},
	{"delay", "sends everything late; breaks timers learnt from one peer", "A45", newDelay},
	{"replay", "sends old messages again and again; breaks who takes the newest arrival for the newest message", "A22", newReplay},
	{"future", "sends votes and proposals for many views and seqs to come; breaks buffers for the future without a bound", "A51, go-f3 Spam", newFuture},
	{"bad-signatures", "sends each vote many times with a wrong signature; breaks who verifies before it looks", "A52", newBadSignatures},
	{"masks", "passes on others' votes and sends its own in others' names; breaks who takes the name in a message for its sender's", "A52, A70", newMasks},
	{"overflow", "sends numbers at the ends of what fits; breaks sums that wrap and loops over what a peer named", "A12, BFT-SMaRt b7533c7a", newOverflow},
	{"amplify", "sends messages that are small for what they make a receiver do; breaks who allocates what is announced", "A53, CometBFT 5946", newAmplify},
	{"mutate", "changes one thing in a message now and then and signs it again; breaks what nobody thought of", "ByzzBench", mutateOnce(4)},
	{"mutate-deep", "changes several things in a message now and then and signs it again; breaks what nobody thought of", "ByzzBench", mutateDeep(4)},
}

// together lists liars that follow one plan, all that have it.
var together = []Behaviour{
	Coordinated("fork", "split the correct replicas, show each half a chain and vote for both; breaks quorums with only liars in common", "A13, twins", planFork),
	Coordinated("bases", "build two NEW-VIEWs for two halves and vote from both bases; breaks who counts them together", "spec stories 8, 17", planBases),
	Coordinated("bury", "let one replica alone decide, and hold up what it says of it; breaks who does not carry that over", "A04, A14", planBury),
	Coordinated("deny", "cut off whoever is primary, view after view; breaks timeouts that do not grow", "A72", planDeny),
	Coordinated("undercut", "keep certificates from all others and report some that are cut below their base; breaks rule N3 without its bound", "spec story 1", planUndercut),
	Coordinated("hidden-lock", "let one replica alone have a certificate in each view; breaks primaries who must know the highest and do not ask", "A18, Cachin and Vukolic 2017", planHiddenLock),
	Coordinated("starve", "keep everything from one replica and take its place in quorums; breaks who cannot catch up", "A74", planStarve),
	Coordinated("late-half", "have one half hear everything as late as can be; breaks who takes silence for a fact", "A19, Momose 2019", planLateHalf),
	Coordinated("late-new-view", "hold NEW-VIEWs to one replica until others have moved on; breaks who takes an overtaken view for a fork", "spec story 12", planLateNewView),
	Coordinated("false-state", "sign the same false state; breaks who takes weak power for the truth", "A03", planFalseState),
	Coordinated("second", "second whoever suspects; breaks who leaves at f, or on what has lapsed", "A49", planSecond),
}

// timedAtoms take a time as their argument, countedAtoms a number.
var (
	timedAtoms = map[string]func(clock.Duration) func(*Env) Sender{"delay": delayed, "slow-drip": slowDrip}

	countedAtoms = map[string]func(uint64) func(*Env) Sender{"mutate": mutateOnce, "mutate-deep": mutateDeep}
)
