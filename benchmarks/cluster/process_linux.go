package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// dieWithParent makes sure that no replica outlives the benchmark, even if that is killed, nor dies before it: an
// interrupt at the terminal goes to the benchmark alone, which still has to check the replicas.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

func stop(p *os.Process) error    { return p.Signal(syscall.SIGSTOP) }
func proceed(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// group is a control group with a quota of CPU time.
type group struct{ dir string }

// quotaPeriod is short: a process that has used up its quota stands still for the rest of it.
const quotaPeriod = 10 * time.Millisecond

// confine bounds a process to so many cores, with version 2 of control groups or, where it has the cpu controller, 1. Up
// to that bound the process comes before others, so that what else the machine does takes little from it.
func confine(pid int, cores float64) (*group, error) {
	period := quotaPeriod.Microseconds()
	quota := strconv.FormatInt(int64(cores*float64(period)), 10)
	name := fmt.Sprintf("twothirds-bench-%d", pid)
	g := &group{filepath.Join("/sys/fs/cgroup/cpu", name)}
	settings := [][2]string{
		{"cpu.cfs_period_us", strconv.FormatInt(period, 10)}, {"cpu.cfs_quota_us", quota}, {"cpu.shares", "262144"}, // the most
	}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		g.dir = filepath.Join("/sys/fs/cgroup", name)
		settings = [][2]string{{"cpu.max", fmt.Sprintf("%s %d", quota, period)}, {"cpu.weight", "10000"}} // the most
	}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cluster: a quota needs a control group: %w", err)
	}
	for _, s := range append(settings, [2]string{"cgroup.procs", strconv.Itoa(pid)}) {
		if err := os.WriteFile(filepath.Join(g.dir, s[0]), []byte(s[1]), 0o644); err != nil { //nolint:gosec // the kernel's own file
			return nil, errors.Join(fmt.Errorf("cluster: quota: %w", err), g.remove())
		}
	}
	return g, nil
}

// remove waits for the kernel to notice that the process is gone.
func (g *group) remove() error {
	var err error
	for range 100 {
		if err = os.Remove(g.dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
