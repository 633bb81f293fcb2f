package pbft

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// mail gathers replies by client, so that what a block has for one of them leaves in
// one frame (spec X2). It is one goroutine's own.
type mail struct {
	r       *Replica
	letters []letter // in the order of the clients' first replies; beyond them, room for more
	index   map[message.PublicKey]int
}

// letter is what one client is to be told.
type letter struct {
	to   message.PublicKey
	list []message.Reply
	size int // of list on the wire, about
}

// letterBytes bounds what gathers for one client: a queue to a client is short, and a
// frame that does not fit into it is lost.
const letterBytes = 64 << 10

// letterKept bounds the room that an empty letter keeps, in replies.
const letterKept = 256

// add puts the reply to a request into its client's letter, or gives it to this
// process.
func (m *mail) add(q *message.Request, reply message.Reply) {
	reply.Replica, reply.Number = m.r.cfg.Self, q.Number
	if q.Client == m.r.cfg.Key.Public() {
		m.r.own.reply(q, &reply)
		return
	}
	reply.Request = q.Digest(m.r.door.Cluster())
	l := m.letter(q.Client)
	if q.Type != message.RequestBundle || reply.Code != message.ReplyOK || !message.AreParts(reply.Result, q.Count()) {
		m.put(l, reply)
		return
	}
	for parts := reply.Result; len(parts) > 0; {
		reply.Result, parts = message.CutPart(parts)
		m.put(l, reply)
	}
}

// put puts a reply into a letter.
func (m *mail) put(l *letter, reply message.Reply) {
	if size := reply.Size(); l.size+size > letterBytes && len(l.list) > 0 {
		m.send(l)
	}
	l.list, l.size = append(l.list, reply), l.size+reply.Size()
}

func (m *mail) letter(to message.PublicKey) *letter {
	i, ok := m.index[to]
	if !ok {
		if m.index == nil {
			m.index = make(map[message.PublicKey]int)
		}
		i = len(m.index)
		m.index[to] = i
		if i == len(m.letters) {
			m.letters = append(m.letters, letter{})
		}
		m.letters[i].to = to
	}
	return &m.letters[i]
}

// post sends all letters.
func (m *mail) post() {
	for i := range len(m.index) {
		m.send(&m.letters[i])
	}
	clear(m.index)
}

func (m *mail) send(l *letter) {
	frame, err := wire.Append(nil, &message.Replies{View: message.View(m.r.view.Load()), List: l.list})
	clear(l.list)
	l.list, l.size = l.list[:0], 0
	if cap(l.list) > letterKept {
		l.list = nil
	}
	if err != nil {
		m.r.log.Error("replies without an encoding", "err", err)
		return
	}
	m.r.net.Send(l.to, frameOf(message.KindReply, frame))
}
