package explore_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/explore"
)

func TestProf(t *testing.T) {
	r, _ := explore.Run(explore.World{Byzantine: 3, Slots: []int{2, 0}}, explore.Options{States: 4000000})
	t.Log(r)
}
