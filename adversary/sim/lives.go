package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// lives is a small model of which sessions live, apart from the engine's table: an opening
// beyond the limit ends the session that was used longest ago (X1). That all replicas agree
// on another one is no agreement on the rule.
type lives struct {
	most int
	seq  message.Seq // applied up to here
	list []life      // the one used longest ago first
}

// life is a live session.
type life struct {
	client message.PublicKey
	id     message.SessionID
}

func newLives(most int) lives {
	if most == 0 {
		most = session.DefaultSessions
	}
	return lives{most: most}
}

// onAnswered holds the answers to the operations of a block against the model, at its first
// execution: "session expired" is said of sessions that are not live, and of no other.
func (o *oracle) onAnswered(h *host, d *core.Decided, replies []message.Reply) {
	l := &o.lives
	if d.Point.Seq != l.seq+1 {
		return
	}
	l.seq++
	for i := range replies {
		r, a := &d.Block.Payload.Requests[i], &replies[i]
		if r.Type == message.RequestOpen {
			if at := (message.SessionID{Seq: d.Point.Seq, Pos: uint32(i)}); a.Code == message.ReplyOK && a.Session == at {
				l.open(life{r.Client, at})
			}
			continue
		}
		k := l.find(life{r.Client, r.Session})
		if gone := a.Code == message.ReplyExpired; gone != (k < 0) && a.Code != message.ReplyRefused {
			o.w.fail("I3", fmt.Sprintf("replica %d answers number %d of session %v with code %v, live is %v (X1)", h.at, r.Number, r.Session, a.Code, k >= 0))
			return
		}
		again := slices.ContainsFunc(replies[:i], func(b message.Reply) bool { return b.Request == a.Request })
		if k >= 0 && slices.Contains(h.app.fresh, a.Request) && !again {
			l.use(k)
		}
	}
}

func (l *lives) find(x life) int {
	for k := range l.list {
		if l.list[k] == x {
			return k
		}
	}
	return -1
}

// use moves a session to the end.
func (l *lives) use(k int) {
	x := l.list[k]
	l.list = append(append(l.list[:k:k], l.list[k+1:]...), x)
}

// open begins a session: it takes the place of its client's last one, or of the one that
// was used longest ago.
func (l *lives) open(x life) {
	end := -1
	for k := range l.list {
		if l.list[k].client == x.client {
			end = k
		}
	}
	if end < 0 && len(l.list) == l.most {
		end = 0
	}
	if end >= 0 {
		l.list = append(l.list[:end:end], l.list[end+1:]...)
	}
	l.list = append(l.list, x)
}
