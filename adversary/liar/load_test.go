package liar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// loads says what behaviours cost the true core whose harm is load, delay, or proof
// against themselves: a count over a few seeds that is at least so large with the
// liar, and so many times (percent) that without it.
var loads = []struct {
	behaviour, world string
	what             func(*tally) int
	least, percent   int
}{
	{"ask-all", "lag", sent(message.KindBlocks), 20, 150},
	{"reflect", "lag", sent(message.KindBlocks), 200, 1000},
	{"unasked", "lag", dropped(core.DropUnasked), 10, 1000},
	{"status-liar", "lag", fetches, 40, 150},
	{"stale-answers", "lag", dropped(core.DropUnasked), 10, 1000},
	{"drip", "lag", elapsed, 800, 110},
	{"partial", "calm", fetches, 15, 1000},
	{"slow-drip", "calm", elapsed, 3000, 1000},
	{"lure", "calm", elapsed, 3000, 1000},
	{"replay", "backup", filtered, 500, 105},
	{"replay-requests", "calm", dropped(core.DropInadmissible), 20, 1000},
	{"future", "backup", dropped(core.DropNotPrimary), 1000, 1000},
	{"new-view-half", "next", sent(message.KindFetchView), 1, 150},
	{"late-half", "lag", elapsed, 1200, 125},
	{"starve", "lag", elapsed, 1800, 125},
	{"old-proof", "lag", elapsed, 1500, 110},
	{"late-commit", "twice", sent(message.KindCommit), 1000, 130},
	{"creep", "calm", elapsed, 3000, 1000},
	{"withhold", "lag", fetches, 60, 150},
	{"fake-body", "calm", fetches, 50, 1000},
	{"late-bodies", "calm", fetches, 50, 1000},
	{"hasty-commit", "lag", dropped(core.DropOldVote), 200, 200},
	{"second", "voter", proofs, 3, 1000},
	{"half-valid", "calm", refused(message.ErrSignature), 10, 1000},
	{"deny", "next", views, 3, 150},
	{"hidden-lock", "voter", views, 3, 150},
	{"low-report", "voter", proofs, 2, 1000},
	{"two-reports", "voter", proofs, 2, 1000},
	{"two-new-views", "next", proofs, 2, 1000},
	{"bases", "next", proofs, 2, 1000},
	{"cherry-pick", "next", proofs, 2, 1000},
	{"masks", "backup", refused(message.ErrSender), 1000, 1000},
	{"bad-signatures", "backup", refused(message.ErrSignature), 2000, 1000},
	{"cross-kind", "backup", refused(message.ErrSignature), 300, 1000},
	{"other-cluster", "backup", refused(message.ErrSignature), 300, 1000},
	{"amplify", "backup", refused(message.ErrCert), 30, 1000},
	{"thin", "next", refused(message.ErrCert), 30, 1000},
	{"mixed", "views", refused(message.ErrCert), 1, 1000},
	{"framer", "voter", refused(message.ErrEvidence), 20, 1000},
}

func sent(k message.Kind) func(*tally) int { return func(x *tally) int { return x.sent[k] } }
func dropped(d core.Drop) func(*tally) int {
	return func(x *tally) int { return int(x.stats.Drops[d]) }
}
func refused(why error) func(*tally) int { return func(x *tally) int { return x.refused[why] } }
func elapsed(x *tally) int               { return int(x.Elapsed / ms) }
func views(x *tally) int                 { return int(x.Views) }
func proofs(x *tally) int                { return x.Evidence }
func filtered(x *tally) int              { return int(x.Marks["message dropped unverified"]) }

func fetches(x *tally) int { return int(x.stats.Fetches) }

func TestBehavioursCost(t *testing.T) {
	const seeds = 3
	alone := map[string][]*tally{}
	for _, l := range loads {
		if alone[l.world] == nil {
			for seed := uint64(1); seed <= seeds; seed++ {
				alone[l.world] = append(alone[l.world], play(t, seed, l.world, ""))
			}
		}
		t.Run(l.behaviour+"/"+l.world, func(t *testing.T) {
			without, with := 0, 0
			for seed := uint64(1); seed <= seeds; seed++ {
				lied := play(t, seed, l.world, l.behaviour)
				require.Nil(t, lied.Failure)
				without, with = without+l.what(alone[l.world][seed-1]), with+l.what(lied)
			}
			require.GreaterOrEqual(t, with, l.least)
			require.GreaterOrEqual(t, with, without*l.percent/100)
		})
	}
}
