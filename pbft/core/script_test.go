package core_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// scriptError is a fault of the script and not of what it tests.
type scriptError string

// args are the words behind a verb: plain ones and key=value pairs.
type args struct {
	words []string
	pairs map[string]string
}

func (a args) word(i int) string {
	if i >= len(a.words) {
		panic(scriptError(fmt.Sprintf("word %d is missing", i+1)))
	}
	return a.words[i]
}

func (a args) num(key string, otherwise uint64) uint64 {
	s, ok := a.pairs[key]
	if !ok {
		return otherwise
	}
	return number(s)
}

func (a args) time(key string, otherwise clock.Duration) clock.Duration {
	if s, ok := a.pairs[key]; ok {
		return duration(s)
	}
	return otherwise
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(scriptError(err.Error()))
	}
	return n
}

func duration(s string) clock.Duration {
	d, err := time.ParseDuration(strings.TrimPrefix(s, "+"))
	if err != nil {
		panic(scriptError(err.Error()))
	}
	return d
}

// script is one trace: a world and the verbs that move it.
type script struct {
	*world
	loads int // submitted by load
}

var verbs map[string]func(s *script, a args)

func init() {
	verbs = map[string]func(s *script, a args){
		"new":     (*script).makeWorld,
		"submit":  func(s *script, a args) { s.each(a, 1, func(h *host) { s.submit(h, a.words[1:]) }) },
		"turn":    func(s *script, a args) { s.each(a, 1, func(h *host) { h.turn() }) },
		"sync":    func(s *script, a args) { s.each(a, 1, func(h *host) { h.sync() }) },
		"execute": func(s *script, a args) { s.each(a, 1, func(h *host) { h.execute() }) },
		"busy":    func(s *script, a args) { s.each(a, 1, func(h *host) { h.busy = !h.busy }) },
		"status":  func(s *script, a args) { s.each(a, 1, func(h *host) { s.note(false, "%s", h.status()) }) },
		"deliver": func(s *script, a args) { s.move(a, false) },
		"drop":    func(s *script, a args) { s.move(a, true) },
		"reorder": func(s *script, a args) { s.onLinks(a.word(0), func(i, j int) { slices.Reverse(s.links[i][j]) }) },
		"tick":    (*script).tick,
		"crash":   (*script).crash,
		"stop":    func(s *script, a args) { s.each(a, 1, func(h *host) { h.stop() }) },
		"restart": func(s *script, a args) { s.each(a, 1, func(h *host) { h.boot(false) }) },
		"rot":     func(s *script, a args) { s.each(a, 1, func(h *host) { h.rotten = true }) },
		"cut":     (*script).cutLinks,
		"heal":    func(s *script, _ args) { clear(s.cut) },
		"mute":    func(s *script, a args) { s.muteLinks(a, 1<<30) },
		"lose":    func(s *script, a args) { s.muteLinks(a, 1) },
		"unmute":  func(s *script, _ args) { s.mute = nil },
		"load":    (*script).load,
		"byz":     (*script).lie,
		"run":     (*script).run,
		"expect":  (*script).expect,
		"stops":   (*script).stops,
	}
}

// do carries out one line.
func (s *script) do(line string) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return
	}
	f := verbs[fields[0]]
	if f == nil {
		panic(scriptError("no verb " + fields[0]))
	}
	a := args{pairs: map[string]string{}}
	for _, w := range fields[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			a.pairs[key] = value
		} else {
			a.words = append(a.words, w)
		}
	}
	f(s, a)
}

// new n=4 interval=4 window=4 batch=1 bytes=16777216 answer=524288 floor=500ms cap=8s byz=3
func (s *script) makeWorld(a args) {
	cfg := core.Config{
		Interval: message.Seq(a.num("interval", 8)), Window: message.Seq(a.num("window", a.num("interval", 8))),
		BlockRequests: int(a.num("batch", 1)), WindowBytes: int(a.num("bytes", 0)), AnswerBytes: int(a.num("answer", 0)),
		ClientRequests: int(a.num("requests", 0)), TimeoutFloor: a.time("floor", 500*clock.Millisecond), TimeoutCap: a.time("cap", 8*clock.Second),
	}
	powers := make([]uint64, a.num("n", 4))
	for i := range powers {
		powers[i] = 1
	}
	if s.world != nil {
		defer func(old []string) { s.violations = append(old, s.violations...) }(s.violations)
	}
	s.world = newWorld(cfg, powers...)
	if liars, ok := a.pairs["byz"]; ok {
		for _, i := range s.list(liars) {
			s.hosts[i].corrupt = true
		}
	}
}

// list reads 0,2 or all.
func (s *script) list(word string) (out []int) {
	for i := range s.hosts {
		if word == "all" || slices.Contains(strings.Split(word, ","), fmt.Sprint(i)) {
			out = append(out, i)
		}
	}
	return out
}

func (s *script) each(a args, least int, f func(h *host)) {
	word := "all"
	if len(a.words) >= least {
		word = a.words[0]
	}
	for _, i := range s.list(word) {
		f(s.hosts[i])
	}
}

func (s *script) submit(h *host, names []string) {
	for _, name := range names {
		h.submit(name)
	}
}

// onLinks reads 0->1, *->1, 0->*, 0,1->2 or all.
func (s *script) onLinks(word string, f func(from, to int)) {
	if word == "all" {
		word = "*->*"
	}
	from, to, ok := strings.Cut(strings.ReplaceAll(word, "*", "all"), "->")
	if !ok {
		panic(scriptError("no link " + word))
	}
	for _, i := range s.list(from) {
		for _, j := range s.list(to) {
			f(i, j)
		}
	}
}

