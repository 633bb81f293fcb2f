package pbft

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
)

// keeper is an application that keeps its own state.
type keeper struct{ Durable }

// gatedLog counts syncs, and each waits at the gate if there is one.
type gatedLog struct {
	storage.Log
	syncs, written atomic.Int64
	gate           chan struct{}
}

func (l *gatedLog) Write(recs []storage.Record) error {
	l.written.Add(int64(len(recs)))
	return l.Log.Write(recs)
}

func (l *gatedLog) Sync() error {
	l.syncs.Add(1)
	if l.gate != nil {
		<-l.gate
	}
	return l.Log.Sync()
}

// post counts what leaves.
type post struct {
	transport.Endpoint
	sent atomic.Int64
}

func (p *post) Send(transport.Peer, transport.Frame) bool { p.sent.Add(1); return true }

// syncing runs a syncer whose executor nobody runs, and ends it.
func syncing(t *testing.T, app Application, test func(s *syncer, log *gatedLog, out *post)) {
	synctest.Test(t, func(t *testing.T) {
		members, err := message.NewMembers(0, []message.Member{{Power: 1}})
		require.NoError(t, err)
		log, out := &gatedLog{Log: memory.New()}, &post{}
		r := &Replica{cfg: Config{Log: log, Application: app}, members: members, clock: clock.System(), net: out, done: make(chan struct{})}
		r.exec, r.server, r.syncer = newExecutor(r), newServer(r), newSyncer(r)
		ended := make(chan error, 1)
		go func() { ended <- r.syncer.run() }()
		test(r.syncer, log, out)
		r.stop(nil)
		r.syncer.end()
		require.NoError(t, <-ended)
	})
}

// executed returns the seqs that were handed to execution.
func (s *syncer) executed() (list []message.Seq) {
	synctest.Wait()
	x := s.r.exec
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, o := range x.queue {
		for _, d := range o.Execute {
			list = append(list, d.Point.Seq)
		}
	}
	return list
}

func accepted() core.Output {
	return core.Output{Persist: []core.Record{{Kind: core.RecordState, State: new(core.HardState)}}}
}

func committed(view message.View, seq message.Seq) core.Output {
	o := accepted()
	o.Send = []core.Outgoing{{Msg: &message.Commit{View: view, Seq: seq, Sig: make([]byte, 64)}}}
	return o
}

func decided(view message.View, seqs ...message.Seq) (o core.Output) {
	cert := &message.CommitCert{View: view, Seq: seqs[len(seqs)-1]}
	o.Persist = []core.Record{{Kind: core.RecordCommit, Message: cert}}
	for _, s := range seqs {
		o.Execute = append(o.Execute, core.Decided{Point: message.Point{Seq: s}})
	}
	return o
}

// A record is synced once something waits for it, with all that was written before (spec N7).
func TestSyncsServeWhoWaits(t *testing.T) {
	syncing(t, nil, func(s *syncer, log *gatedLog, out *post) {
		s.put(accepted())
		synctest.Wait()
		require.EqualValues(t, 1, log.written.Load())
		require.Zero(t, log.syncs.Load(), "nothing rests on it")
		s.put(core.Output{Send: committed(0, 1).Send})
		synctest.Wait()
		require.EqualValues(t, 1, log.syncs.Load(), "a vote rests on what was written before it")
		require.EqualValues(t, 1, out.sent.Load())
		s.put(core.Output{Send: committed(0, 1).Send})
		synctest.Wait()
		require.EqualValues(t, 1, log.syncs.Load(), "all is durable")
		require.EqualValues(t, 2, out.sent.Load())
		for _, o := range []core.Output{{Barrier: true}, {Evidence: []*message.Evidence{nil}}} {
			before := log.syncs.Load()
			o.Persist = accepted().Persist
			s.put(o)
			synctest.Wait()
			require.Equal(t, before+1, log.syncs.Load())
		}
		s.put(accepted())
		synctest.Wait()
		s.putSessions(1, []storage.Record{{Slot: 9}})
		synctest.Wait()
		require.Zero(t, s.sessions.Load(), "tables wait for company")
		s.put(accepted())
		synctest.Wait()
		require.EqualValues(t, 1, s.sessions.Load())
		require.EqualValues(t, 4, log.syncs.Load())
	})
}

// A certificate alone binds nobody (spec N7): what it decides is executed once the own vote for it is durable
// (N6), whatever else waits for the disk.
func TestDecisionsRestOnTheOwnVote(t *testing.T) {
	syncing(t, nil, func(s *syncer, log *gatedLog, out *post) {
		s.put(committed(3, 2))
		synctest.Wait()
		require.EqualValues(t, 1, out.sent.Load())
		s.put(decided(3, 1))
		require.Equal(t, []message.Seq{1}, s.executed())
		require.EqualValues(t, 1, log.syncs.Load())

		log.gate = make(chan struct{})
		s.put(committed(3, 4))
		synctest.Wait()
		s.put(decided(3, 2, 3))
		require.Equal(t, []message.Seq{1, 2}, s.executed(), "the vote for 3 is on its way to the disk")
		s.put(committed(3, 5))
		log.gate <- struct{}{}
		require.Equal(t, []message.Seq{1, 2, 3}, s.executed(), "before the sync of the vote for 5")
		require.EqualValues(t, 2, out.sent.Load())
		log.gate <- struct{}{}
		synctest.Wait()

		s.put(committed(4, 5))
		s.put(decided(3, 4))
		s.put(decided(4, 5))
		require.Equal(t, []message.Seq{1, 2, 3, 4}, s.executed(), "a vote of another view says nothing of 5")
		close(log.gate)
		require.Equal(t, []message.Seq{1, 2, 3, 4, 5}, s.executed())
	})
}

// Without a vote for it, a decision rests on all that was written before.
func TestDecisionsRestOnTheirBlocks(t *testing.T) {
	syncing(t, nil, func(s *syncer, log *gatedLog, _ *post) {
		s.put(decided(0, 1))
		require.Equal(t, []message.Seq{1}, s.executed())
		require.Zero(t, log.syncs.Load(), "there was nothing before it")
		s.put(accepted())
		s.put(decided(0, 2))
		require.Equal(t, []message.Seq{1, 2}, s.executed())
		require.EqualValues(t, 1, log.syncs.Load())
	})
}

// An application that keeps its own state is never ahead of the certificate (spec X7).
func TestDurableApplicationsWaitForTheCertificate(t *testing.T) {
	syncing(t, keeper{}, func(s *syncer, log *gatedLog, _ *post) {
		s.put(committed(0, 2))
		synctest.Wait()
		log.gate = make(chan struct{})
		s.put(decided(0, 1))
		require.Empty(t, s.executed())
		close(log.gate)
		require.Equal(t, []message.Seq{1}, s.executed())
		require.EqualValues(t, 2, log.syncs.Load())
	})
}
