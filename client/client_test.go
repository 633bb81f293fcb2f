package client_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/transport"
)

// virtual runs a test in a bubble, where only what waits for time makes it pass.
func virtual(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func four(t testing.TB) *cluster { return newCluster(t, session.Config{}, 1, 1, 1, 1) }

func TestDo(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		for i := range uint64(10) {
			result, err := cl.Do(t.Context(), []byte("op"))
			require.NoError(t, err)
			require.Equal(t, i+1, place(t, "op", result))
		}
		synctest.Wait()
		s := cl.Status()
		require.Equal(t, client.Stats{Sent: 11, Done: 10, Sessions: 1}, s.Stats)
		require.Equal(t, message.SessionID{Seq: 1}, s.Session)
		for i := range c.nodes {
			requests, _ := c.received(i)
			require.Len(t, requests, map[bool]int{true: 11}[i == 0], "without a fault, one replica is asked")
		}
		for i, r := range s.Replicas {
			require.EqualValues(t, 10+i, r.ID)
			require.EqualValues(t, 11, r.Counted+r.Unasked)
			require.Zero(t, r.Disagreed+r.Malformed)
		}
	})
}

// What queues up while the sender is at work travels in one message, and every operation is executed
// exactly once.
func TestPipeline(t *testing.T) {
	virtual(t, func(t *testing.T) {
		const operations = 2000
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 128 })
		seen := make([]bool, operations+1)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range operations {
			wg.Go(func() {
				op := fmt.Sprint("op", i)
				result, err := cl.Do(t.Context(), []byte(op))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || seen[place(t, op, result)] {
					t.Errorf("%s: %q %v", op, result, err)
				}
				seen[place(t, op, result)] = true
			})
		}
		wg.Wait()
		require.EqualValues(t, operations, c.executed())
		_, frames := c.received(0)
		require.Less(t, len(frames), operations/4, "messages are coalesced")
	})
}

// lies are what a faulty replica may answer instead of the truth, as often as it likes.
var lies = map[string]func(r message.Reply) []message.Reply{
	"silence":      func(message.Reply) []message.Reply { return nil },
	"other result": func(r message.Reply) []message.Reply { r.Result = []byte("lie"); return []message.Reply{r} },
	"no result":    func(r message.Reply) []message.Reply { r.Result = nil; return []message.Reply{r} },
	"other digest": func(r message.Reply) []message.Reply { r.Request[0]++; return []message.Reply{r} },
	"expired": func(r message.Reply) []message.Reply {
		r.Code, r.Result = message.ReplyExpired, nil
		return []message.Reply{r}
	},
	"refused": func(r message.Reply) []message.Reply {
		r.Code, r.Result = message.ReplyRefused, nil
		return []message.Reply{r}
	},
	"busy": func(r message.Reply) []message.Reply {
		r.Code, r.Result = message.ReplyBusy, nil
		return []message.Reply{r}
	},
	"other session": func(r message.Reply) []message.Reply { r.Session.Seq++; return []message.Reply{r} },
	"other replica": func(r message.Reply) []message.Reply { r.Replica++; return []message.Reply{r} },
	"the same lie often": func(r message.Reply) []message.Reply {
		r.Result = []byte("lie")
		return []message.Reply{r, r, r, r, r, r, r, r}
	},
	"lie as everyone": func(r message.Reply) (all []message.Reply) {
		r.Result = []byte("lie")
		for id := range message.ReplicaID(20) {
			r.Replica = id
			all = append(all, r)
		}
		return all
	},
	"one lie, then another": func(r message.Reply) []message.Reply {
		a, b := r, r
		a.Result, b.Result = []byte("lie"), []byte("another")
		return []message.Reply{a, b, a}
	},
	"the truth, then a lie": func(r message.Reply) []message.Reply {
		b := r
		b.Result = []byte("lie")
		return []message.Reply{r, b}
	},
}

