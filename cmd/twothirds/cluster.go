package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// testCluster is a cluster of processes of this program in one folder.
type testCluster struct {
	dir      string
	liar     string // behaviour of replica 0, "" if it is honest
	replicas int
	interval uint64 // blocks between checkpoints

	exe   string
	conf  testnetConfig
	redis string // address of the gateway
	door  *message.Door

	mu      sync.Mutex
	procs   []*exec.Cmd // nil while killed
	gateway *exec.Cmd
	stopped bool
}

// start writes the configurations and starts all processes. It returns once the
// gateway serves.
func (c *testCluster) start(ctx context.Context) error {
	var err error
	if c.exe, err = os.Executable(); err != nil {
		return err
	}
	base, err := freePorts(2*c.replicas + 1)
	if err != nil {
		return err
	}
	c.conf = testnetConfig{
		replicas: c.replicas, out: filepath.Join(c.dir, "net"), host: "127.0.0.1",
		port: base, adminPort: base + c.replicas, redisPort: base + 2*c.replicas, interval: c.interval,
		timeout: "1500ms", // all processes share this machine, whose stalls are nobody's fault
	}
	c.redis = fmt.Sprintf("127.0.0.1:%d", c.conf.redisPort)
	if err := c.conf.write(); err != nil {
		return err
	}
	genesis, _, err := loadGenesis(filepath.Join(c.conf.out, "genesis.toml"))
	if err != nil {
		return err
	}
	cluster, members, err := genesis.Cluster()
	if err != nil {
		return err
	}
	c.door = message.NewDoor(cluster, members, crypto.Ed25519{}, genesis.Signed, genesis.Limits())
	c.procs = make([]*exec.Cmd, c.replicas)
	for i := range c.replicas {
		if c.procs[i], err = c.node(i, "--bootstrap"); err != nil {
			return err
		}
	}
	// A request before all are up would cost the first primary its view, and the liar
	// its chance to lie.
	if err := c.linked(ctx); err != nil {
		return err
	}
	c.gateway, err = c.spawn("gateway", "gateway", "--config", filepath.Join(c.conf.out, "gateway", "gateway.toml"))
	if err != nil {
		return err
	}
	return c.ready(ctx)
}

// freePorts returns the first of count consecutive ports that are free now.
func freePorts(count int) (int, error) {
	for range 50 {
		base := 20000 + rand.IntN(10000)
		if portsFree(base, count) {
			return base, nil
		}
	}
	return 0, errors.New("no free ports on loopback")
}

func portsFree(base, count int) bool {
	for i := range count {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+i))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func (c *testCluster) node(i int, extra ...string) (*exec.Cmd, error) {
	name := fmt.Sprintf("replica%d", i)
	args := append([]string{"node", "--config", filepath.Join(c.conf.out, name, "node.toml")}, extra...)
	if i == int(liarID) && c.liar != "" {
		args = append(args, "--liar", c.liar)
	}
	return c.spawn(name, args...)
}

// spawn starts this program again. Its output goes to a file in the folder; it
// dies with this process.
func (c *testCluster) spawn(name string, args ...string) (*exec.Cmd, error) {
	f, err := os.OpenFile(filepath.Join(c.conf.out, name, "output.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command(c.exe, args...)
	cmd.Stdout, cmd.Stderr = f, f
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd, nil
}

// linked waits until every replica has a link to every other.
func (c *testCluster) linked(ctx context.Context) error {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		up := 0
		for i := range c.replicas {
			if r, err := c.status(ctx, i); err == nil && r.Links >= c.replicas-1 {
				up++
			}
		}
		if up == c.replicas {
			return nil
		}
	}
	return fmt.Errorf("the replicas do not all find each other; %s", c.tail())
}

// ready waits until the cluster answers a write through the gateway.
func (c *testCluster) ready(ctx context.Context) error {
	var last error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		conn, err := dialRedis(c.redis, 5*time.Second)
		if err == nil {
			_, err = conn.do("SET", "ready", "1")
			_ = conn.close()
		}
		if last = err; err == nil {
			return nil
		}
	}
	return fmt.Errorf("the cluster does not answer: %w; %s", last, c.tail())
}

// tail returns the ends of the processes' outputs.
func (c *testCluster) tail() string {
	s := "what its processes said last:"
	files, _ := filepath.Glob(filepath.Join(c.conf.out, "*", "output.log"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		s += fmt.Sprintf("\n%s:\n%s", filepath.Base(filepath.Dir(f)), b[max(0, len(b)-600):])
	}
	return s
}

func (c *testCluster) status(ctx context.Context, i int) (report, error) {
	var r report
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/status", c.conf.adminPort+i), nil)
	if err != nil {
		return r, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	return r, json.NewDecoder(res.Body).Decode(&r)
}

// primary returns the primary of the highest view that a correct replica reports.
func (c *testCluster) primary(ctx context.Context) int {
	view, primary := uint64(0), 0
	for i := range c.replicas {
		if r, err := c.status(ctx, i); err == nil && r.View >= view {
			view, primary = r.View, int(r.Primary)
		}
	}
	return primary
}

// convicted returns how many proofs a report holds against each replica. Each is
// verified here, with the members' public keys alone.
func (c *testCluster) convicted(r *report) map[int]int {
	out := map[int]int{}
	for _, s := range r.Evidence {
		b, err := hex.DecodeString(s)
		if err != nil {
			continue
		}
		e, err := wire.DecodeEvidence(b)
		if err != nil {
			continue
		}
		if culprit, err := c.door.Evidence(e); err == nil {
			out[int(culprit)]++
		}
	}
	return out
}

// settle waits until all correct replicas have executed the same blocks and stand at
// one state, and returns their reports. Equal checkpoints alone do not show that: one
// that still catches up has the last stable one in common with the others.
func (c *testCluster) settle(ctx context.Context, limit time.Duration) ([]report, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var reports []report
	for ctx.Err() == nil {
		reports = reports[:0]
		same := true
		for i := range c.replicas {
			if i == int(liarID) && c.liar != "" {
				continue
			}
			r, err := c.status(ctx, i)
			if err != nil || r.State == "" || r.Executed < r.Decided || len(reports) > 0 && !r.sameState(&reports[0]) {
				same = false
			}
			reports = append(reports, r)
		}
		if same {
			return reports, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return reports, fmt.Errorf("the correct replicas do not come to one state: %+v; %s", reports, c.tail())
}

// kill ends a replica's process at once, as a power failure would.
func (c *testCluster) kill(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.procs[i]; p != nil {
		_ = p.Process.Kill()
		_ = p.Wait()
		c.procs[i] = nil
	}
}

// revive starts a killed replica again, from its log.
func (c *testCluster) revive(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.procs[i] != nil {
		return
	}
	c.procs[i], _ = c.node(i)
}

// signal sends a signal to a replica's process.
func (c *testCluster) signal(i int, s syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.procs[i].Process.Signal(s)
}

// stop ends all processes that start started.
func (c *testCluster) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for _, p := range append(c.procs, c.gateway) {
		if p != nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	}
}
