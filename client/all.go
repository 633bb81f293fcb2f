package client

import "context"

// DoAll has the cluster execute many operations, as that many calls of Do at one time would, but in one goroutine and at a
// fraction of the cost. A few goroutines with some hundreds of operations each keep a cluster busy. DoAll returns once
// every operation has an outcome.
//
// results[i] and errs[i] are what Do would have returned for ops[i], but results share memory: whoever keeps one for long
// should keep a copy. errs is nil if there was no error. The operations are executed side by side, in no particular order,
// and each by itself: DoAll makes no transaction of them. If ctx ends, or the client is closed, those that have no outcome
// yet end as those of Do, each with an error of its own, and Resolve can be asked for each that is unknown.
//
// ops, and what is in it, must not change before DoAll returns. The operations share requests with each other and with
// those of other calls that wait at the time: 256 of them, if that is no more bytes than OpBytesMax with 4 for each, are
// one request. While DoAll hands its operations in, which takes microseconds for hundreds of them, other calls and replies
// wait, so millions of operations are better given to several calls.
func (c *Client) DoAll(ctx context.Context, ops [][]byte) (results [][]byte, errs []error) {
	a := all{ops: make([]op, len(ops)), results: make([][]byte, len(ops))}
	for i, data := range ops {
		a.ops[i].data = data
		a.note(i, c.check(ctx, data))
	}
	c.submit(&a)
	c.kick()
	end := (*op).outcome
	if !a.wait(ctx) {
		c.mu.Lock()
		defer c.mu.Unlock()
		end = func(o *op) ([]byte, error) { return c.table.cancel(o, ctx.Err()) }
	}
	for i := len(ops) - 1; i >= 0; i-- { // the newest first: they are the last in the calls that they leave
		if o := &a.ops[i]; o.call != nil {
			result, err := end(o)
			a.results[i] = result
			a.note(i, err)
		}
	}
	return a.results, a.errs
}

// all is a call of DoAll.
type all struct {
	ops     []op // without a call if they cannot even begin
	results [][]byte
	errs    []error
}

func (a *all) note(i int, err error) {
	switch {
	case err == nil:
		return
	case a.errs == nil:
		a.errs = make([]error, len(a.ops))
	}
	a.errs[i] = err
}

// submit hands in the operations that can begin.
func (c *Client) submit(a *all) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range a.ops {
		switch {
		case a.errs != nil && a.errs[i] != nil:
		case c.closed:
			a.note(i, ErrClosed)
		default:
			c.table.submit(&a.ops[i])
		}
	}
}

// wait reports whether all operations have an outcome, which it waits for until ctx ends.
func (a *all) wait(ctx context.Context) bool {
	var last *call
	for i := range a.ops {
		x := a.ops[i].call
		if x == nil || x == last {
			continue
		}
		last = x
		select {
		case <-x.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