// f liars who answer first, all with the same lie, neither have it accepted nor keep the truth out
// (spec X2), whichever replicas they are.
func TestLiarsFirst(t *testing.T) {
	for name, lie := range lies {
		for _, powers := range [][]uint64{{1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}, {4, 3, 3, 2, 1}} {
			for shift := range powers {
				virtual(t, func(t *testing.T) {
					c := newCluster(t, session.Config{}, powers...)
					cl := c.client(t)
					liars := c.corrupt(shift, lie)
					for i := range uint64(3) {
						result, err := cl.Do(within(t, time.Minute), []byte("op"))
						require.NoError(t, err, "%s, liars %v", name, liars)
						require.Equal(t, i+1, place(t, "op", result), "%s, liars %v", name, liars)
					}
				})
			}
		}
	}
}

// corrupt makes liars of as many as f allows, beginning with node shift. The others take their time.
func (c *cluster) corrupt(shift int, lie func(message.Reply) []message.Reply) (liars []int) {
	left := c.door.Members().Quorums().F()
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.nodes {
		n := c.nodes[(shift+k)%len(c.nodes)]
		if power := c.genesis.Members[n.i].Power; power <= left {
			left -= power
			n.says = lie
			liars = append(liars, n.i)
		} else {
			n.delay = 10 * time.Millisecond
		}
	}
	return liars
}

// More than f liars can do it: the test above tests something.
func TestTooManyLiars(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.corrupt(0, lies["other result"])
		c.do(func() { c.nodes[1].says, c.nodes[1].delay = lies["other result"], 0 })
		result, err := cl.Do(t.Context(), []byte("op"))
		require.NoError(t, err)
		require.Equal(t, "lie", string(result))
	})
}

// Liars answer each of two operations with the other's result: a reply counts for the request whose
// digest it carries, and for no other (A73).
func TestResultsAreNotSwapped(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		liars := map[*node]bool{c.nodes[0]: true, c.nodes[1]: true} // more than f: they may lie about anything but the digest
		held := map[*node][]message.Reply{}
		c.do(func() {
			for n := range liars {
				n.says = func(r message.Reply) []message.Reply {
					held[n] = append(held[n], r)
					if len(held[n]) < 2 {
						return nil
					}
					a, b := held[n][0], held[n][1]
					a.Request, b.Request = message.Digest{1}, message.Digest{2} // results for nothing that was asked
					return []message.Reply{a, b}
				}
			}
			c.nodes[2].delay, c.nodes[3].delay = time.Millisecond, time.Millisecond
		})
		var wg sync.WaitGroup
		for _, op := range []string{"one", "two"} {
			wg.Go(func() {
				result, err := cl.Do(t.Context(), []byte(op))
				if err != nil || string(result[:3]) != op {
					t.Errorf("%s: %q %v", op, result, err)
				}
			})
		}
		wg.Wait()
	})
}

// Anything but its own reply on a replica's link is counted and dropped.
func TestMalformed(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		for _, frame := range [][]byte{{0}, {byte(message.KindReply)}, []byte("\x12garbage"), {byte(message.KindBlocks), 1, 2}} {
			require.True(t, c.nodes[3].link.Send(ring.Signer(1000).Public(), transport.Frame{Data: frame}))
		}
		synctest.Wait()
		require.EqualValues(t, 4, cl.Status().Replicas[3].Malformed)
		opened(t, c, cl)
	})
}

// elapsed runs f and returns how long it took.
func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func do(t testing.TB, cl *client.Client, op string) uint64 {
	result, err := cl.Do(within(t, time.Minute), []byte(op))
	require.NoError(t, err)
	return place(t, op, result)
}

// A request that is lost is sent to all after a pause, and the next one goes to another replica first.
func TestLostRequest(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(*message.Request) bool { return true } })
		d := elapsed(func() { require.EqualValues(t, 2, do(t, cl, "op")) })
		require.InDelta(t, client.DefaultRetryMin, d, float64(client.DefaultRetryMin/4))
		require.EqualValues(t, 11, cl.Status().Target)
		require.Zero(t, elapsed(func() { do(t, cl, "op") }))
	})
}

// Replies that are lost are asked for again; the operation is executed once.
func TestLostReplies(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				lost := 0
				n.says = func(r message.Reply) []message.Reply {
					if lost++; lost <= 2 {
						return nil
					}
					return []message.Reply{r}
				}
			}
		})
		require.EqualValues(t, 2, do(t, cl, "op"))
		require.EqualValues(t, 2, c.executed())
	})
}

