// Package cluster puts a cluster of our own replicas behind benchmarks.System: in this process (class B) or each in a
// process of its own (class A), over TLS, bare TCP or memory, with a log in files or in memory.
//
// The application executes nothing: it counts the operations and adds each to a CRC-32C, so that replicas that executed
// different things are found out for a few nanoseconds an operation. Each operation is answered with its position in that
// order, by which the generator checks that what its clients saw is linearizable. The keys are known to everybody; such a
// cluster is for measuring only.
//
// Class A starts a program that calls Serve, by default this one with the arguments "bench replica". A replica's process
// ends when its standard input does, and on Linux with its parent.
package cluster

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Config says what cluster to measure. A zero field takes its default.
type Config struct {
	Replicas int    `json:"replicas"` // at least 4, the default
	Class    string `json:"class"`    // "A" or "B", the default
	Link     string `json:"link"`     // "tls", the default; "tcp", without TLS; "memory", class B only
	Log      string `json:"log"`      // "wal", the default, "memory", or "recent": in memory, newest blocks alone
	Signed   bool   `json:"signed"`   // operations carry their client's signature
	Interval int    `json:"interval"` // blocks between checkpoints; default 128
	Clients  int    `json:"clients"`  // that may be connected at a time; default 256

	// Delay is how late each frame from a replica to another is. Clients are near to all.
	Delay time.Duration `json:"delay_ns"`
	// Dir is where logs and outputs of processes go; a folder that Close removes is made in it. Default is the system's
	// folder for temporary files, which must not be in memory if syncs are to cost anything.
	Dir string `json:"dir"`
	// Quota bounds each process of class A to so many cores, by a control group of its own, which takes Linux and the
	// right to make one. 0 means no bound.
	Quota float64 `json:"quota"`
	// Procs is GOMAXPROCS of each process of class A, 0 for Go's choice.
	Procs int `json:"procs"`
	// Command starts a replica of class A.
	Command []string `json:"command,omitempty"`
}

// snapshotEvery is how many blocks lie between two snapshots of every replica; else logs would grow without end.
const snapshotEvery = 1024

// IntervalDefault and IntervalMax are of the blocks between checkpoints.
const (
	IntervalDefault = 128
	IntervalMax     = snapshotEvery
)

// delayMax is that of two replicas at opposite points of the earth, thrice.
const delayMax = 300 * time.Millisecond

// ErrConfig is wrapped by every error about a Config.
var ErrConfig = errors.New("cluster: invalid configuration")

func (c *Config) withDefaults() (Config, error) {
	d := *c
	if d.Replicas == 0 {
		d.Replicas = 4
	}
	if d.Clients == 0 {
		d.Clients = 256
	}
	if d.Interval == 0 {
		d.Interval = IntervalDefault
	}
	for _, f := range []struct {
		field *string
		value string
	}{{&d.Class, "B"}, {&d.Link, "tls"}, {&d.Log, "wal"}, {&d.Dir, os.TempDir()}} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if len(d.Command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return d, err
		}
		d.Command = []string{exe, "bench", "replica"}
	}
	return d, d.validate()
}

func (c *Config) validate() error {
	oneOf := func(s string, of ...string) bool {
		for _, o := range of {
			if s == o {
				return true
			}
		}
		return false
	}
	switch {
	case c.Replicas < 4:
		return fmt.Errorf("%w: %d replicas tolerate no fault, 4 tolerate one", ErrConfig, c.Replicas)
	case !oneOf(c.Class, "A", "B"):
		return fmt.Errorf("%w: class %q is not A or B", ErrConfig, c.Class)
	case !oneOf(c.Link, "tls", "tcp", "memory"):
		return fmt.Errorf("%w: link %q is not tls, tcp or memory", ErrConfig, c.Link)
	case !oneOf(c.Log, "wal", "memory", "recent"):
		return fmt.Errorf("%w: log %q is not wal, memory or recent", ErrConfig, c.Log)
	case c.Class == "A" && c.Link == "memory":
		return fmt.Errorf("%w: processes of class A have no memory in common", ErrConfig)
	case c.Class == "B" && (c.Quota != 0 || c.Procs != 0):
		return fmt.Errorf("%w: quota and procs bound processes, which class B has one of", ErrConfig)
	case c.Delay < 0 || c.Delay > delayMax:
		return fmt.Errorf("%w: delay %v, limits 0 and %v", ErrConfig, c.Delay, delayMax)
	case c.Interval < 1 || c.Interval > IntervalMax:
		return fmt.Errorf("%w: %d blocks between checkpoints, limits 1 and %d", ErrConfig, c.Interval, IntervalMax)
	case c.Quota < 0 || c.Procs < 0 || c.Clients < 1:
		return fmt.Errorf("%w: quota %v, procs %d, clients %d", ErrConfig, c.Quota, c.Procs, c.Clients)
	}
	return nil
}

// name is a part of a benchmark's name.
func (c *Config) name() string {
	signed := "off"
	if c.Signed {
		signed = "on"
	}
	name := "twothirds/n=" + strconv.Itoa(c.Replicas) + "/link=" + c.Link + "/log=" + c.Log + "/signed=" + signed
	if c.Interval != IntervalDefault {
		name += "/interval=" + strconv.Itoa(c.Interval)
	}
	if c.Delay > 0 {
		name += "/delay=" + c.Delay.String()
	}
	return name
}

func (c *Config) about() []string {
	link := map[string]string{
		"tls": "links: TLS 1.3 over TCP on loopback, both ends authenticated, between replicas and to clients",
		"tcp": "links: bare TCP on loopback, nothing encrypted, keys believed", "memory": "links: in memory, nothing encrypted, keys believed",
	}[c.Link]
	log := map[string]string{
		"wal":    "log: a file per replica in " + c.Dir + ", synced before any message that depends on it leaves",
		"memory": "log: in memory, nothing synced",
		"recent": fmt.Sprintf("log: in memory, nothing synced, the newest %d blocks alone", recentIntervals*c.Interval),
	}[c.Log]
	signed := "operations: unsigned, their clients known by their links; votes and proposals signed with Ed25519"
	if c.Signed {
		signed = "operations: signed with Ed25519 and verified by every replica; votes and proposals signed likewise"
	}
	about := []string{link, log, signed, fmt.Sprintf("an operation counts when f+1 replicas have sent the same result; a checkpoint every %d blocks", c.Interval)}
	if c.Delay > 0 {
		about = append(about, fmt.Sprintf("each frame between replicas is %v late", c.Delay))
	}
	if c.Quota > 0 {
		about = append(about, fmt.Sprintf("each replica bounded to %g cores", c.Quota))
	}
	if c.Procs > 0 {
		about = append(about, fmt.Sprintf("each replica with GOMAXPROCS %d", c.Procs))
	}
	return about
}

// keyOf makes a key that everybody knows.
func keyOf(kind string, i int) *crypto.PrivateKey {
	seed := sha256.Sum256([]byte("benchmark " + kind + " " + strconv.Itoa(i)))
	k, err := crypto.Generate(bytes.NewReader(seed[:]))
	if err != nil {
		panic(err) // it reads 32 bytes
	}
	return k
}

func (c *Config) genesis() message.Genesis {
	g := message.Genesis{Name: "benchmark", Interval: message.Seq(c.Interval), Signed: c.Signed}
	for i := range c.Replicas {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: keyOf("replica", i).Public(), Power: 1})
	}
	return g
}
