package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What must hold for each operation of a request (spec X1, X2).

// carried returns the operations of a request, or false if it is none that a correct
// replica executes: in the words of rule X1 and not by the engine's code.
func carried(r *message.Request, most int) (list [][]byte, ok bool) {
	switch {
	case len(r.Op) > most:
		return nil, false
	case r.Type == message.RequestOperation:
		return [][]byte{r.Op}, true
	case r.Type != message.RequestBundle || len(r.Op) < 4:
		return nil, false
	}
	for at := 4; at < len(r.Op); {
		if at += 4; at > len(r.Op) {
			return nil, false
		}
		end := at + int(binary.BigEndian.Uint32(r.Op[at-4:]))
		if end > len(r.Op) {
			return nil, false
		}
		list, at = append(list, r.Op[at:end]), end
	}
	n := int(binary.BigEndian.Uint32(r.Op))
	return list, n == len(list) && n > 0 && n <= 256
}

// onOperations checks, at a block's first execution, that the application was given each
// operation of what is executed once, in order and under its name, that no number is used
// twice (I3), and notes what each resulted in.
func (o *oracle) onOperations(h *host, d *core.Decided, replies []message.Reply) {
	if d.Point.Seq <= o.operated {
		return
	}
	o.operated = d.Point.Seq
	x, given := &h.app, 0
	for i := range d.Block.Payload.Requests {
		if r := &d.Block.Payload.Requests[i]; x.executes(i) {
			n := o.onOperation(h, d, r, given)
			if o.w.failure != nil || o.w.broken != nil {
				return
			}
			o.results[replies[i].Request] = x.given[given : given+n]
			given += n
		}
	}
	if given != len(x.ops) || given != len(x.given) {
		o.w.fail("I3", fmt.Sprintf("replica %d executes %d operations at %d, its block has %d", h.at, len(x.ops), d.Point.Seq, given))
	}
}

// onOperation checks one request whose operations begin at a place among those of the
// block. It returns how many it has.
func (o *oracle) onOperation(h *host, d *core.Decided, r *message.Request, at int) int {
	key := keyOf(r)
	if old, ok := o.used[key]; ok {
		o.w.fail("I3", fmt.Sprintf("replica %d executes at %d number %d of session %v, which was executed at %d", h.at, d.Point.Seq, r.Number, r.Session, old))
		return 0
	}
	o.used[key] = d.Point.Seq
	list, ok := carried(r, o.w.door.Limits().OpBytes)
	if !ok {
		o.w.fail("I3", fmt.Sprintf("replica %d executes at %d a request of %d bytes that is malformed", h.at, d.Point.Seq, len(r.Op)))
		return 0
	}
	for i, data := range list {
		if at+i >= len(h.app.ops) {
			break
		}
		if op := &h.app.ops[at+i]; op.Client != r.Client || op.Session != r.Session || op.Number != r.Number || op.Index != i || !bytes.Equal(op.Data, data) {
			o.w.fail("I3", fmt.Sprintf("replica %d executes at %d another operation than the one at place %d of number %d", h.at, d.Point.Seq, i, r.Number))
			return 0
		}
	}
	if at+len(list) > len(h.app.ops) {
		o.w.fail("I3", fmt.Sprintf("replica %d executes at %d fewer operations than its block has", h.at, d.Point.Seq))
		return 0
	}
	return len(list)
}

// onResults checks that each operation is acknowledged with what it resulted in (I10).
func (o *oracle) onResults(x *call) {
	want := o.results[x.digest]
	delete(o.results, x.digest)
	for i := range x.results {
		if i >= len(want) || !bytes.Equal(x.results[i], want[i]) {
			o.w.fail("I10", fmt.Sprintf("operation %d of number %d is acknowledged with another result than it had", i, x.req.Number))
			return
		}
	}
}
