package virtual

import "time"

// Costs is what work costs on one core. The figures of DefaultCosts were measured with bare probes on an AMD EPYC at
// 2.6 GHz with SHA extensions and Go 1.26.8.
type Costs struct {
	Sign   time.Duration // an Ed25519 signature
	Verify time.Duration // to check one by itself
	Batch  []Batch       // to check one among so many, by rising Size

	Frame time.Duration // to handle a frame at one end
	Wake  time.Duration // at one end, of a write, and of a read that had to be waited for
	Turn  time.Duration // of the protocol loop
	Step  time.Duration // of the protocol loop, for each message
	Block time.Duration // to log, link and execute a block, beside its requests
	// Request is what a request with one operation costs each replica: to parse it, to keep it, to execute it, to make its
	// reply, and to collect the garbage. Each further operation in it costs Operation: to find it, to have the application
	// execute it, and to pack its result. That all else is paid once is assumed: what a bundle spends on its length is in the
	// costs of bytes.
	Request, Operation time.Duration

	// For each byte, in picoseconds.
	Hash int // of a body
	Wire int // at one end
	Log  int
}

// Batch is what one signature costs in a batch of Size or more.
type Batch struct {
	Size int
	Each time.Duration
}

const us = float64(time.Microsecond)

// DefaultCosts returns the costs over links of a kind: "tls", "tcp" or "memory".
func DefaultCosts(link string) Costs {
	c := Costs{
		Sign: micro(11.2), Verify: micro(24),
		Batch: []Batch{
			{1, micro(24)}, {3, micro(21.6)}, {7, micro(16.9)}, {21, micro(14.2)}, {67, micro(13.5)}, {256, micro(11.5)}, {1024, micro(10)},
		},
		Frame: micro(0.165), Turn: micro(1), Step: micro(0.5), Block: micro(5), Request: micro(0.5), Operation: micro(0.15),
		Hash: 550, Log: 250,
	}
	switch link {
	case "tls":
		c.Wake, c.Wire = micro(3.3), 730
	case "tcp":
		c.Wake, c.Wire = micro(3.3), 120
	default:
		c.Wake, c.Wire = micro(0.13), 30
	}
	return c
}

func micro(x float64) time.Duration { return time.Duration(x * us) }

func perByte(picoseconds, bytes int) time.Duration {
	return time.Duration(int64(picoseconds) * int64(bytes) / 1000)
}

// batch is what it costs to check so many signatures at once.
func (c *Costs) batch(n int) time.Duration {
	each := c.Verify
	for _, b := range c.Batch {
		if n >= b.Size {
			each = b.Each
		}
	}
	return time.Duration(n) * each
}
