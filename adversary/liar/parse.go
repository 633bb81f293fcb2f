package liar

import "fmt"

// Parse returns the behaviour that a text names.
func Parse(text string) (*Behaviour, error) {
	if b := Find(text); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("liar: unknown behaviour %q", text)
}
