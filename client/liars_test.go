package client_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/transport"
)

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
				synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
