package benchmarks

import (
	"fmt"
	"math"
	"time"
)

// Ceiling is our own model of the least that n replicas can spend on an operation, all together: to check that its client
// sent it, to hash it everywhere and carry it to the backups, and to make, send and check the votes of a view without
// faults, divided by the operations that a vote covers. Replies, logs, execution, clients and the generator cost nothing
// in it, so nothing reaches it: it is what shares are shares of.
//
// Its constants were measured with bare probes on ReferenceMachine. On others it is a scale.
type Ceiling struct {
	Replicas int    // n
	Payload  int    // bytes of an operation
	Link     string // "tls", "tcp" or "memory"
	Signed   bool   // clients sign, replicas check in large batches
}

// ReferenceMachine is where the constants of a Ceiling were measured.
const ReferenceMachine = "AMD EPYC at 2.6 GHz with SHA extensions, Go 1.26.8"

// PerVote is how many operations a vote of the model covers: 8 blocks of 500.
const PerVote = 8 * 500

// Constants of the model, in nanoseconds.
const (
	costSign    = 11500 // an Ed25519 signature
	costRequest = 11500 // to check one of a large batch of clients' signatures
	costFrame   = 330   // to send and receive a small frame among many
	costHash    = 0.25  // BLAKE3, for each byte
)

// costLink is for each byte, both ends together.
var costLink = map[string]float64{"tls": 1.58, "tcp": 0.36, "memory": 0}

// costVerify is to check one Ed25519 signature in a batch of so many.
var costVerify = []struct{ batch, each float64 }{
	{2, 23500}, {3, 21600}, {7, 16900}, {21, 14200}, {67, 13500}, {256, 11500}, {1024, 10000},
}

// NewCeiling returns the model for a configuration, or an error for one that it does not know.
func NewCeiling(c Ceiling) (*Ceiling, error) {
	if _, ok := costLink[c.Link]; !ok || c.Replicas < 4 || c.Payload < 0 {
		return nil, fmt.Errorf("%w: no ceiling of %+v", ErrLoad, c)
	}
	return &c, nil
}

// quorum is how many replicas of equal power are one: more than two thirds (spec M1).
func (c *Ceiling) quorum() int { return 2*c.Replicas/3 + 1 }

// CPU is the time of an operation, summed over the replicas.
func (c *Ceiling) CPU() time.Duration {
	n, s := float64(c.Replicas), float64(c.Payload)
	client := 0.0
	if c.Signed {
		client = costRequest
	}
	frames := 2 * n * (n - 1) // PREPAREs and COMMITs, each to all others
	votes := n*2*costSign + c.checks()*c.verify() + frames*costFrame
	return time.Duration(n*client + n*costHash*s + (n-1)*costLink[c.Link]*s + votes/PerVote)
}

// checks is how many signatures are checked for each vote: proposals by the backups, q-1 PREPAREs by the primary, q-2
// beside the proposal and the own one by each backup, and q-1 COMMITs by each replica.
func (c *Ceiling) checks() float64 {
	n, q := float64(c.Replicas), float64(c.quorum())
	return (n - 1) + (q - 1) + (n-1)*(q-2) + n*(q-1)
}

// verify is the cost of a signature in a batch of a quorum's, between two that were measured.
func (c *Ceiling) verify() float64 {
	batch, t := float64(c.quorum()-1), costVerify
	for i := 1; i < len(t); i++ {
		if batch <= t[i].batch {
			share := math.Log(batch/t[i-1].batch) / math.Log(t[i].batch/t[i-1].batch)
			return t[i-1].each + share*(t[i].each-t[i-1].each)
		}
	}
	return t[len(t)-1].each
}

// PerSec is how many operations a second so many cores can do.
func (c *Ceiling) PerSec(cores float64) float64 { return cores / c.CPU().Seconds() }

// WireBytes is what an operation sends between replicas: itself, to every backup.
func (c *Ceiling) WireBytes() float64 { return float64(c.Replicas-1) * float64(c.Payload) }

// SignaturesMade is how many replicas make for an operation: a PRE-PREPARE or PREPARE and a COMMIT each.
func (c *Ceiling) SignaturesMade() float64 { return 2 * float64(c.Replicas) / PerVote }

// SignaturesChecked is how many they check.
func (c *Ceiling) SignaturesChecked() float64 {
	clients := 0.0
	if c.Signed {
		clients = float64(c.Replicas)
	}
	return clients + c.checks()/PerVote
}
