package client

import (
	"fmt"
	"runtime"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// turnCalls bounds what is signed before the first of it leaves.
const turnCalls = 128

// frameHead is more than a message of requests holds beside them.
const frameHead = 64

// requestsMax bounds a message in requests: the default of message.Limits.
const requestsMax = 4096

// everyone is a parcel's address for all members.
const everyone = -1

// parcel is a frame of requests on its way out.
type parcel struct {
	data  []byte
	to    int     // member or everyone
	first bool    // if its member has no link, another will do
	fresh []*call // those in it that had never been sent before
}

// send is the one goroutine of a client. It wakes when there may be something to send or when a call is
// due, and sends all that there is: requests that came meanwhile travel in one message.
func (c *Client) send() {
	defer close(c.stopped)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(c.sendAll())
		select {
		case <-c.wake:
			runtime.Gosched() // whoever is about to call, too, does so first: one message for all
		case <-timer.C:
		case <-c.closing:
			return
		}
	}
}

// sendAll sends until there is nothing left to send, and returns how long that will be so.
func (c *Client) sendAll() time.Duration {
	for {
		now := c.clock.Now()
		c.mu.Lock()
		again := c.collect(now)
		fresh := c.table.stage(now, turnCalls)
		next := c.table.next()
		c.mu.Unlock()
		c.post(again)
		if len(fresh) > 0 {
			c.post(c.launch(fresh))
			continue
		}
		switch {
		case next.IsZero():
			return time.Hour
		case next.After(now):
			return next.Sub(now)
		}
	}
}

// collect packs what is to be sent again. The lock is held.
func (c *Client) collect(now clock.Instant) (out []parcel) {
	for member, list, ok := c.table.missing(); ok; member, list, ok = c.table.missing() {
		out = c.pack(out, parcel{to: member}, list)
	}
	return c.address(out, c.table.due(now))
}

// address packs calls for their addressees, of which each has its calls side by side. The lock is held.
func (c *Client) address(out []parcel, list []*call) []parcel {
	for len(list) > 0 {
		to, same := list[0].addressee(), 1
		for same < len(list) && list[same].addressee() == to {
			same++
		}
		out = c.pack(out, parcel{to: to, first: true}, list[:same])
		list = list[same:]
	}
	return out
}

// launch signs staged calls, registers them, and packs them for their targets. Between stage and launch
// only the sender touches a call's request, so signing needs no lock.
func (c *Client) launch(list []*call) (out []parcel) {
	digests, errs := make([]message.Digest, len(list)), make([]error, len(list))
	for i, x := range list {
		digests[i], errs[i] = c.sign(&x.req)
	}
	now := c.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for i, x := range list {
		if c.table.launch(x, digests[i], errs[i], now) {
			list[n] = x
			n++
		}
	}
	return c.address(out, list[:n])
}

func (c *Client) sign(r *message.Request) (message.Digest, error) {
	if err := c.door.SignRequest(c.cfg.Key, r); err != nil {
		return message.Digest{}, err
	}
	if len(r.Sig) != 0 && len(r.Sig) != message.SignatureSize {
		return message.Digest{}, fmt.Errorf("client: the signer's signature has %d bytes", len(r.Sig))
	}
	return r.Digest(c.door.Cluster()), nil
}

// pack appends calls as parcels like p, as few as the limits allow. The lock is held: replies must not
// settle a call while its request is read.
func (c *Client) pack(out []parcel, p parcel, list []*call) []parcel {
	for len(list) > 0 {
		for size := frameHead; len(c.scratch) < min(len(list), requestsMax); {
			r := &list[len(c.scratch)].req
			if size += 4 + r.Size(); size > c.cfg.FrameBytesMax {
				break
			}
			c.scratch = append(c.scratch, *r)
		}
		var err error
		if p.data, err = wire.Append(nil, &message.Requests{List: c.scratch}); err != nil {
			panic("client: " + err.Error()) // sizes and signatures were checked
		}
		p.fresh = c.table.leaving(list[:len(c.scratch)])
		out = append(out, p)
		list = list[len(c.scratch):]
		clear(c.scratch)
		c.scratch = c.scratch[:0]
	}
	return out
}

// post hands parcels to the links.
func (c *Client) post(out []parcel) {
	for _, p := range out {
		if !c.deliver(p) && len(p.fresh) > 0 {
			c.mu.Lock()
			c.table.unsent(p.fresh)
			c.mu.Unlock()
		}
	}
}

// deliver reports whether any link took the parcel.
func (c *Client) deliver(p parcel) bool {
	if p.to != everyone {
		return c.sendTo(p.to, p.data) || p.first && c.divert(p)
	}
	taken := false
	for i := range c.members.Len() {
		taken = c.sendTo(i, p.data) || taken
	}
	return taken
}

// divert gives a parcel to the first member after its target whose link takes it.
func (c *Client) divert(p parcel) bool {
	for k := 1; k < c.members.Len(); k++ {
		if i := (p.to + k) % c.members.Len(); c.sendTo(i, p.data) {
			c.mu.Lock()
			c.table.retarget(p.fresh, p.to, i, c.clock.Now())
			c.mu.Unlock()
			c.kick()
			return true
		}
	}
	return false
}

func (c *Client) sendTo(member int, data []byte) bool {
	return c.endpoint.Send(c.members.At(member).Key, transport.Frame{Class: transport.Control, Data: data})
}
