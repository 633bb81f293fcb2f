package story

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// headline says in one line what broke.
func (s *Story) headline() string {
	f := s.Result.Failure
	if f == nil {
		return fmt.Sprintf("Nothing is broken: %d blocks decided by all in %s, up to view %d",
			s.Result.Decisions, span(s.Result.Elapsed), s.Result.Views)
	}
	return fmt.Sprintf("%s broken at %s: %s", oracleName(f.Oracle), span(f.At), s.plain(f.What))
}

// oracleName tells a published oracle from a user's invariant.
func oracleName(id string) string {
	if mustHold(id) != "" {
		return id
	}
	return "Invariant " + strconv.Quote(id)
}

// plain is the first line of what an oracle says, with the names of the story.
func (s *Story) plain(what string) string {
	return evidence.ReplaceAllStringFunc(firstLine(s.names.in(what)), func(m string) string {
		return m + " (" + proofs[m] + ")"
	})
}

var evidence = regexp.MustCompile(`\bevidence [1-7]\b`)

// mustHold says what an oracle asks, or "" for one that is not published.
func mustHold(oracle string) string {
	for _, o := range sim.Oracles() {
		if o.ID == oracle {
			return o.What
		}
	}
	return ""
}

// verdict is the last paragraph: what broke, between whom, and who lied.
func (s *Story) verdict() []string {
	f := s.Result.Failure
	if f == nil {
		return []string{s.headline() + "."}
	}
	out := []string{s.headline() + "."}
	if what := mustHold(f.Oracle); what != "" {
		out = append(out, fmt.Sprintf("%s says that %s.", f.Oracle, what))
	}
	if between := s.between(); between != "" {
		out = append(out, between)
	}
	out = append(out, s.culprits()...)
	if f.Oracle == "I13" {
		for i, x := range s.stands {
			if x.up && !s.ends[i].faulty && x.Waiting != "" {
				out = append(out, fmt.Sprintf("%s waits for %s.", capital(s.ends[i].label), x.Waiting))
			}
		}
	}
	return out
}

// between names those involved.
func (s *Story) between() string {
	var who []string
	for _, i := range s.involved {
		who = append(who, s.ends[i].label)
	}
	switch fork := s.forked(); {
	case len(fork) == 2:
		at, one, two := s.fork(fork)
		return fmt.Sprintf("It lies between %s, which decided %s, and %s, which decided %s at the same seq %d.",
			s.ends[fork[0]].label, one, s.ends[fork[1]].label, two, at)
	case len(who) == 1:
		return fmt.Sprintf("It broke at %s, which is %s.", who[0], s.role(s.involved[0]))
	case len(who) > 1 && s.Result.Failure.Oracle != "I13":
		return "It lies between " + strings.Join(who, " and ") + "."
	}
	return ""
}

// fork returns the seq and the names of the two blocks that two replicas decided there.
func (s *Story) fork(who []int) (seq uint64, one, two string) {
	decided := make(map[uint64]map[int]string)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != sim.EventDecide || !slices.Contains(who, e.Replica) {
			continue
		}
		at := decided[uint64(e.Point.Seq)]
		if at == nil {
			at = make(map[int]string)
			decided[uint64(e.Point.Seq)] = at
		}
		at[e.Replica] = s.names.of(e.Point)
		if a, b := at[who[0]], at[who[1]]; a != "" && b != "" && a != b {
			return uint64(e.Point.Seq), a, b
		}
	}
	return 0, "", ""
}

// culprits says what each faulty replica did, and who holds proof of it.
func (s *Story) culprits() []string {
	var out []string
	for i := range s.Scenario.Replicas { // a twin lies for its other half
		e := &s.ends[i]
		if !e.faulty {
			continue
		}
		what := fmt.Sprintf("%s is faulty", capital(e.label))
		if e.liar != "" {
			what = fmt.Sprintf("The culprit is %s (%s)", e.label, e.liar)
		}
		out = append(out, what+s.liesOf(i)+s.proofOf(i))
	}
	if len(out) == 0 {
		out = append(out, "Nobody lies in this story: the replicas did it by themselves.")
	}
	return out
}

// liesOf says in which steps a replica lied.
func (s *Story) liesOf(who int) string {
	var where []string
	for i := range s.steps {
		x := &s.steps[i]
		if x.who >= 0 && x.who < s.processes() && s.identity(x.who) == who && slices.ContainsFunc(x.acts, func(a act) bool { return a.lie != "" }) {
			where = append(where, fmt.Sprint(x.number))
		}
	}
	switch len(where) {
	case 0:
		return ": nothing that it sent here contradicts itself; what counts may be what it kept back."
	case 1:
		return ": it lied in step " + where[0] + "."
	}
	return ": it lied in steps " + strings.Join(where[:min(len(where), 8)], ", ") + "."
}

// proofOf says which correct replicas hold proof against a replica.
func (s *Story) proofOf(who int) string {
	var holders []string
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind == sim.EventEvidence && e.Peer == s.identity(who) {
			if h := s.ends[e.Replica].short; !slices.Contains(holders, h) {
				holders = append(holders, h)
			}
		}
	}
	if len(holders) == 0 {
		return ""
	}
	return " Proof against it is held by " + strings.Join(holders, ", ") + "."
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
