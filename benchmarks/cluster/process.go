package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// A process of class A is spoken to in JSON over its standard input and output: first its spec, then everybody's
// addresses, then a question for each report and for its memory, and orders to fail and to be well again.
type question struct {
	Spec  *spec              `json:"spec,omitempty"`
	Addrs []string           `json:"addrs,omitempty"`
	Fail  benchmarks.Failure `json:"fail,omitempty"`
	Heal  bool               `json:"heal,omitempty"`

	Memory bool `json:"memory,omitempty"`
}

type answer struct {
	Addr   string            `json:"addr,omitempty"`
	Report report            `json:"report"`
	Memory benchmarks.Memory `json:"memory"`
	Err    string            `json:"err,omitempty"`
}

// Serve is the main function of a replica's process. It returns when in ends.
func Serve(in io.Reader, out io.Writer) error {
	var r *replica
	defer func() {
		if r != nil {
			_ = r.close()
		}
	}()
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q question
		if err := questions.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		var err error
		switch {
		case q.Spec != nil:
			var made *replica
			if made, err = prepare(*q.Spec, nil, nil); err == nil {
				r, a.Addr = made, made.addr()
			}
		case q.Memory:
			a.Memory = benchmarks.ProcessMemory()
		case r == nil:
			err = errors.New("no spec")
		case q.Addrs != nil:
			err = r.run(q.Addrs)
		case q.Fail != "":
			err = r.fail(q.Fail)
		case q.Heal:
			err = r.heal()
		default:
			a.Report, err = r.ownReport()
		}
		if err != nil {
			a.Err = err.Error()
		}
		if err := answers.Encode(&a); err != nil {
			return err
		}
	}
}

// answerLimit bounds how long a replica may take to report, and to end.
const answerLimit = 10 * time.Second

// ownReport adds what the process spent, which is the replica's alone.
func (r *replica) ownReport() (report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	rep, err := r.report(ctx)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rep.Counters.CPU, rep.Counters.Mallocs = benchmarks.ProcessCPU(), m.Mallocs
	return rep, err
}

// process is a replica in a process of its own.
type process struct {
	cmd   *exec.Cmd
	in    io.Closer
	group *group // nil without a quota

	mu        sync.Mutex
	questions *json.Encoder
	answers   *json.Decoder
}

// spawn starts a process that listens and does not answer yet.
func spawn(s spec) (p *process, addr string, err error) {
	output, err := os.OpenFile(filepath.Join(s.Config.Dir, fmt.Sprintf("replica%d.out", s.Self)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, "", err
	}
	defer output.Close()
	cmd := exec.Command(s.Config.Command[0], s.Config.Command[1:]...) //nolint:gosec // the caller's own program
	cmd.Stderr = output
	if s.Config.Procs > 0 {
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.Config.Procs))
	}
	dieWithParent(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	p = &process{cmd: cmd, in: in, questions: json.NewEncoder(in), answers: json.NewDecoder(out)}
	if s.Config.Quota > 0 {
		if p.group, err = confine(cmd.Process.Pid, s.Config.Quota); err != nil {
			return nil, "", errors.Join(err, p.kill())
		}
	}
	a, err := p.ask(question{Spec: &s})
	if err != nil {
		return nil, "", errors.Join(err, p.kill())
	}
	return p, a.Addr, nil
}

func (p *process) ask(q question) (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var a answer
	if err := p.questions.Encode(&q); err != nil {
		return a, err
	}
	if err := p.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("replica's process: %w", err)
	}
	if a.Err != "" {
		return a, errors.New(a.Err)
	}
	return a, nil
}

func (p *process) run(addrs []string) error {
	_, err := p.ask(question{Addrs: addrs})
	return err
}

func (p *process) report(context.Context) (report, error) {
	a, err := p.ask(question{})
	return a.Report, err
}

func (p *process) memory() (benchmarks.Memory, error) {
	a, err := p.ask(question{Memory: true})
	return a.Memory, err
}

func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
	_ = p.in.Close()
	if p.group != nil {
		err = errors.Join(err, p.group.remove())
	}
	return err
}

func (p *process) fail(how benchmarks.Failure) error {
	_, err := p.ask(question{Fail: how})
	return err
}

func (p *process) heal() error {
	_, err := p.ask(question{Heal: true})
	return err
}

func (p *process) pause() error  { return stop(p.cmd.Process) }
func (p *process) resume() error { return proceed(p.cmd.Process) }