// Without a link to the first replica the next one is asked, at once.
func TestPrimaryDead(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.nodes[0].kill()
		time.AfterFunc(time.Second, func() { c.release(1) })
		require.Equal(t, time.Second, elapsed(func() { do(t, cl, "op") }))
		require.Zero(t, elapsed(func() { do(t, cl, "op") }))
	})
}

// A link that comes back brings what was lost on it, without waiting for the retry (spec S2).
func TestReconnect(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(*message.Request) bool { return true } })
		time.AfterFunc(time.Millisecond, func() {
			c.do(func() { c.nodes[0].deaf = nil })
			c.net.Cut(c.nodes[0].key(), ring.Signer(1000).Public())
			c.net.Heal(c.nodes[0].key(), ring.Signer(1000).Public())
		})
		require.Equal(t, time.Millisecond, elapsed(func() { do(t, cl, "op") }))
	})
}

// While no link is up nothing leaves, so that a context that ends leaves no doubt; and the first link to
// come up is used.
func TestNoLinks(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		me := ring.Signer(1000).Public()
		for _, n := range c.nodes {
			c.net.Cut(n.key(), me)
		}
		for _, timeout := range []time.Duration{0, time.Millisecond, time.Second} {
			_, err := cl.Do(within(t, timeout), []byte("never"))
			require.Equal(t, context.DeadlineExceeded, err)
		}
		time.AfterFunc(10*time.Millisecond, func() {
			for _, n := range c.nodes {
				c.net.Heal(n.key(), me)
			}
		})
		d := elapsed(func() { require.EqualValues(t, 2, do(t, cl, "op"), "what was withdrawn was not executed") })
		require.Equal(t, 10*time.Millisecond, d)
	})
}

// unknown runs Do until ctx ends with an unknown outcome.
func unknown(t testing.TB, cl *client.Client, timeout time.Duration, op string) *client.UnknownOutcomeError {
	_, err := cl.Do(within(t, timeout), []byte(op))
	var e *client.UnknownOutcomeError
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	return e
}

// "An operation that timed out or whose context was cancelled has an unknown outcome, a type of its own,
// and Resolve later tells the truth about it" (spec X5): the operation was executed.
func TestResolveExecuted(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.says = func(message.Reply) []message.Reply { return nil }
			}
		})
		e := unknown(t, cl, 10*time.Millisecond, "op")
		require.EqualValues(t, 2, c.executed())
		require.EqualValues(t, 2, e.Number)
		require.Contains(t, e.Error(), "unknown outcome of operation 2 of session 1.0")
		_, err := cl.Resolve(within(t, time.Millisecond), e)
		var again *client.UnknownOutcomeError
		require.ErrorAs(t, err, &again)
		require.Equal(t, e.Digest, again.Digest)
		require.Equal(t, 1, cl.Status().Abandoned)

		c.do(func() {
			for _, n := range c.nodes {
				n.says = nil
			}
		})
		time.Sleep(client.DefaultRetryMin / 2) // nothing is sent more often than that
		for range 2 {
			result, err := cl.Resolve(within(t, time.Minute), again)
			require.NoError(t, err)
			require.EqualValues(t, 2, place(t, "op", result))
		}
		require.EqualValues(t, 2, c.executed())
		require.Zero(t, cl.Status().Outstanding)
	})
}

// The same, of an operation that had not been executed: it is now, and not before.
func TestResolveNotExecutedYet(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(*message.Request) bool { return true }
			}
		})
		e := unknown(t, cl, time.Second, "op")
		require.EqualValues(t, 1, c.executed())
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
		result, err := cl.Resolve(within(t, time.Minute), e)
		require.NoError(t, err)
		require.EqualValues(t, 2, place(t, "op", result))
	})
}

// Several may ask, and each is told the same.
func TestResolveTogether(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		e := unknown(t, cl, time.Second, "op")
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				result, err := cl.Resolve(within(t, time.Minute), e)
				if err != nil || place(t, "op", result) != 2 {
					t.Errorf("%q %v", result, err)
				}
			})
		}
		time.Sleep(time.Second)
		c.release(0)
		wg.Wait()
	})
}

