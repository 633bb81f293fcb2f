package linear

import (
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// Op is one operation of a history. Times are of one clock that all clients share, as in
// a simulation; an operation that returns when another is called overlaps it.
type Op struct {
	Client int
	Input  []byte
	Call   int64
	Return int64  // not before Call; nothing if Unknown
	Output []byte // nothing if Unknown

	// Unknown says that the client never learnt the outcome.
	Unknown bool
}

// Model is what one key of the data does, one operation after the other. Its functions
// are pure. A state is a string, and the first one is empty.
type Model struct {
	// Key returns what an operation is about: operations of different keys do not see each
	// other's effects.
	Key func(input []byte) string
	// Step returns the state after an operation, and its result.
	Step func(state string, input []byte) (next string, output []byte)
	// ReadOnly reports whether an operation never changes anything. It may be nil.
	ReadOnly func(input []byte) bool
	// Describe says an operation in words; output is nil if it is unknown. It may be nil.
	Describe func(input, output []byte) string
}

// Verdict is what Check says of a history.
type Verdict int

// The verdicts.
const (
	Undecided    Verdict = iota // not found out within the bound
	Linearizable                // one copy could have done it
	Broken                      // no single copy could have
)

// String returns the verdict as a word.
func (v Verdict) String() string {
	return [...]string{"undecided", "linearizable", "broken"}[v]
}

// Result is a verdict, and what led to it.
type Result struct {
	Verdict Verdict
	Keys    int // checked
	Steps   int // of the model, over all keys
	// Of the key that is broken, or else of the first that is undecided:
	Key  string
	Ops  int    // operations of that key
	Best []Op   // the longest order found of its operations that one copy could have done
	Next []Op   // operations of which none can come next; the oldest first, at most nextMost
	text string // of Best and Next

	model porcupine.Model
	info  porcupine.LinearizationInfo
}

const (
	nextMost    = 8
	explainMost = 20_000 // steps of the search for Best: it remembers much, and goes deep at first
)

// StepsMost is the bound that Check sets: steps of the model for one key.
const StepsMost = 200_000

// Check tells whether a history is linearizable under a model, within StepsMost steps a
// key. It panics if an operation returns before it is called, which is the harness's
// fault. The order of the history does not matter.
func Check(history []Op, m Model) Result { return CheckWithin(history, m, StepsMost) }

// CheckWithin is Check with another bound.
func CheckWithin(history []Op, m Model, steps int) Result {
	parts, keys := m.split(history)
	r := Result{Verdict: Linearizable, Keys: len(keys)}
	for _, key := range keys {
		one := m.checkKey(parts[key], steps)
		r.Steps += one.Steps
		if one.Verdict == Broken || one.Verdict == Undecided && r.Verdict == Linearizable {
			one.Keys, one.Steps, one.Key, one.Ops = r.Keys, r.Steps, key, len(parts[key])
			r = one
		}
		if r.Verdict == Broken {
			break
		}
	}
	return r
}

// split parts a history by key. Reads of which nobody saw the outcome say nothing.
func (m *Model) split(history []Op) (parts map[string][]Op, keys []string) {
	parts = map[string][]Op{}
	for _, op := range history {
		if !op.Unknown && op.Return < op.Call {
			panic(fmt.Sprintf("linear: client %d: an operation called at %d returned at %d", op.Client, op.Call, op.Return))
		}
		if op.Unknown && m.ReadOnly != nil && m.ReadOnly(op.Input) {
			continue
		}
		key := m.Key(op.Input)
		if parts[key] == nil {
			keys = append(keys, key)
		}
		parts[key] = append(parts[key], op)
	}
	slices.Sort(keys)
	return parts, keys
}

// checkKey checks the operations of one key. When the bound is reached, no step is
// possible any more, so that the search ends soon; what it says then does not count.
func (m *Model) checkKey(ops []Op, most int) Result {
	used := 0
	pm := porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, _, output any) (bool, any) {
			if used == most {
				return false, state
			}
			used++
			op := output.(*Op)
			next, got := m.Step(state.(string), op.Input)
			return op.Unknown || string(got) == string(op.Output), next
		},
		Hash: func(state any) uint64 {
			h := fnv.New64a()
			_, _ = io.WriteString(h, state.(string))
			return h.Sum64()
		},
		DescribeOperation: func(_, output any) string { return m.describe(output.(*Op)) },
	}
	operations := make([]porcupine.Operation, len(ops))
	for i := range ops {
		op := &ops[i]
		operations[i] = porcupine.Operation{ClientId: op.Client, Input: op, Output: op, Call: op.Call, Return: op.Return}
		if op.Unknown {
			operations[i].Return = math.MaxInt64
		}
	}
	r := Result{model: pm}
	switch linearizable := porcupine.CheckOperations(pm, operations); {
	case linearizable:
		r.Verdict, r.Steps = Linearizable, used
	case used < most:
		r.Verdict, r.Steps = Broken, used
		used, most = 0, min(most, explainMost) // the same search, remembered
		_, r.info = porcupine.CheckOperationsVerbose(pm, operations, 0)
		r.explain(m, ops)
	default:
		r.Steps = used
	}
	return r
}

