package explore

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// World says which small world is explored: four replicas of equal power, one of which
// lies. Zero fields mean the defaults.
type World struct {
	// Byzantine is the liar, 0 to 3. It leads view 0 if it is 0, and so on (spec V7).
	Byzantine int
	// Slots says for each view that may be entered up to which seq its primary proposes;
	// its length is the number of these views. Default: one slot, two views.
	Slots []int
	// Choices is how many blocks a lying primary has for each place, default 2.
	Choices int
	// Crashes is how many restarts of correct replicas there may be, all together. What a
	// replica had not synced is lost.
	Crashes int
	// Apart delivers each message by itself and tells states apart by all that was heard.
	// That explores the same and takes far longer: it is the proof of the reductions.
	Apart bool
}

// The limits of a World.
const (
	ViewsMax   = 6
	SlotsMax   = 4
	ChoicesMax = 4
	CrashesMax = 2
)

// ErrWorld reports a World that cannot be.
var ErrWorld = errors.New("explore: invalid world")

// replicas is the size of every world, and correct how many of them do not lie.
const (
	replicas = 4
	correct  = 3
)

func (w World) withDefaults() World {
	if w.Slots == nil {
		w.Slots = []int{1, 1}
	}
	if w.Choices == 0 {
		w.Choices = 2
	}
	return w
}

// Validate returns nil, or what cannot be, wrapped in ErrWorld.
func (w World) Validate() error {
	w = w.withDefaults()
	switch {
	case w.Byzantine < 0 || w.Byzantine >= replicas:
		return fmt.Errorf("%w: replica %d is none", ErrWorld, w.Byzantine)
	case len(w.Slots) == 0 || len(w.Slots) > ViewsMax:
		return fmt.Errorf("%w: %d views, limits 1 and %d", ErrWorld, len(w.Slots), ViewsMax)
	case w.Choices < 1 || w.Choices > ChoicesMax:
		return fmt.Errorf("%w: %d choices, limits 1 and %d", ErrWorld, w.Choices, ChoicesMax)
	case w.Crashes < 0 || w.Crashes > CrashesMax:
		return fmt.Errorf("%w: %d crashes, limits 0 and %d", ErrWorld, w.Crashes, CrashesMax)
	}
	for _, n := range w.Slots {
		if n < 0 || n > SlotsMax {
			return fmt.Errorf("%w: %d slots in a view, limits 0 and %d", ErrWorld, n, SlotsMax)
		}
	}
	return nil
}

// interval is K of every world: no checkpoint is due in one.
const interval = 64

// cluster is what all replicas of a world agree on, and everyone's keys.
type cluster struct {
	ring    *cryptotest.Ring
	door    *message.Door
	members *message.Members
	root    message.Point
	checker *checker.Checker
}

// newCluster returns the one cluster in which all worlds take place: nothing in it is
// drawn, so signatures and digests are the same every time.
func newCluster() *cluster {
	c := &cluster{ring: cryptotest.NewRing(1)}
	g := message.Genesis{Name: "explored", Interval: interval}
	same := checker.Genesis{Name: g.Name, Interval: uint64(g.Interval)}
	for i := range replicas {
		key := c.ring.Signer(i).Public()
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: key, Power: 1})
		same.Members = append(same.Members, checker.Member{ID: uint32(i), Key: key, Power: 1})
	}
	id, members, err := g.Cluster()
	must(err)
	verifier := c.ring.Verifier()
	c.door, c.members, c.root = message.NewDoor(id, members, verifier, g.Signed, g.Limits()), members, message.Root(id)
	c.checker, err = checker.New(same, func(key, msg, sig []byte) bool {
		return verifier.Verify(message.PublicKey(key), msg, sig)
	})
	must(err)
	return c
}

// config is a replica's: blocks hold one request each.
func (c *cluster) config(id int) core.Config {
	return core.Config{
		Self: message.ReplicaID(id), Members: c.members, Root: c.root, Interval: interval, Window: interval, BlockRequests: 1,
	}
}

// limit is what a world is too large for.
type limit string

// must stops on what cannot be in a world of our own making.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("explore: %v", err))
	}
}
