package pbft

import (
	"time"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
	"github.com/twothirds-bft/twothirds/transport"
)

// Status says where a replica stands and what it waits for. It is a copy.
type Status struct {
	core.Status
	Replica  message.ReplicaID
	Executed message.Seq
	Frames   verify.Counts
	Checked  uint64 // signatures verified since the start, those of a batch one by one
	Links    []transport.Link
	SyncP99  time.Duration // what a sync takes, decaying maximum
	Err      error         // why the replica stopped, nil while it runs
}

// Status returns where the replica stands. It waits for a turn of the loop.
func (r *Replica) Status() Status {
	cost, _ := r.syncer.cost()
	return Status{
		Status: r.coreStatus(), Replica: r.cfg.Self, Executed: r.exec.applied(), Frames: r.pool.Counts(), Checked: r.meter.Checked(),
		Links: r.net.Links(), SyncP99: cost, Err: r.Err(),
	}
}

func (r *Replica) coreStatus() core.Status {
	reply := make(chan core.Status, 1)
	select {
	case r.ask <- reply:
		return <-reply
	case <-r.gone:
		if s := r.last.Load(); s != nil {
			return *s
		}
		return core.Status{} // the loop ended in a bug
	}
}

// Evidence returns every proof of a fault that this replica holds (spec E1). Anyone
// with the members can check it: Door().Evidence.
func (r *Replica) Evidence() []*message.Evidence {
	recs, err := r.states()
	if err != nil {
		r.log.Warn("evidence in the log", "err", err)
	}
	var out []*message.Evidence
	for i := range recs {
		if recs[i].Evidence != nil {
			out = append(out, recs[i].Evidence)
		}
	}
	return out
}

// Door returns the checker of this cluster's signatures, certificates and
// evidence.
func (r *Replica) Door() *message.Door { return r.door }