// explain finds how far one gets, and what stands in the way.
func (r *Result) explain(m *Model, ops []Op) {
	placed := map[*Op]bool{}
	for _, order := range r.info.PartialLinearizationsOperations()[0] {
		if len(order) > len(r.Best) || r.Best == nil {
			r.Best = make([]Op, 0, len(order))
			clear(placed)
			for i := range order {
				op := order[i].Input.(*Op)
				r.Best, placed[op] = append(r.Best, *op), true
			}
		}
	}
	for i := range ops {
		if !placed[&ops[i]] && !ops[i].Unknown {
			r.Next = append(r.Next, ops[i])
		}
	}
	slices.SortStableFunc(r.Next, func(a, b Op) int { return int(min(max(a.Call-b.Call, -1), 1)) })
	r.Next = r.Next[:min(len(r.Next), nextMost)]
	var b strings.Builder
	tell := func(title string, list []Op) {
		fmt.Fprintf(&b, "\n  %s", title)
		for i := range list {
			fmt.Fprintf(&b, "\n    %s", m.line(&list[i]))
		}
	}
	tell("one copy could have done this:", r.Best[max(len(r.Best)-nextMost, 0):])
	tell("but then none of these next:", r.Next)
	r.text = b.String()
}

func (m *Model) describe(op *Op) string {
	if m.Describe == nil {
		return fmt.Sprintf("%x -> %x", op.Input, op.Output)
	}
	if op.Unknown {
		return m.Describe(op.Input, nil)
	}
	return m.Describe(op.Input, append([]byte{}, op.Output...))
}

func (m *Model) line(op *Op) string {
	until := "?"
	if !op.Unknown {
		until = fmt.Sprint(op.Return)
	}
	return fmt.Sprintf("client %d, %d to %s: %s", op.Client, op.Call, until, m.describe(op))
}

// String says the verdict, and of a broken history why.
func (r Result) String() string {
	switch r.Verdict {
	case Broken:
		return fmt.Sprintf("broken: key %q, %d operations%s", r.Key, r.Ops, r.text)
	case Undecided:
		return fmt.Sprintf("undecided after %d steps: key %q, %d operations", r.Steps, r.Key, r.Ops)
	}
	return fmt.Sprintf("linearizable: %d keys, %d steps", r.Keys, r.Steps)
}

// HTML writes a page that shows the operations of the broken key over time, and the
// orders that were tried. It needs no network.
func (r Result) HTML(w io.Writer) error {
	if r.Verdict != Broken {
		return fmt.Errorf("linear: nothing to show: %v", r.Verdict)
	}
	if err := porcupine.Visualize(r.model, r.info, w); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	return nil
}
