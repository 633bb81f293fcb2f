package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
)

// boot starts the replica from its disk; first writes the bootstrap record.
func (h *host) boot(first bool) {
	if h.core != nil || h.stopped {
		return
	}
	h.life++
	if h.clock != nil {
		h.clock.start(h.w.now)
	}
	if !h.disk.mount(h) {
		return
	}
	r := h.disk.recover(h.w.root)
	r.Now, r.Bootstrap = h.now(), first
	h.rebuild(r.State.Low)
	r.Executed = core.Executed{Seq: h.app.seq}
	r.Sessions = mirror(h.app.table)
	c, err := core.New(h.config(), r)
	if err != nil && h.faulty {
		h.stop(stoppedRestart)
		return
	}
	if err != nil {
		h.w.fail("R1", fmt.Sprintf("replica %d does not restart: %v", h.at, err))
		return
	}
	if shown := proven(&r); !h.faulty && shown < h.reached {
		h.w.fail("X7", fmt.Sprintf("replica %d executed to %d, and its log shows no more than %d decided", h.at, h.reached, shown))
	}
	h.core = c
	h.view = r.State.View
	h.w.oracle.onBoot(h, &r)
	h.w.oracle.onRecovered(h, &r)
	missed := len(h.w.oracle.chain) - int(h.app.seq)
	h.w.missed = max(h.w.missed, missed)
	h.w.Sometimes(missedWindow, missed > 2*h.w.sc.Interval)
	h.w.note(1, uint64(h.at), uint64(h.life))
	h.w.emit(Event{Kind: EventBoot, Replica: h.at, View: h.view, Point: r.State.Low})
	h.turn()
}

// strike crashes a process, or all of them at once.
func (h *host) strike(c Crash) {
	h.crash(c)
	if !c.All {
		return
	}
	h.w.Sometimes(powerLost, true)
	for _, o := range h.w.hosts {
		if o != h {
			o.crash(Crash{Down: c.Down})
		}
	}
}

// crash stops the process and starts it again after a while. Of what was written and
// not synced a prefix survives, drawn by the world.
func (h *host) crash(c Crash) {
	if h.core == nil {
		return
	}
	h.crashes++
	h.w.Sometimes(crashedProposing, h.proposing())
	st := h.core.Status()
	h.w.Sometimes(viewLost, st.Target > st.View)
	switch {
	case c.Orderly:
		h.finish()
	case !h.disk.forget(h):
		h.tear()
	}
	if c.Amnesia {
		h.w.Sometimes(amnesia, true)
		h.disk.wipe()
		h.snapshots = nil
	}
	h.die()
	h.w.note(2, uint64(h.at))
	h.w.emit(Event{Kind: EventCrash, Replica: h.at})
	h.w.after(c.Down, func() { h.boot(c.Amnesia) })
}

// stop ends the process for good: its disk cannot be trusted (spec R2, R3).
func (h *host) stop(why string) {
	h.stopped = true
	h.die()
	h.w.note(6, uint64(h.at))
	h.fault(why)
}

// die forgets all that a process has in memory.
func (h *host) die() {
	h.life++
	h.core, h.inbox, h.executed, h.execQueue = nil, nil, nil, nil
	h.filter.marks = core.Marks{}
	h.queue, h.flight, h.spare = nil, nil, nil
	h.turning, h.executing, h.told, h.barriers = false, false, false, 0
	h.tickAt, h.alarm, h.pausedTo = clock.Instant{}, clock.Instant{}, clock.Instant{}
}

// fault tells that a fault has struck here.
func (h *host) fault(what string) {
	h.w.Sometimes(what, true)
	h.w.emit(Event{Kind: EventFault, Replica: h.at, Note: what})
}

// proposing reports whether a block of the replica's own may be about that is not
// durable here (spec N7).
func (h *host) proposing() bool {
	for _, list := range [][]core.Output{h.flight, h.queue} {
		for i := range list {
			for k := range list[i].Persist {
				if r := &list[i].Persist[k]; r.Kind == core.RecordBlock && h.leads(r.Block.Header.View) && r.Block.Header.View == h.view {
					return true
				}
			}
		}
	}
	return false
}

// finish writes all that the replica has, and that it ends in good order.
func (h *host) finish() {
	h.w.Sometimes(stopped, true)
	for _, list := range [][]core.Output{h.flight, h.queue} {
		for i := range list {
			for _, r := range list[i].Persist {
				h.write(r)
			}
		}
	}
	h.write(h.core.Stop())
	h.disk.sync(h)
}

// tear writes a prefix of what no sync had covered.
func (h *host) tear() {
	unsynced := append(h.flight[:len(h.flight):len(h.flight)], h.queue...)
	n := 0
	for i := range unsynced {
		n += len(unsynced[i].Persist)
	}
	keep := int(h.src.Draw("torn", uint64(n+1)))
	h.w.Sometimes(tornLog, keep < n)
	for i := range unsynced {
		for _, r := range unsynced[i].Persist {
			if keep > 0 {
				h.write(r)
				keep--
			}
		}
	}
}

// effect counts what a process does to the world outside it, and reports whether it
// died of a crash planned right after that.
func (h *host) effect() bool {
	h.effects++
	if len(h.crashAt) == 0 || h.effects < h.crashAt[0].Effect {
		return false
	}
	c := h.crashAt[0]
	h.crashAt = h.crashAt[1:]
	h.strike(c)
	return true
}

// pause lets the process stand still: World.loop puts off what it would do.
func (h *host) pause(p Pause) {
	h.pausedTo = clock.At(1).Add(p.To)
	h.w.emit(Event{Kind: EventPause, Replica: h.at, Until: p.To - p.From})
}
