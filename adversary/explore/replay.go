package explore

import (
	"errors"
	"fmt"
	"slices"
)

// ErrReplay reports actions that a world does not offer.
var ErrReplay = errors.New("explore: no such action")

// Replay takes the actions of a violation, or of any way through a world, and returns the
// violation that they end in, or nil if none. An error is a World that cannot be, or an
// action that is not on offer when its turn comes.
func Replay(w World, actions []Action) (*Violation, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	v, err := newExplorer(w).replay(actions)
	if v != nil {
		v.Confirmed = confirmed(w, v.Actions)
	}
	return v, err
}

// confirmed reports whether cores that forget nothing come to a violation by the same
// actions.
func confirmed(w World, actions []Action) bool {
	x := newExplorer(w)
	x.exact = true
	v, err := x.replay(actions)
	return err == nil && v != nil
}

func (x *explorer) replay(actions []Action) (*Violation, error) {
	at := x.first
	for i, a := range actions {
		next, err := x.play(at, a)
		if err != nil {
			return nil, fmt.Errorf("action %d: %w", i+1, err)
		}
		if f := x.judge(next); f != nil {
			return &Violation{Oracle: f.oracle, What: f.what, Actions: actions[:i+1]}, nil
		}
		at = next
	}
	return nil, nil
}

// play takes one action. Where an input may end in more than one crash, what the replica
// says tells which.
func (x *explorer) play(at world, a Action) (next world, err error) {
	slot := slices.Index(x.ids[:], a.Replica)
	if slot < 0 {
		return at, fmt.Errorf("%w: replica %d is none that does not lie", ErrReplay, a.Replica)
	}
	found := false
	x.offers(at, slot, func(in uint32) {
		if found || x.inputs[in].name != a.Input {
			return
		}
		for _, to := range x.step(at[slot], in) {
			if (x.locals[to].crashes > x.locals[at[slot]].crashes) != a.Crashes {
				continue
			}
			if !found || slices.Equal(x.news(at[slot], to), a.Says) {
				next, found = at, true
				next[slot] = to
			}
		}
	})
	if !found {
		return at, fmt.Errorf("%w: %d gets %s", ErrReplay, a.Replica, a.Input)
	}
	return next, nil
}
