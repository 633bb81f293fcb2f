package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The oldest request is suspected for when its time is over, whatever else is decided (T1).
func TestOldestRequestIsWatched(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	decided := message.Seq(0)
	wait := func(d clock.Duration, sign ...message.Signed) string {
		w.now = w.now.Add(d)
		return x.unserved(o, h, &core.Output{Sign: sign}, decided, false)
	}
	ask := func(number uint64) requestKey {
		r := message.Request{Client: w.clients[0].key, Session: message.SessionID{Seq: 1}, Number: number}
		o.onAsked(h, &message.Requests{List: []message.Request{r}})
		return keyOf(&r)
	}
	x.owed.wait, h.app.seq = 200*clock.Millisecond, 1
	most := 2*x.owed.wait + o.patience
	require.Empty(t, wait(2*most), "nothing was asked for")
	ask(1)
	later := ask(2)
	require.Empty(t, wait(0))
	o.done[later], decided, x.asked.given = 1, 1, 1
	require.Empty(t, wait(most))
	require.Contains(t, wait(1), "suspects nobody", "another request is decided, and that does not count")

	require.Empty(t, wait(0, &message.Suspect{}))
	require.Empty(t, wait(most))
	for i := range x.reported {
		x.reported[i] = 3
	}
	require.Empty(t, wait(most), "it lags")
	decided = 3
	require.Empty(t, wait(0), "a block that it lacks may hold the request")
	x.asked.given = 3
	require.NotEmpty(t, wait(0))

	x.asked.boot(3)
	h.executed = append(h.executed, core.Executed{})
	ask(3)
	require.Empty(t, wait(0))
	require.Empty(t, wait(2*most), "it may not know the session yet")
}
