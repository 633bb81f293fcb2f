package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "Durable are: the blocks above low; {epoch, view, left or not, base, tip, ..., commit
// tip, highest PC, highest CC}" (spec R1): a restart finds all of it.
func TestRestartFindsWhereItWas(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=0", "submit 0 a b c d e", "run", "run in=200ms", "byz 0 VIEW-CHANGE view=1", "run", "submit 2 f", "run",
		"mute *->* COMMIT", "submit 2 g", "run")
	before := s.hosts[2].core.Status()
	s.play(t, "crash 2", "restart 2")
	after := s.hosts[2].core.Status()
	require.Equal(t, before.View, after.View)
	require.Equal(t, before.Base, after.Base)
	require.Equal(t, before.Tip, after.Tip)
	require.Equal(t, before.Decided, after.Decided)
	require.Equal(t, before.Stable, after.Stable)
	require.Equal(t, before.Prepare, after.Prepare)
}

// "left or not" (spec R1, N4): a replica that asked for view 1 and crashed sends no vote
// in view 0 any more, and its VIEW-CHANGE again, the same bytes.
func TestRestartRemembersThatItLeft(t *testing.T) {
	s := play(t, "new n=4 byz=0", "submit 0 a", "run", "mute 3->*", "mute *->3", "byz 0 VIEW-CHANGE view=1 to=3", "run", "expect 3 target=1! view=0!")
	vc := s.hosts[3].sentKind(message.KindViewChange)[0]
	s.play(t, "crash 3", "restart 3", "run", "expect 3 target=1! view=0! prepares=0! commits=0!")
	list := s.hosts[3].sentKind(message.KindViewChange)
	require.Same(t, vc, list[len(list)-1])
}

// "a higher one without its blocks never replaces it" (spec R1, V2).
func TestCertificateWithoutBlocksIsNotKept(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=0", "mute *->* COMMIT", "submit 0 a", "run", "mute *->3 BODY,BLOCKS", "submit 0 b", "run",
		"expect 3 certified=2 tip=1!", "crash 3", "restart 3")
	require.EqualValues(t, 1, s.hosts[3].core.Status().Prepare.Seq)
}

// "After a restart a replica never signs anything that conflicts with what it synced,
// whatever was torn" (spec R2): replica 1 crashes at each of its records in a run with
// a view change, and the ledger holds it to what it had sent.
func TestCrashAtEachRecord(t *testing.T) {
	for keep := range 14 {
		s := play(t, "new n=4 interval=2 byz=0", "submit 0 a b", "turn 0", "sync 0", "deliver 0->*", "turn 1")
		for range keep / 4 {
			for _, h := range s.hosts {
				h.turn()
				if h.id != 1 {
					h.sync()
				}
			}
			for i := range 16 {
				s.deliver(i/4, i%4, anything, false)
			}
		}
		s.hosts[1].crash(keep)
		s.play(t, "restart 1", "run in=1s decided=2", "byz 0 VIEW-CHANGE view=1", "run in=2s who=1,2,3 view=1", "submit 2 c", "run in=1s who=1,2,3 decided=3")
	}
}

// "If it is the primary of its durable view, entered it and has not left it, it sends
// VIEW-CHANGE(view+1)" (spec R2): also in a view above 0, and not if it is a backup.
func TestRestartedPrimaryResigns(t *testing.T) {
	play(t, "new n=4 byz=0", "crash 0", "submit 1 a", "submit 2 a", "run in=1s who=1,2,3 decided=1", "expect 1,2,3 view=1!", "crash 2", "restart 2", "run",
		"expect 1,2,3 view=1! target=1!", "crash 1", "restart 1", "run", "expect 1,2,3 view=2!")
}

// "Any other sends no PREPARE in that view any more" (spec R2), for it may have sent one that
// it has forgotten: of the two blocks of a liar replica 1 votes for the first, and loses power.
// Its COMMITs go on, and so do its PREPAREs in the next view.
func TestRestartedBackupIsMute(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 propose on=root op=a to=1", "byz 0 PREPARE at=a to=1", "deliver 0->1", "turn 1", "expect 1 prepares=1!",
		"drop *->*", "crash 1 keep=none", "restart 1", "byz 0 propose on=root op=b", "byz 0 PREPARE at=b", "mute *->* COMMIT", "run in=100ms",
		"expect 1 prepares=0! certified=1 commits=1!", "byz 0 VIEW-CHANGE view=1", "unmute", "run in=200ms", "expect 1,2,3 view=1 prepares=1 decided=1")
}

// "primary(0) leads view 0 only in the process that wrote that record" (spec R2).
func TestOnlyTheBootstrapLeads(t *testing.T) {
	play(t, "new n=4", "crash 0", "restart 0", "expect 0 target=1!")
	play(t, "new n=4", "crash 1", "restart 1", "expect 1 target=0!")
}

// "A single member goes on: nobody else has seen anything" (spec R2).
func TestSingleMemberGoesOn(t *testing.T) {
	play(t, "new n=1", "submit 0 a", "run", "expect 0 decided=1", "crash 0", "restart 0", "submit 0 b", "run", "expect 0 decided=2 view=0!")
}

// A replica that did not sync its commit certificate learns again what is decided
// (spec R1, S1).
func TestDecisionIsLearntAgain(t *testing.T) {
	play(t, "new n=4 interval=8", "mute 3->*", "submit 0 a b", "turn 0", "run", "expect 3 decided=2", "crash 3", "restart 3", "unmute",
		"run in=500ms who=3 executed=2")
}

// A restored state that no run can have left is refused (spec R2).
func TestImpossibleStateIsRefused(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a b", "run", "run in=200ms")
	cfg := s.cfg
	cfg.Self = 1
	r := core.Assemble(s.hosts[1].disk, s.root)
	r.Now = s.hosts[1].now
	_, err := core.New(cfg, r)
	require.ErrorIs(t, err, core.ErrRestored, "the application is behind the stable checkpoint")
	r.Executed.Seq = 9
	_, err = core.New(cfg, r)
	require.ErrorIs(t, err, core.ErrRestored, "the application is ahead of the log (spec X7)")
}

// The configuration is checked (spec B4, M1).
func TestConfigIsChecked(t *testing.T) {
	s := play(t, "new n=4 interval=2")
	for what, change := range map[string]func(*core.Config){
		"no member":          func(c *core.Config) { c.Self = 9 },
		"window too large":   func(c *core.Config) { c.Window = 3 },
		"floor above cap":    func(c *core.Config) { c.TimeoutFloor = c.TimeoutCap + 1 },
		"negative limit":     func(c *core.Config) { c.PoolBytes = -1 },
		"no members at all":  func(c *core.Config) { c.Members = nil },
		"negative floor":     func(c *core.Config) { c.TimeoutFloor = -1 },
		"negative per block": func(c *core.Config) { c.BlockRequests = -1 },
	} {
		cfg := s.cfg
		change(&cfg)
		_, err := core.New(cfg, core.Restored{State: core.HardState{Base: s.root, Tip: s.root, Low: s.root}})
		require.ErrorIs(t, err, core.ErrConfig, what)
	}
}

// "After a restart k is the smaller of its bound and the number of views since that of the
// highest CC" (spec T3).
func TestRestartStaysPatient(t *testing.T) {
	s := play(t, "new n=4 byz=2,3 cap=4s", "byz 2 VIEW-CHANGE view=3", "byz 3 VIEW-CHANGE view=3", "run", "expect 0 view=3!", "crash 0", "restart 0")
	require.Equal(t, 3, s.hosts[0].core.Status().Backoff)
}