// deliver 0->1 PREPARE,COMMIT most=1; without kinds whatever is in flight. drop loses
// them.
func (s *script) move(a args, lose bool) {
	count, most := 0, int(a.num("most", 1<<30))
	s.onLinks(a.word(0), func(i, j int) {
		s.deliver(i, j, func(m message.Message) bool {
			ok := count < most && (len(a.words) < 2 || slices.Contains(strings.Split(a.words[1], ","), m.Kind().String()))
			if ok {
				count++
			}
			return ok
		}, lose)
	})
	if count == 0 {
		s.note(false, "nothing of the kind is in flight")
	}
}

// mute 0,1->2 COMMIT keeps what replicas would send off the links, until unmute. lose
// does that to the first such message of each link only.
func (s *script) muteLinks(a args, most int) {
	s.onLinks(a.word(0), func(i, j int) {
		left := most
		s.mute = append(s.mute, func(from, to int, m message.Message) bool {
			ok := left > 0 && from == i && to == j && (len(a.words) < 2 || slices.Contains(strings.Split(a.words[1], ","), m.Kind().String()))
			if ok {
				left--
			}
			return ok
		})
	})
}

// load 0 every=10ms in=1s submits a request at each step; what is decided is not
// logged.
func (s *script) load(a args) {
	log := s.log.String()
	for limit, step := a.time("in", 0), a.time("every", clock.Second); limit > 0; limit -= step {
		for range a.num("blocks", 1) {
			s.loads++
			s.hosts[number(a.word(0))].submit(fmt.Sprintf("load%d", s.loads))
			s.settle()
		}
		s.runUntil(func() bool { return false }, step)
	}
	s.log.Reset()
	s.log.WriteString(log)
}

// tick 1 moves a replica's clock to its deadline, tick 1 +500ms by that much.
func (s *script) tick(a args) {
	s.each(args{words: a.words[:1]}, 1, func(h *host) {
		d := h.deadline.Sub(h.now)
		if len(a.words) > 1 {
			d = duration(a.words[1])
		}
		h.tick(d)
	})
}

// crash 1 keep=all|none|N, of the records that it had not synced.
func (s *script) crash(a args) {
	keep := map[string]int{"all": -1, "none": 0, "": 0}
	n, ok := keep[a.pairs["keep"]]
	if !ok {
		n = int(number(a.pairs["keep"]))
	}
	s.hosts[number(a.word(0))].crash(n)
}

// cut 0,1|2,3 parts the sides; a replica that is named nowhere is alone. What is in
// flight between them is lost.
func (s *script) cutLinks(a args) {
	for i := range s.cut {
		s.cut[i] = -1 - i
	}
	for side, word := range strings.Split(a.word(0), "|") {
		for _, i := range s.list(word) {
			s.cut[i] = side + 1
		}
	}
	for i := range s.links {
		for j := range s.links[i] {
			if s.cut[i] != s.cut[j] {
				s.links[i][j] = nil
			}
		}
	}
}

// run lets everything take its course, run in=2s also where time has to pass, and
// run in=2s decided=5 who=0,1 until that holds; then it must come to hold.
func (s *script) run(a args) {
	s.brief = true
	defer func() { s.brief = false }()
	limit := a.time("in", 0)
	if limit == 0 {
		s.settle()
		return
	}
	until := func() bool { return len(a.pairs) > 1 && s.short(a) == "" }
	if !s.runUntil(until, limit) && len(a.pairs) > 1 {
		s.violate("stuck", "%s", s.short(a))
	}
}

// expect 0,1 decided=5 view=1! holds replicas to a place: at least there, or exactly.
func (s *script) expect(a args) {
	if what := s.short(a); what != "" {
		s.violate("expected", "%s", what)
	}
}

// stops 3 diverged holds replicas to having stopped, and to why.
func (s *script) stops(a args) {
	s.each(a, 1, func(h *host) {
		if h.fault == nil || !strings.Contains(h.fault.Error(), a.word(1)) {
			s.violate("expected", "%d to stop: %v", h.id, h.fault)
		}
	})
}

var figures = map[string]func(core.Status) uint64{
	"view":      func(s core.Status) uint64 { return uint64(s.View) },
	"target":    func(s core.Status) uint64 { return uint64(s.Target) },
	"tip":       func(s core.Status) uint64 { return uint64(s.Tip.Seq) },
	"certified": func(s core.Status) uint64 { return uint64(s.Certified) },
	"decided":   func(s core.Status) uint64 { return uint64(s.Decided.Seq) },
	"executed":  func(s core.Status) uint64 { return uint64(s.Applied) },
	"stable":    func(s core.Status) uint64 { return uint64(s.Stable.Seq) },
	"prepares":  func(s core.Status) uint64 { return s.Stats.Prepares },
	"commits":   func(s core.Status) uint64 { return s.Stats.Commits },
	"suspects":  func(s core.Status) uint64 { return s.Stats.Suspects },
	"fetches":   func(s core.Status) uint64 { return s.Stats.Fetches },
	"pending":   func(s core.Status) uint64 { return uint64(s.Pending) },
}

// short says who has not come as far as a asks for, or nothing.
func (s *script) short(a args) string {
	who := a.pairs["who"]
	if len(a.words) > 0 {
		who = a.words[0]
	}
	for i, h := range s.hosts {
		if who != "" && !slices.Contains(s.list(who), i) || who == "" && h.core == nil {
			continue
		}
		for key, want := range a.pairs {
			figure, least := figures[key], strings.TrimSuffix(want, "!")
			if figure == nil {
				continue
			}
			if h.core == nil || figure(h.core.Status()) < number(least) || least != want && figure(h.core.Status()) > number(least) {
				return h.status()
			}
		}
	}
	return ""
}
