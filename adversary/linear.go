package adversary

import (
	"errors"

	"github.com/twothirds-bft/twothirds/adversary/linear"
)

// linearizable is I14: one copy of the data could have given these answers.
type linearizable struct{ model linear.Model }

func (linearizable) Name() string                { return "I14" }
func (linearizable) OnEvent(*World, Event) error { return nil }

func (l linearizable) AtEnd(w *World) error {
	history := make([]linear.Op, 0, len(w.History()))
	for _, o := range w.History() {
		history = append(history, linear.Op{
			Client: o.Client, Input: o.Input, Output: o.Output,
			Call: o.Call.Nanoseconds(), Return: o.Return.Nanoseconds(), Unknown: !o.Done,
		})
	}
	if r := linear.Check(history, l.model); r.Verdict == linear.Broken {
		return errors.New(r.String())
	}
	return nil
}
