package liar

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// Mutate returns a copy of m with one thing in it changed by a little, and signed again
// wherever a corrupted replica is the signer, within certificates as well. The
// changes are those of small-scope mutation (Winter et al., ByzzBench, OOPSLA 2023):
// one more or less, nothing, the most, what stood elsewhere, one element twice, gone
// or out of order. It is a function of m, of what Mutate saw before in this world,
// and of what e draws. Not everything that it makes has an encoding.
func Mutate(e *Env, m message.Message) message.Message { return mutate(e, m, 1) }

func mutate(e *Env, m message.Message, times uint64) message.Message {
	seen := &e.Brain.seen
	root := reflect.ValueOf(m)
	seen.learn(root)
	c := clone(root)
	for ; times > 0; times-- {
		list := spots(c.Elem(), nil)
		if len(list) == 0 {
			break
		}
		v := list[e.Draw("spot", uint64(len(list)))]
		ops := operators[v.Kind()]
		ops[e.Draw("operator", uint64(len(ops)))](e, seen, v)
	}
	e.Brain.resign(c)
	return c.Interface().(message.Message)
}

// mutating returns a liar that mutates one message of every, up to most times.
func mutating(every, most uint64) func(*Env) Sender {
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			if e.Draw("mutate", every) == 0 {
				if m = travelled(mutate(e, m, 1+e.Draw("times", most))); m == nil {
					return
				}
			}
			e.Send(to, m)
		}
	}
}

func mutateOnce(every uint64) func(*Env) Sender { return mutating(every, 1) }
func mutateDeep(every uint64) func(*Env) Sender { return mutating(every, 8) }

// travelled returns what a receiver would decode, or nil if m has no encoding: what
// cannot arrive proves nothing.
func travelled(m message.Message) message.Message {
	b, err := wire.Append(nil, m)
	if err != nil {
		return nil
	}
	if m, err = wire.Decode(b); err != nil {
		return nil
	}
	return m
}

var payloadType = reflect.TypeFor[*message.Payload]()

// clone copies a value with all that it points to. Payloads are left out: the door makes
// them.
func clone(v reflect.Value) reflect.Value {
	switch {
	case v.Type() == payloadType:
		return reflect.Zero(payloadType)
	case v.Kind() == reflect.Pointer && !v.IsNil():
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(clone(v.Elem()))
		return p
	case v.Kind() == reflect.Interface && !v.IsNil():
		return clone(v.Elem()).Convert(v.Type())
	case v.Kind() == reflect.Slice && !v.IsNil():
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(clone(v.Index(i)))
		}
		return s
	case v.Kind() == reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			s.Field(i).Set(clone(v.Field(i)))
		}
		return s
	}
	return v
}

// spots lists everything in v that can be changed.
func spots(v reflect.Value, list []reflect.Value) []reflect.Value {
	if v.Type() == payloadType {
		return list
	}
	if operators[v.Kind()] != nil && v.CanSet() {
		list = append(list, v)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return spots(v.Elem(), list)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				list = spots(v.Index(i), list)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			list = spots(v.Field(i), list)
		}
	}
	return list
}

// resign signs again, innermost first, what corrupted replicas signed in v.
func (b *Brain) resign(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			b.resign(v.Elem())
		}
	case reflect.Slice:
		for i := 0; i < v.Len() && v.Type().Elem().Kind() != reflect.Uint8; i++ {
			b.resign(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			b.resign(v.Field(i))
		}
		if !v.CanAddr() {
			return
		}
		switch m := v.Addr().Interface().(type) {
		case message.Signed:
			if id, _ := m.Author(); b.As(id) != nil {
				b.As(id).Sign(m)
			}
		case *message.PrepareCert:
			b.resignVotes(m.Votes, m.Seq, m.Chain, m.Links, func(s message.Seq, d message.Digest) message.Signed {
				return &message.Prepare{Epoch: m.Epoch, View: m.View, Base: m.Base, Seq: s, Chain: d}
			})
		case *message.CommitCert:
			b.resignVotes(m.Votes, m.Seq, m.Chain, m.Links, func(s message.Seq, d message.Digest) message.Signed {
				return &message.Commit{Epoch: m.Epoch, View: m.View, Seq: s, Chain: d}
			})
		case *message.CheckpointCert:
			b.resignVotes(m.Votes, m.Seq, m.Chain, nil, func(message.Seq, message.Digest) message.Signed {
				return &message.Checkpoint{CheckpointBody: m.CheckpointBody}
			})
		}
	}
}

