package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
)

// list is so many operations that all differ.
func list(n int) (ops [][]byte) {
	for i := range n {
		ops = append(ops, fmt.Appendf(nil, "op %d", i))
	}
	return ops
}

// Each operation has its own result, and all of them travel in as few requests as hold them.
func TestDoAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		for n, want := range map[int]int{0: 0, 1: 1, 256: 1, 600: 3} {
			before, _ := c.received(0)
			ops := list(n)
			results, errs := cl.DoAll(t.Context(), ops)
			require.Nil(t, errs)
			require.Len(t, results, n)
			places := map[uint64]bool{}
			for i, result := range results {
				places[place(t, string(ops[i]), result)] = true
			}
			require.Len(t, places, n)
			after, _ := c.received(0)
			require.Len(t, after, len(before)+want)
		}
	})
}

// What Do would say of an operation alone is said of it here, and of no other.
func TestDoAllErrorsAreOfOneOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.OpBytesMax = 10 })
		results, errs := cl.DoAll(t.Context(), [][]byte{[]byte("a"), []byte(strings.Repeat("b", 11)), []byte("c")})
		require.Equal(t, []error{nil, errs[1], nil}, errs)
		require.ErrorIs(t, errs[1], client.ErrTooLarge)
		require.EqualValues(t, 3, place(t, "a", results[0])+place(t, "c", results[2]))
		require.Nil(t, results[1])

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, errs = cl.DoAll(ended, list(2))
		require.Equal(t, []error{context.Canceled, context.Canceled}, errs)
		require.NoError(t, cl.Close())
		_, errs = cl.DoAll(t.Context(), list(2))
		require.Equal(t, []error{client.ErrClosed, client.ErrClosed}, errs)
		require.EqualValues(t, 2, c.executed())
	})
}

// When the context ends, what has an outcome keeps it, what may have left is unknown, each by itself, and the rest never
// leaves. The first request is answered here, the second is not, and the window has no room for the third.
func TestDoAllCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 2; cfg.OpBytesMax = 64 })
		opened(t, c, cl)
		time.AfterFunc(time.Second, func() { c.do(func() { c.hold = true }) })
		answered := list(2)
		_, errs := cl.DoAll(t.Context(), answered)
		require.Nil(t, errs)

		time.Sleep(2 * time.Second)
		ops := list(20) // six or seven in a request
		_, errs = cl.DoAll(within(t, time.Second), ops)
		kinds := ""
		var unknown []*client.UnknownOutcomeError
		for i := range ops {
			var e *client.UnknownOutcomeError
			if errors.As(errs[i], &e) {
				kinds += "u"
				unknown = append(unknown, e)
				continue
			}
			require.Equal(t, context.DeadlineExceeded, errs[i])
			kinds += "-"
		}
		require.Equal(t, strings.Repeat("u", 14)+strings.Repeat("-", 6), kinds)
		c.release(1)
		for i, e := range unknown {
			result, err := cl.Resolve(within(t, time.Minute), e)
			require.NoError(t, err)
			place(t, string(ops[i]), result)
		}
		synctest.Wait()
		require.EqualValues(t, 1+2+14, c.executed(), "what never left was not executed")
	})
}

// A client that is closed meanwhile ends what is under way, and says whether it left.
func TestDoAllClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 1; cfg.OpBytesMax = 64 })
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		time.AfterFunc(time.Second, func() { _ = cl.Close() })
		_, errs := cl.DoAll(t.Context(), list(10))
		var unknown *client.UnknownOutcomeError
		require.ErrorAs(t, errs[0], &unknown)
		require.ErrorIs(t, errs[0], client.ErrClosed)
		require.Equal(t, client.ErrClosed, errs[9])
	})
}

// Operations of Do and DoAll that wait at one time share a request, and each call has its own results.
func TestDoAllBesideDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t) // its session is opened meanwhile, so all wait
		type outcome struct {
			result []byte
			err    error
		}
		alone := make(chan outcome)
		go func() {
			result, err := cl.Do(t.Context(), []byte("alone"))
			alone <- outcome{result, err}
		}()
		results, errs := cl.DoAll(t.Context(), list(3))
		require.Nil(t, errs)
		o := <-alone
		require.NoError(t, o.err)
		sum := place(t, "alone", o.result)
		for i, result := range results {
			sum += place(t, string(list(3)[i]), result)
		}
		require.EqualValues(t, 1+2+3+4, sum)
		requests, _ := c.received(0)
		require.Len(t, requests, 2, "an opening and all else")
	})
}
