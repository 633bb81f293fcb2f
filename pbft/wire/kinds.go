package wire

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire/wirepb"
)

// formats says how each kind is read and written.
var formats = [message.KindCount]struct {
	shape *shape
	read  func(*shape, []byte) (message.Message, error)
	write func(*encoder, message.Message) schema
}{
	message.KindPrePrepare:     {block, reader(toPrePrepare), writer((*encoder).prePrepare)},
	message.KindBody:           {block, reader(toBody), writer((*encoder).body)},
	message.KindPrepare:        {vote, reader(toPrepare), writer((*encoder).prepare)},
	message.KindCommit:         {vote, reader(toCommit), writer((*encoder).commit)},
	message.KindSuspect:        {suspect, valueReader(toSuspect), valueWriter((*encoder).suspect)},
	message.KindLeave:          {leave, reader(toLeave), writer((*encoder).leave)},
	message.KindViewChange:     {vote, valueReader(toViewChange), valueWriter((*encoder).viewChange)},
	message.KindNewView:        {newView, reader(toNewView), writer((*encoder).newView)},
	message.KindCheckpoint:     {checkpoint, reader(toCheckpoint), writer((*encoder).checkpoint)},
	message.KindPrepareCert:    {prepareCert, reader(toPrepareCert), writer((*encoder).prepareCert)},
	message.KindCommitCert:     {commitCert, reader(toCommitCert), writer((*encoder).commitCert)},
	message.KindCheckpointCert: {checkpointCert, reader(toCheckpointCert), writer((*encoder).checkpointCert)},
	message.KindStatus:         {plain, reader(toStatus), writer((*encoder).status)},
	message.KindFetch:          {fetch, reader(toFetch), writer((*encoder).fetch)},
	message.KindBlocks:         {blocks, checkedReader(toBlocks), writer((*encoder).blocks)},
	message.KindFetchView:      {plain, reader(toFetchView), writer((*encoder).fetchView)},
	message.KindRequests:       {plain, checkedReader(toRequests), writer((*encoder).requests)},
	message.KindReply:          {plain, checkedReader(toReplies), writer((*encoder).reply)},
}

// generated is a pointer to a generated struct.
type generated[S any] interface {
	*S
	schema
}

// reader makes a reader of frames from the conversion of a schema message.
func reader[S any, P generated[S], M message.Message](convert func(P) M) func(*shape, []byte) (message.Message, error) {
	return checkedReader(func(p P) (M, error) { return convert(p), nil })
}

// valueReader is reader for conversions that lists use too.
func valueReader[S, V any, P generated[S], M interface {
	*V
	message.Message
}](convert func(P) V) func(*shape, []byte) (message.Message, error) {
	return checkedReader(func(p P) (M, error) { return new(convert(p)), nil })
}

// checkedReader is reader for conversions that can fail.
func checkedReader[S any, P generated[S], M message.Message](convert func(P) (M, error)) func(*shape, []byte) (message.Message, error) {
	return func(f *shape, b []byte) (message.Message, error) {
		p := P(new(S))
		if err := unmarshal(b, f, p); err != nil {
			return nil, err
		}
		return convert(p)
	}
}

// writer makes a writer from the conversion of a message.
func writer[M message.Message, P schema](convert func(*encoder, M) P) func(*encoder, message.Message) schema {
	return func(e *encoder, m message.Message) schema { return convert(e, m.(M)) }
}

// valueWriter is writer for conversions that lists use too.
func valueWriter[S any, P generated[S], M message.Message](convert func(*encoder, M) S) func(*encoder, message.Message) schema {
	return func(e *encoder, m message.Message) schema { return P(new(convert(e, m.(M)))) }
}

// encoder converts messages. It notes the first reason why one has no encoding.
type encoder struct {
	err  error
	tail int // length of the opaque bytes that end the message, see appendSchema; -1 if it has none
}

// encode converts m to its schema message without its tail, and returns the length
// of that.
func encode(m message.Message) (schema, int, error) {
	if m == nil || m.Kind() >= message.KindCount || formats[m.Kind()].write == nil {
		return nil, -1, malformed("unknown kind")
	}
	e := &encoder{tail: -1}
	s := formats[m.Kind()].write(e, m)
	return s, e.tail, e.err
}

// appendTail appends the opaque bytes that end m's encoding.
func appendTail(dst []byte, m message.Message) []byte {
	switch m := m.(type) {
	case *message.Body:
		return append(dst, m.Raw...)
	case *message.Blocks:
		for i := range m.Blocks {
			dst = append(dst, m.Blocks[i].Raw...)
		}
	case *message.Requests:
		return message.AppendBatch(dst, m.List)
	case *message.Replies, *message.Reply:
		return message.AppendReplies(dst, repliesOf(m))
	}
	return dst
}

func (e *encoder) fail(reason string) {
	if e.err == nil {
		e.err = malformed(reason)
	}
}

func (e *encoder) sig(b []byte) (s wirepb.Signature) {
	if len(b) != len(s) {
		e.fail("length of signature")
	}
	copy(s[:], b)
	return s
}

func (e *encoder) count(n, most int) {
	if n > most {
		e.fail("too many elements")
	}
}