// What the caller does with op after Do has returned does not matter.
func TestOpIsCopied(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(*message.Request) bool { return true }
			}
		})
		op := []byte("op")
		_, err := cl.Do(within(t, time.Millisecond), op)
		copy(op, "no")
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
		var e *client.UnknownOutcomeError
		require.ErrorAs(t, err, &e)
		result, err := cl.Resolve(within(t, time.Minute), e)
		require.NoError(t, err)
		require.EqualValues(t, 2, place(t, "op", result))
	})
}

func TestResolveForeign(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		for _, e := range []*client.UnknownOutcomeError{nil, {}, {Number: 1}} {
			_, err := cl.Resolve(t.Context(), e)
			require.ErrorIs(t, err, client.ErrForeign)
		}
	})
}

// A session that was evicted ends the operations sent in it; later ones go on in a new one. The cluster
// here has room for one session.
func TestEvictedSession(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := newCluster(t, session.Config{Sessions: 1}, 1, 1, 1, 1)
		cl := c.client(t)
		opened(t, c, cl)
		other := c.client(t, func(cfg *client.Config) { *cfg = c.config(1001) })
		opened(t, c, other)
		time.Sleep(time.Minute)

		_, err := cl.Do(t.Context(), []byte("op"))
		require.ErrorIs(t, err, client.ErrSessionExpired)
		var e *client.UnknownOutcomeError
		require.ErrorAs(t, err, &e)
		_, err = cl.Resolve(t.Context(), e)
		require.ErrorIs(t, err, client.ErrSessionExpired)
		require.EqualValues(t, 2, c.executed())
		require.EqualValues(t, 3, do(t, cl, "op"))
		require.EqualValues(t, 2, cl.Status().Stats.Sessions)
	})
}

// A client that was restarted with the same key takes over, even if the clock that makes its nonces went
// back by an hour (spec X1).
func TestClockWentBack(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		nonce := uint64(time.Now().UnixNano())
		for range 3 {
			cl := c.client(t, func(cfg *client.Config) { cfg.Nonce = nonce })
			require.Zero(t, elapsed(func() { do(t, cl, "op") }))
			require.NoError(t, cl.Close())
			nonce -= uint64(time.Hour)
		}
		require.EqualValues(t, 3, c.executed())
	})
}

// A cluster without room pushes back: the operation waits, and its context's end says why (spec D1).
func TestOverloaded(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(r *message.Request) bool {
					n.send(r.Client, message.Reply{
						Replica: n.id, Request: r.Digest(n.door.Cluster()), Code: message.ReplyBusy, Session: r.Session, Number: r.Number,
					})
					return true
				}
			}
		})
		e := unknown(t, cl, 10*time.Second, "op")
		require.ErrorIs(t, e, client.ErrOverloaded)
		requests, _ := c.received(3)
		require.LessOrEqual(t, len(requests), 7, "the pauses double")
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
		result, err := cl.Resolve(within(t, time.Minute), e)
		require.NoError(t, err)
		require.EqualValues(t, 2, place(t, "op", result))
	})
}

// A window that is larger than the cluster's is an error with a certain outcome.
func TestRefused(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := newCluster(t, session.Config{Window: 64}, 1, 1, 1, 1)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(r *message.Request) bool { return r.Number == 2 } }) // holds the base
		var wg sync.WaitGroup
		refused := make(chan error, 100)
		for range 70 {
			wg.Go(func() {
				if _, err := cl.Do(t.Context(), []byte("op")); err != nil {
					refused <- err
				}
			})
		}
		wg.Wait()
		require.Len(t, refused, 6)
		for range 6 {
			err := <-refused
			require.ErrorIs(t, err, client.ErrRefused)
			require.NotErrorAs(t, err, new(*client.UnknownOutcomeError))
		}
		require.EqualValues(t, 1+64, c.executed())
	})
}

