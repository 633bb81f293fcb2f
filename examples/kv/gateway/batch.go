package gateway

import (
	"github.com/tidwall/redcon"

	"github.com/twothirds-bft/twothirds/examples/kv"
)

// answersBytesMax is from where on a batch takes no more commands that are answered here.
const answersBytesMax = 64 << 10

// batch is what a connection sends to the cluster in one operation, and in which order to answer.
type batch struct {
	op      []byte
	starts  []int  // where each command begins in op
	answers []byte // to commands that are not for the cluster, one behind the other
	plan    []int  // for each command: the bytes of its answer in answers, or 0: it is for the cluster

	planned  int // how many of plan are rendered
	answered int // how many bytes of answers are
}

// reset empties the batch. The operation's memory belongs to who was given it.
func (b *batch) reset() {
	*b = batch{starts: b.starts[:0], answers: b.answers[:0], plan: b.plan[:0]}
}

func (b *batch) full() bool {
	return len(b.starts) == kv.CommandsMax || len(b.answers) >= answersBytesMax
}

// add adds a command for the cluster, or fails as kv.Append does.
func (b *batch) add(v kv.Verb, args [][]byte) error {
	op, err := kv.Append(b.op, v, args...)
	if err != nil {
		return err
	}
	b.starts, b.plan = append(b.starts, len(b.op)), append(b.plan, 0)
	b.op = op
	return nil
}

// answer adds a command by its answer.
func (b *batch) answer(resp []byte) {
	b.answers = append(b.answers, resp...)
	b.plan = append(b.plan, len(resp))
}

// render appends the answers that are next: results in order, and what stands between and behind
// them, up to the first command that has no result yet.
func (b *batch) render(out []byte, results []kv.Result) []byte {
	for ; b.planned < len(b.plan); b.planned++ {
		if n := b.plan[b.planned]; n > 0 {
			out = append(out, b.answers[b.answered:b.answered+n]...)
			b.answered += n
			continue
		}
		if len(results) == 0 {
			break
		}
		out = appendResult(out, &results[0])
		results = results[1:]
	}
	return out
}

// renderError appends all answers that are left, with an error for each command of the cluster's.
func (b *batch) renderError(out []byte, text string) []byte {
	failure := []kv.Result{{Kind: kv.Error, Data: []byte(text)}}
	for b.planned < len(b.plan) {
		out = b.render(out, failure)
	}
	return out
}

// appendResult appends a result in the Redis protocol.
func appendResult(out []byte, r *kv.Result) []byte {
	switch r.Kind {
	case kv.OK:
		return redcon.AppendOK(out)
	case kv.Nil:
		return redcon.AppendNull(out)
	case kv.Int:
		return redcon.AppendInt(out, r.Int)
	case kv.Bulk:
		return redcon.AppendBulk(out, r.Data)
	default:
		return redcon.AppendError(out, string(r.Data))
	}
}
