package score

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Job is one cell to measure.
type Job struct {
	Bug      string // or Clean
	Strategy string
	Budget   Budget
}

// Runner measures jobs, each in a process of its own.
type Runner struct {
	// Command makes the process that plays a job and prints its Cell as JSON.
	Command func(context.Context, Job) *exec.Cmd
	Workers int // processes at a time; default 1
	// FirstKill leaves out the rest of a row once one of its jobs has killed the bug, and
	// made a story of it that fits on a page, if it was to.
	FirstKill bool
}

// Run measures rows of jobs, each row in its order, and tells done of each cell, one
// after another. It ends early, without an error, when ctx does.
//
// A process that dies has been killed by its bug, and one that does not end within a
// multiple of its budget hangs: both are kills, of oracles "crash" and "hang".
func (r *Runner) Run(ctx context.Context, rows [][]Job, done func(Cell)) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next = make(chan []Job)
	)
	for range max(r.Workers, 1) {
		wg.Go(func() {
			for row := range next {
				for _, j := range row {
					c, ok := r.one(ctx, j)
					if !ok {
						break
					}
					mu.Lock()
					done(c)
					mu.Unlock()
					if r.FirstKill && c.told(j.Budget) {
						break
					}
				}
			}
		})
	}
	for _, row := range rows {
		next <- row
	}
	close(next)
	wg.Wait()
}

// Patience with a process: its budget is of processor time, and a machine may be busy.
const (
	patience    = 60
	patienceMin = 5 * time.Minute
)

// one measures a job. It reports false if ctx ended before that.
func (r *Runner) one(ctx context.Context, j Job) (Cell, bool) {
	limited, cancel := context.WithTimeout(ctx, max(patience*(j.Budget.CPU+j.Budget.Shrink), patienceMin))
	defer cancel()
	cmd := r.Command(limited, j)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var c Cell
	if err == nil {
		err = json.Unmarshal(out, &c)
	}
	if err == nil || ctx.Err() != nil {
		return c, err == nil
	}
	c = Cell{Bug: j.Bug, Strategy: j.Strategy, Killed: true, Oracle: "crash"}
	if limited.Err() != nil {
		c.Oracle = "hang"
	}
	c.What = fmt.Sprintf("%v: %s", err, brief(stderr.String()))
	if p := cmd.ProcessState; p != nil {
		c.CPU = p.UserTime() + p.SystemTime()
	}
	return c, true
}
