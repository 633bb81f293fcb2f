package pbft_test

import (
	"fmt"
	"testing"
)

func TestReplicasDecideTogether(t *testing.T) {
	for _, n := range []int{1, 4, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCluster(t, n, nil)
			c.startAll()
			c.load(0, 100)
			c.load(n-1, 100)
			c.settle()
		})
	}
}

func TestReplicasDecideInVirtualTime(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.load(0, 100)
		c.load(3, 100)
		c.settle()
	})
}
