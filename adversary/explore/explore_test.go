package explore_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/explore"
)

func TestTry(t *testing.T) {
	var w explore.World
	fmt.Sscan(os.Getenv("BYZ"), &w.Byzantine)
	var n int
	for _, f := range []byte(os.Getenv("SLOTS")) {
		w.Slots = append(w.Slots, int(f-'0'))
		n++
	}
	fmt.Sscan(os.Getenv("CHOICES"), &w.Choices)
	fmt.Sscan(os.Getenv("CRASHES"), &w.Crashes)
	r, err := explore.Run(w, explore.Options{Time: 60 * time.Second, States: states()})
	require.NoError(t, err)
	fmt.Println(w, r)
}

func TestCovered(t *testing.T) {
	for b := range 4 {
		for _, s := range [][]int{{1}, {1, 1}} {
			n, err := explore.Covered(explore.World{Byzantine: b, Slots: s}, 1e6, 1, 300, 100)
			require.NoError(t, err, "%d %v", b, s)
			fmt.Println(b, s, n)
		}
	}
}

func states() (n int) {
	fmt.Sscan(os.Getenv("STATES"), &n)
	return n
}