// Who waits for room in the window has sent nothing.
func TestWindowFull(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 2 })
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { do(t, cl, "op") })
		}
		synctest.Wait()
		_, err := cl.Do(within(t, time.Second), []byte("never"))
		require.Equal(t, context.DeadlineExceeded, err)
		require.Equal(t, 2, cl.Status().Outstanding)
		c.release(0)
		wg.Wait()
		require.EqualValues(t, 4, do(t, cl, "op"))
	})
}

// Close ends everything, and tells what may have left from what has not.
func TestClose(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 1 })
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		errs := make(chan error, 2)
		for range 2 {
			go func() { _, err := cl.Do(t.Context(), []byte("op")); errs <- err }()
			synctest.Wait()
		}
		for range 2 {
			require.NoError(t, cl.Close())
		}
		var e *client.UnknownOutcomeError
		for range 2 {
			err := <-errs
			require.ErrorIs(t, err, client.ErrClosed)
			if err != client.ErrClosed {
				require.ErrorAs(t, err, &e)
			}
		}
		require.NotNil(t, e)
		_, err := cl.Resolve(t.Context(), e)
		require.ErrorIs(t, err, client.ErrClosed)
		_, err = cl.Do(t.Context(), []byte("op"))
		require.Equal(t, client.ErrClosed, err)
	})
}

func TestTooLarge(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		do(t, cl, string(make([]byte, client.DefaultOpBytesMax)))
		_, err := cl.Do(t.Context(), make([]byte, client.DefaultOpBytesMax+1))
		require.ErrorIs(t, err, client.ErrTooLarge)
		do(t, cl, "")
	})
}

// Where the cluster does not authenticate clients nothing is signed (spec X6).
func TestUnsigned(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		c.genesis.Signed = false
		c.identify(ring.Verifier())
		cl := c.client(t)
		do(t, cl, "op")
		requests, _ := c.received(0)
		require.Nil(t, requests[0].Sig)
	})
}

// Many large operations are cut into frames that the replicas take.
func TestFrames(t *testing.T) {
	virtual(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		var wg sync.WaitGroup
		for range 12 { // whose replies fit into a client's queue
			wg.Go(func() { do(t, cl, string(make([]byte, client.DefaultOpBytesMax))) })
		}
		wg.Wait()
		_, frames := c.received(0)
		for _, n := range frames {
			require.LessOrEqual(t, n, 3)
		}
		require.Zero(t, cl.Status().Stats.Retransmitted)
	})
}

func TestConfig(t *testing.T) {
	c := four(t)
	for name, alter := range map[string]func(*client.Config){
		"no members":     func(cfg *client.Config) { cfg.Genesis.Members = nil },
		"no key":         func(cfg *client.Config) { cfg.Key = nil },
		"no connect":     func(cfg *client.Config) { cfg.Connect = nil },
		"a member's key": func(cfg *client.Config) { cfg.Key = ring.Signer(2) },
		"window":         func(cfg *client.Config) { cfg.Window = client.WindowMax + 1 },
		"no window":      func(cfg *client.Config) { cfg.Window = -1 },
		"op":             func(cfg *client.Config) { cfg.OpBytesMax = client.DefaultFrameBytesMax },
		"no op":          func(cfg *client.Config) { cfg.OpBytesMax = -1 },
		"frame":          func(cfg *client.Config) { cfg.FrameBytesMax = 5 << 20 },
		"no pause":       func(cfg *client.Config) { cfg.RetryMin = -1 },
		"pauses":         func(cfg *client.Config) { cfg.RetryMin, cfg.RetryMax = time.Second, time.Millisecond },
	} {
		cfg := c.config(1000)
		alter(&cfg)
		require.ErrorIs(t, cfg.Validate(), client.ErrConfig, name)
		_, err := client.New(cfg)
		require.ErrorIs(t, err, client.ErrConfig, name)
	}
	cfg := c.config(1000)
	cfg.RetryMin = time.Minute
	require.NoError(t, cfg.Validate(), "RetryMax follows")
	broken := errors.New("no network")
	cfg.Connect = func(transport.Config) (client.Endpoint, error) { return nil, broken }
	_, err := client.New(cfg)
	require.ErrorIs(t, err, broken)
}
