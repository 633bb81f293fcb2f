package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Errors of Restore. They are wrapped with what is wrong; test for them with errors.Is.
var (
	ErrSnapshot    = errors.New("session: malformed snapshot")
	ErrOtherConfig = errors.New("session: snapshot of another config")
)

// snapshotVersion is the first byte of a snapshot.
const snapshotVersion = 1

// seqEnd is above every seq: the door lets none pass from there on.
const seqEnd = 1 << 62

// configSize is the length of the config in a snapshot, in bytes.
const configSize = 4 + 8 + 8 + 1

// AppendSnapshot appends the whole table in canonical bytes: limits, then the sessions by slot, each
// with its replies by number. Equal tables give equal bytes. The cost is that of copying it all.
func (t *Table) AppendSnapshot(b []byte) []byte {
	b = append(b, snapshotVersion)
	b = t.cfg.append(b)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.slots)))
	for _, s := range t.slots {
		b = s.appendHead(b)
		for _, c := range s.replies.live() {
			b = c.appendHead(b)
			b = binary.BigEndian.AppendUint32(b, uint32(len(c.Result)))
			b = append(b, c.Result...)
		}
	}
	return b
}

func (c Config) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(c.Sessions))
	b = binary.BigEndian.AppendUint64(b, c.Window)
	b = binary.BigEndian.AppendUint64(b, uint64(c.ReplyBytes))
	if c.Replies {
		return append(b, 1)
	}
	return append(b, 0)
}

func (s *session) appendHead(b []byte) []byte {
	b = appendPlace(b, s.id)
	b = append(b, s.client[:]...)
	b = binary.BigEndian.AppendUint64(b, s.nonce)
	b = binary.BigEndian.AppendUint64(b, s.awaited)
	b = appendPlace(b, s.used)
	for _, word := range s.bits {
		b = binary.BigEndian.AppendUint64(b, word)
	}
	return binary.BigEndian.AppendUint32(b, uint32(len(s.replies.live())))
}

func (c *cached) appendHead(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, c.number)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Seq))
	return append(b, byte(c.Code))
}

func appendPlace(b []byte, p message.SessionID) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(p.Seq))
	return binary.BigEndian.AppendUint32(b, p.Pos)
}

// Restore makes the table of a snapshot, which it must fill entirely. The config must be the
// snapshot's, save that a mirror may be made of an executor's snapshot; the opposite would forget
// replies. Errors wrap ErrConfig, ErrOtherConfig or ErrSnapshot. It takes memory in proportion to b,
// keeps no part of it, and accepts canonical bytes only: AppendSnapshot would give b again. Whether
// they are the right ones is for [Table.Digest] to say.
func Restore(cfg Config, b []byte) (*Table, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := New(cfg)
	r := &reader{rest: b}
	kept, err := t.readConfig(r)
	if err != nil {
		return nil, err
	}
	count := r.uint32()
	if int64(count) > int64(t.cfg.Sessions) {
		return nil, fmt.Errorf("%w: %d sessions", ErrSnapshot, count)
	}
	for slot := range count {
		s := newSession(slot, t.cfg.Window)
		if err := s.read(r, kept); err != nil {
			return nil, err
		}
		t.slots = append(t.slots, s)
		t.soil(s)
	}
	if r.short || len(r.rest) > 0 {
		return nil, fmt.Errorf("%w: length", ErrSnapshot)
	}
	if err := t.index(); err != nil {
		return nil, err
	}
	return t, nil
}

// readConfig compares the snapshot's config with the table's and says whether the snapshot may hold
// replies.
func (t *Table) readConfig(r *reader) (kept bool, err error) {
	if r.byte() != snapshotVersion {
		return false, fmt.Errorf("%w: version", ErrSnapshot)
	}
	full := t.cfg
	full.Replies = true
	theirs := r.take(configSize)
	kept = bytes.Equal(theirs, full.append(nil))
	if !kept && !bytes.Equal(theirs, t.cfg.append(nil)) {
		return false, ErrOtherConfig
	}
	return kept, nil
}

// read fills a new session. kept says whether the snapshot may hold replies. Where the snapshot ends
// too early the reader gives zeros, which neither a session nor a reply can start with.
func (s *session) read(r *reader, kept bool) error {
	s.id = r.place()
	copy(s.client[:], r.take(uint64(len(s.client))))
	s.nonce = r.uint64()
	s.awaited = r.uint64()
	s.used = r.place()
	for i := range s.bits {
		s.bits[i] = r.uint64()
	}
	count := r.uint32()
	if !s.valid() || count > 0 && !kept {
		return fmt.Errorf("%w: session %v", ErrSnapshot, s.id)
	}
	for range count {
		c := &cached{number: r.uint64()}
		c.Seq = message.Seq(r.uint64())
		c.Code = message.ReplyCode(r.byte())
		c.Result = bytes.Clone(r.take(uint64(r.uint32())))
		if !s.fits(c) {
			return fmt.Errorf("%w: reply %d of session %v", ErrSnapshot, c.number, s.id)
		}
		s.replies.insert(c)
	}
	return nil
}

// valid holds the invariants of one session, replies apart.
func (s *session) valid() bool {
	used := s.used.Compare(s.id)
	switch {
	case s.id.Seq == 0, s.nonce == 0, s.awaited == 0, used < 0, s.used.Seq >= seqEnd:
		return false
	case s.empty() != (used == 0), s.empty() && s.awaited > 1:
		return false
	}
	for over := math.MaxUint64 - s.awaited + 1; over < s.window(); over++ {
		if word, mask := s.bit(s.awaited + over); *word&mask != 0 {
			return false // it stands for a number above 2^64 - 1
		}
	}
	return true
}

// fits reports whether c may follow the replies that s has.
func (s *session) fits(c *cached) bool {
	live := s.replies.live()
	return (len(live) == 0 || live[len(live)-1].number < c.number) &&
		c.number >= s.awaited && s.done(c.number) && c.Seq >= s.id.Seq && c.Seq <= s.used.Seq
}

// index builds from the slots what a snapshot need not say, and checks what concerns several
// sessions: one per key, and no place of the log counted twice.
func (t *Table) index() error {
	places := make(map[message.SessionID]bool, 2*len(t.slots))
	for _, s := range t.slots {
		if places[s.id] || places[s.used] || t.byClient[s.client] != nil {
			return fmt.Errorf("%w: session %v is there twice", ErrSnapshot, s.id)
		}
		places[s.id], places[s.used] = true, true
		t.byID[s.id], t.byClient[s.client] = s, s
		t.replyBytes += s.replies.bytes
	}
	if t.replyBytes > t.cfg.ReplyBytes {
		return fmt.Errorf("%w: %d reply bytes", ErrSnapshot, t.replyBytes)
	}
	byUse := slices.Clone(t.slots)
	slices.SortFunc(byUse, func(a, b *session) int { return a.used.Compare(b.used) })
	for _, s := range byUse {
		s.linkAfter(t.lru.prev)
	}
	if !t.cfg.Replies {
		t.forgetReplies()
	}
	return nil
}

// forgetReplies makes a mirror of an executor's table.
func (t *Table) forgetReplies() {
	for _, s := range t.slots {
		t.replyBytes -= s.replies.dropAll()
	}
}
