package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
)

// boot starts the replica from its disk; first writes the bootstrap record.
func (h *host) boot(first bool) {
	if h.core != nil {
		return
	}
	h.life++
	r := h.disk.recover(h.w.root)
	r.Now, r.Bootstrap = h.w.now, first
	h.rebuild(r.State.Low)
	r.Executed = core.Executed{Seq: h.app.seq}
	r.Sessions = mirror(h.app.table)
	c, err := core.New(h.config(), r)
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
	h.w.missed = max(h.w.missed, len(h.w.oracle.chain)-int(h.app.seq))
	h.w.note(1, uint64(h.at), uint64(h.life))
	h.w.emit(Event{Kind: EventBoot, Replica: h.at, View: h.view, Point: r.State.Low})
	h.turn()
}

// crash stops the process. Of what was written and not synced a prefix survives,
// drawn by the world.
func (h *host) crash(c Crash) {
	if h.core == nil {
		return
	}
	h.crashes++
	h.life++
	h.tear()
	h.core, h.inbox, h.executed, h.execQueue = nil, nil, nil, nil
	h.queue, h.flight, h.spare = nil, nil, nil
	h.turning, h.executing, h.barriers = false, false, 0
	h.tickAt, h.alarm = clock.Instant{}, clock.Instant{}
	if c.Amnesia {
		h.disk, h.snapshots = disk{}, nil
	}
	h.w.note(2, uint64(h.at))
	h.w.emit(Event{Kind: EventCrash, Replica: h.at})
	h.w.after(c.Down, func() { h.boot(c.Amnesia) })
}

// tear writes a prefix of what no sync had covered.
func (h *host) tear() {
	unsynced := append(h.flight[:len(h.flight):len(h.flight)], h.queue...)
	n := 0
	for i := range unsynced {
		n += len(unsynced[i].Persist)
	}
	keep := int(h.src.Draw("torn", uint64(n+1)))
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
	h.crash(c)
	return true
}

// pause lets the loop stand still.
func (h *host) pause(p Pause) {
	h.pausedTo = clock.At(1).Add(p.To)
	h.w.emit(Event{Kind: EventPause, Replica: h.at, Until: p.To - p.From})
}
