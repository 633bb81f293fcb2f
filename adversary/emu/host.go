package emu

import (
	"errors"
	"math"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// ErrDown says that there is no replica to hear a message: it crashed, or stopped for
// good.
var ErrDown = errors.New("emu: the replica is down")

// turnsMost is more than a sound replica needs for one input.
const turnsMost = 1000

// boot starts the replica from its disk. The application is rebuilt up to the stable
// checkpoint, from where the core goes on (spec X7).
func (d *Driver) boot(first bool) {
	d.t.Helper()
	r := core.Assemble(d.disk, d.root)
	d.application = application{table: session.New(session.Config{})}
	for _, b := range d.logged(r.State.Low) {
		d.application.apply(&b)
	}
	mirror, err := session.Restore(d.application.table.Config(), d.application.table.AppendSnapshot(nil))
	if err != nil {
		d.t.Fatalf("emu: %v", err)
	}
	r.Now, r.Bootstrap, r.Sessions, r.Executed = d.now, first, mirror, core.Executed{Seq: d.application.seq}
	d.core, err = core.New(core.Config{
		Self: d.cfg.Self, Members: d.members, Root: d.root, Interval: d.cfg.Interval, Window: d.cfg.Window,
		BlockRequests: d.cfg.Batch, TimeoutFloor: d.cfg.TimeoutFloor, TimeoutCap: d.cfg.TimeoutCap,
	}, r)
	if err != nil {
		d.t.Fatalf("emu: %v", err)
	}
	d.settle()
}

// logged returns the logged blocks from genesis up to p.
func (d *Driver) logged(p message.Point) (blocks []core.Decided) {
	at := map[message.Digest]*core.Record{}
	for i := range d.disk {
		if r := &d.disk[i]; r.Kind == core.RecordBlock {
			at[r.Parent.Extend(r.Block.Header.Digest())] = r
		}
	}
	for p != d.root {
		r := at[p.Chain]
		blocks = append(blocks, core.Decided{Block: *r.Block, Parent: r.Parent, Point: p})
		p = message.Point{Seq: p.Seq - 1, Chain: r.Parent}
	}
	slices.Reverse(blocks)
	return blocks
}

// settle lets the replica run until it has nothing to do.
func (d *Driver) settle() {
	d.t.Helper()
	for range turnsMost {
		busy := d.turn()
		if !d.holdDisk {
			busy = d.sync() || busy
		}
		if !d.holdApp {
			busy = d.execute() || busy
		}
		if !busy {
			return
		}
	}
	d.t.Fatalf("emu: the replica goes on and on; %s", d.state())
}

// turn takes one output, signs what it wants signed, and lets go what may leave before
// the sync (spec N7). It reports whether there was anything to do.
func (d *Driver) turn() bool {
	if d.core == nil {
		return false
	}
	o := d.core.Output()
	var own []message.Verified
	for _, m := range o.Sign {
		v, err := d.door.Sign(d.signer, d.cfg.Self, m)
		if err != nil {
			d.t.Fatalf("emu: %v", err)
		}
		own = append(own, v)
	}
	d.deadline = o.Deadline
	if o.Empty() {
		return false
	}
	d.evidence = append(d.evidence, o.Evidence...)
	barrier := o.Barrier || slices.ContainsFunc(d.unsynced, func(o core.Output) bool { return o.Barrier })
	if !barrier {
		d.release(o.Early)
		o.Early = nil
	}
	d.unsynced = append(d.unsynced, o)
	if o.Fault != nil {
		d.fault, d.core = o.Fault, nil
		d.log("stops: %v", o.Fault)
		return true
	}
	for _, v := range own {
		d.core.Step(d.now, v)
	}
	return true
}

// sync makes what was written durable and does what had to wait for it.
func (d *Driver) sync() bool {
	queue := d.unsynced
	d.unsynced = nil
	for i := range queue {
		d.disk = append(d.disk, queue[i].Persist...)
	}
	for i := range queue {
		d.release(queue[i].Early)
		d.release(queue[i].Send)
		for _, b := range queue[i].Execute {
			d.decided[b.Point.Seq] = b.Point.Chain
			d.log("decides %s", d.point(b.Point))
		}
		d.pending = append(d.pending, queue[i].Execute...)
		d.serve(queue[i].Serve)
	}
	return len(queue) > 0
}

func (d *Driver) execute() bool {
	if d.core == nil || len(d.pending) == 0 {
		return false
	}
	for i := range d.pending {
		d.core.Executed(d.now, d.application.apply(&d.pending[i]))
	}
	d.pending = nil
	return true
}

// release puts messages on the list of what was sent.
func (d *Driver) release(list []core.Outgoing) {
	for _, o := range list {
		frame, err := wire.Append(nil, o.Msg)
		if err != nil {
			d.t.Fatalf("emu: the replica sends what has no encoding: %v", err)
		}
		switch m := o.Msg.(type) {
		case *message.Body:
			d.names.learn(m.Parent, &m.Header, m.Payload)
		case *message.NewView:
			d.enter(m)
		}
		if m, ok := o.Msg.(message.Signed); ok {
			d.remember(m)
		}
		s := Sent{All: o.All, To: o.To, Msg: o.Msg, Frame: frame}
		d.sent = append(d.sent, s)
		if o.Msg.Kind() != message.KindStatus {
			d.log("%s", d.describeSent(&s))
		}
	}
}

// remember keeps the replica's own signature, so that others can show it around.
func (d *Driver) remember(m message.Signed) {
	id, sig := m.Author()
	signed := string(m.AppendSigned(nil, d.door.Cluster()))
	if id != d.cfg.Self || d.spoken[signed] != nil {
		return
	}
	d.spoken[signed] = sig
	d.said = append(d.said, m)
}

// serve answers pulls that the core left to the log.
func (d *Driver) serve(list []core.Serve) {
	for _, s := range list {
		for i := range d.disk {
			cert, ok := d.disk[i].Message.(*message.CheckpointCert)
			if !ok || d.disk[i].Kind != core.RecordStable || cert.Seq != s.Last {
				continue
			}
			blocks := d.logged(cert.Point())[s.From:]
			m := &message.Blocks{From: message.Point{Seq: s.From, Chain: blocks[0].Parent}, Stable: cert}
			for i := range blocks {
				m.Blocks = append(m.Blocks, message.BlockData{Header: blocks[i].Block.Header, Raw: blocks[i].Block.Payload.Raw})
			}
			d.release([]core.Outgoing{{To: s.To, Msg: m}})
			break
		}
	}
}

// HoldDisk keeps what the replica writes from now on from becoming durable, and so what
// has to wait for that from leaving, until Sync.
func (d *Driver) HoldDisk() { d.holdDisk = true }

// Sync makes durable what was held back, and ends HoldDisk.
func (d *Driver) Sync() {
	d.t.Helper()
	d.holdDisk = false
	d.settle()
}

// HoldApplication keeps decided blocks from being executed, until Execute.
func (d *Driver) HoldApplication() { d.holdApp = true }

// Execute executes what was held back, and ends HoldApplication.
func (d *Driver) Execute() {
	d.t.Helper()
	d.holdApp = false
	d.settle()
}

// Crash stops the replica. Of the records that are not synced yet, HoldDisk being in
// force, the first keep survive.
func (d *Driver) Crash(keep int) {
	for i := range d.unsynced {
		for _, r := range d.unsynced[i].Persist {
			if keep > 0 {
				d.disk = append(d.disk, r)
				keep--
			}
		}
	}
	d.core, d.unsynced, d.pending, d.deadline, d.holdDisk, d.holdApp = nil, nil, nil, clock.Instant{}, false, false
	d.log("crashes")
}

// Stop ends the replica in good order: all that it wrote is durable, and that it ended so.
func (d *Driver) Stop() {
	last := d.core.Stop()
	d.Crash(math.MaxInt)
	d.disk = append(d.disk, last)
}

// Restart boots the replica again from what is durable (spec R2).
func (d *Driver) Restart() {
	d.t.Helper()
	d.fault = nil
	d.log("restarts")
	d.boot(false)
}

// Advance lets time pass, with a tick at each deadline on the way.
func (d *Driver) Advance(by clock.Duration) {
	d.t.Helper()
	end := d.now.Add(by)
	for ticks := 0; d.core != nil && !d.deadline.IsZero() && !d.deadline.After(end); ticks++ {
		if ticks == turnsMost {
			d.t.Fatalf("emu: the replica asks for time again and again at one instant; %s", d.state())
		}
		if d.deadline.After(d.now) {
			d.now, ticks = d.deadline, 0
		}
		d.core.Tick(d.now)
		d.settle()
	}
	d.now = end
}

// Tick lets time pass up to the replica's next deadline, if there is one.
func (d *Driver) Tick() {
	d.t.Helper()
	if !d.deadline.IsZero() {
		d.Advance(max(d.deadline.Sub(d.now), 0))
	}
}