// resignVotes signs the votes of corrupted replicas in a certificate again.
func (b *Brain) resignVotes(votes []message.CertVote, seq message.Seq, chain message.Digest, links []message.Digest,
	vote func(message.Seq, message.Digest) message.Signed,
) {
	for i := range votes {
		v := &votes[i]
		if e := b.As(v.Signer); e != nil && v.Seq >= seq && v.Seq-seq <= message.Seq(len(links)) {
			m := vote(v.Seq, message.Fold(chain, links[:v.Seq-seq]))
			e.Sign(m)
			_, v.Sig = m.Author()
		}
	}
}

// dictionary holds values that stood in messages, the newest ones of each type.
type dictionary map[reflect.Type][]reflect.Value

// dictionaryMax bounds the values of one type.
const dictionaryMax = 64

// learn remembers all that v holds.
func (d *dictionary) learn(v reflect.Value) {
	if *d == nil {
		*d = make(dictionary)
	}
	for _, s := range spots(v, nil) {
		list := append((*d)[s.Type()], s)
		if len(list) > 2*dictionaryMax {
			list = slices.Clone(list[len(list)-dictionaryMax:])
		}
		(*d)[s.Type()] = list
	}
}

// other sets v to a value of its type that stood elsewhere.
func other(e *Env, d *dictionary, v reflect.Value) {
	if list := (*d)[v.Type()]; len(list) > 0 {
		v.Set(clone(list[e.Draw("other", uint64(len(list)))]))
	}
}

type operator func(e *Env, d *dictionary, v reflect.Value)

// operators are the ways to change a value of a kind.
var operators = map[reflect.Kind][]operator{
	reflect.Uint64: numbers, reflect.Uint32: numbers, reflect.Uint8: numbers,
	reflect.Bool: {func(_ *Env, _ *dictionary, v reflect.Value) { v.SetBool(!v.Bool()) }},
	reflect.Array: {
		zero, other, other,
		func(e *Env, _ *dictionary, v reflect.Value) {
			b := v.Index(int(e.Draw("byte", uint64(v.Len()))))
			b.SetUint(b.Uint() ^ 1<<e.Draw("bit", 8))
		},
	},
	reflect.Slice:     {zero, other, removed, removed, doubledElement, swapped, cutShort, extended},
	reflect.Pointer:   {zero, other, other},
	reflect.Interface: {zero, other, other},
}

var numbers = []operator{
	zero, other, other,
	func(_ *Env, _ *dictionary, v reflect.Value) { v.SetUint(masked(v, v.Uint()+1)) },
	func(_ *Env, _ *dictionary, v reflect.Value) { v.SetUint(masked(v, v.Uint()-1)) },
	func(_ *Env, _ *dictionary, v reflect.Value) { v.SetUint(masked(v, ^uint64(0))) },
	func(e *Env, _ *dictionary, v reflect.Value) { v.SetUint(masked(v, v.Uint()^1<<e.Draw("bit", 64))) },
}

// masked cuts n to what fits v.
func masked(v reflect.Value, n uint64) uint64 { return n & (^uint64(0) >> (64 - v.Type().Bits())) }

func zero(_ *Env, _ *dictionary, v reflect.Value) { v.SetZero() }

// at draws an index of v, which has elements.
func at(e *Env, v reflect.Value) int { return int(e.Draw("index", uint64(v.Len()))) }

func removed(e *Env, _ *dictionary, v reflect.Value) {
	if v.Len() > 0 {
		i := at(e, v)
		v.Set(reflect.AppendSlice(v.Slice3(0, i, i), v.Slice(i+1, v.Len())))
	}
}

func doubledElement(e *Env, _ *dictionary, v reflect.Value) {
	if v.Len() > 0 {
		i := at(e, v)
		tail := clone(v.Slice(i, v.Len()))
		v.Set(reflect.AppendSlice(v.Slice3(0, i+1, i+1), tail))
	}
}

func swapped(e *Env, _ *dictionary, v reflect.Value) {
	if v.Len() > 1 {
		reflect.Swapper(v.Interface())(at(e, v), at(e, v))
	}
}

func cutShort(e *Env, _ *dictionary, v reflect.Value) {
	if v.Len() > 0 {
		v.Set(v.Slice(0, at(e, v)))
	}
}

// extended appends what stood elsewhere, or a zero element.
func extended(e *Env, d *dictionary, v reflect.Value) {
	x := reflect.New(v.Type().Elem()).Elem()
	other(e, d, x)
	v.Set(reflect.Append(v.Slice3(0, v.Len(), v.Len()), x))
}

// sorted puts the votes of a certificate in the order that it wants.
func sorted(votes []message.CertVote) []message.CertVote {
	slices.SortStableFunc(votes, func(a, b message.CertVote) int { return cmp.Compare(a.Signer, b.Signer) })
	return votes
}
