package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Requests of several operations, as clients make them and replicas execute them (spec
// X1, X2).

// resultsMost bounds the results of a bundle, about: beyond 64 KB they come in parts.
const resultsMost = 72 << 10

// operations draws what a client's next request carries. Without bundles that is one
// operation, of which nothing is drawn.
func (c *simClient) operations() [][]byte {
	if c.w.sc.Bundle <= 1 {
		return [][]byte{c.operation(plain, 0, 1)}
	}
	n := 1 + int(c.src.Draw("bundle", uint64(c.w.sc.Bundle)))
	style := styles[c.src.Draw("style", uint64(len(styles)))]
	room := c.w.door.Limits().OpBytes - message.BundleSize(nil)
	var list [][]byte
	for len(list) < n && room >= 4 {
		op := c.operation(style, len(list), n)
		if style == filling && len(list) == n-1 && n > 1 {
			op = append(op, make([]byte, max(room-4-len(op), 0))...)
		}
		if room -= 4 + len(op); room < 0 {
			break
		}
		list = append(list, op)
	}
	return list
}

// style is how the operations of a request look.
type style uint8

const (
	plain   style = iota
	hollow        // some are empty
	filling       // they take all the room that there is
	verbose       // their results come in parts
)

var styles = [16]style{plain, plain, plain, plain, plain, plain, plain, hollow, hollow, hollow, hollow, filling, filling, filling, filling, verbose}

// operation draws one of n operations of a request.
func (c *simClient) operation(s style, index, n int) []byte {
	if op := c.w.workload(c.src); op != nil {
		return op
	}
	op := binary.BigEndian.AppendUint64([]byte{byte(c.id)}, c.number)
	switch {
	case c.w.sc.Bundle <= 1:
		return op
	case s == hollow && c.src.Draw("hollow", 2) == 1:
		return []byte{}
	}
	op = binary.BigEndian.AppendUint16(op, uint16(index))
	if s == verbose {
		op = binary.BigEndian.AppendUint32(op, uint32(c.src.Draw("result", uint64(2*resultsMost/n))))
	}
	return op
}

// wanted is how long a result an operation asks the default application for.
func wanted(op []byte) int {
	const at = 1 + 8 + 2
	if len(op) != at+4 {
		return 0
	}
	return int(min(binary.BigEndian.Uint32(op[at:]), 2*resultsMost))
}

// request makes the operation or the bundle of a list.
func (c *simClient) request(list [][]byte) message.Request {
	r := message.Request{Client: c.key, Session: c.session, Number: c.number, Awaited: c.awaited, Op: list[0]}
	if len(list) > 1 {
		r.Type, r.Op = message.RequestBundle, message.AppendBundle(nil, list)
	}
	return r
}

// fill takes what a reply on weak power brings, and reports whether all results are there.
func (c *simClient) fill(x *call, r *message.Reply) bool {
	if r.Code != message.ReplyOK || x.req.Type == message.RequestOpen {
		return true
	}
	if x.req.Type == message.RequestOperation {
		x.results[0] = r.Result
		return true
	}
	from, list, err := message.ParsePart(r.Result, len(x.ops))
	if err != nil {
		c.w.fail("I10", fmt.Sprintf("weak power answers number %d of client %d with what is no part of %d results: %v", x.req.Number, c.id, len(x.ops), err))
		return false
	}
	c.w.Sometimes(resultsInParts, len(list) < len(x.ops))
	for i, result := range list {
		if at := &x.results[from+i]; *at == nil {
			*at = result
			x.missing--
		}
	}
	return x.missing == 0
}

// appendOps appends the operations of a request, as the application is given them.
func appendOps(list []pbft.Op, r *message.Request, session message.SessionID) []pbft.Op {
	index := 0
	for data := range r.Ops() {
		list = append(list, pbft.Op{Client: r.Client, Session: session, Number: r.Number, Index: index, Data: data})
		index++
	}
	return list
}

// resultOf takes what a request's operations resulted in off the front of a block's
// results.
func resultOf(r *message.Request, results [][]byte) (result []byte, rest [][]byte) {
	if r.Type == message.RequestOperation {
		return results[0], results[1:]
	}
	n := r.Count()
	return message.AppendParts(nil, results[:n]), results[n:]
}
