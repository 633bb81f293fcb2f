package story_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/story"
	"github.com/twothirds-bft/twothirds/clock"
)

// never is an invariant that no event is of a kind at a replica, so that an honest
// engine has stories to tell.
type never struct {
	kind    sim.EventKind
	replica int
}

func (never) Name() string { return "never" }

func (n never) OnEvent(_ *sim.World, e sim.Event) error {
	if e.Kind == n.kind && e.Replica == n.replica {
		return errors.New("replica 2 went too far, evidence 1")
	}
	return nil
}

func (never) AtEnd(*sim.World) error { return nil }

// fork is a world in which primary 0 equivocates, and loses its view for it.
func fork() sim.Scenario {
	ms := clock.Millisecond
	return sim.Scenario{
		Name: "two chains", About: "a primary with <b>two</b> stories", Seed: 5, Decisions: 3, Clients: 1, Ahead: 1,
		Byzantine: []sim.Liar{{Replica: 0, Behaviour: "equivocate"}},
		Cuts:      []sim.Cut{{Side: []int{3}, From: 15 * ms, To: 19 * ms}},
		Pauses:    []sim.Pause{{Replica: 1, From: 10 * ms, To: 14 * ms}},
		Crashes:   []sim.Crash{{Replica: 3, At: 20 * ms, Down: 15 * ms}},
		Heal:      100 * ms,
	}
}

func told(t *testing.T, sc sim.Scenario, opts ...sim.Option) (*story.Story, string) {
	t.Helper()
	s := story.New(sc, opts...)
	var b bytes.Buffer
	require.NoError(t, s.Text(&b))
	return s, b.String()
}

func entering(replica int) sim.Option { return sim.WithInvariant(never{sim.EventEnter, replica}) }

func TestText(t *testing.T) {
	s, text := told(t, fork(), entering(2))
	require.NotNil(t, s.Broken())
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"two chains a primary with", `Invariant "never" broken at `, "went too far, evidence 1 (two PREPAREs of one view on two chains)",
		"replica 0 liar, equivocate: as primary, proposes two chains", "replicas 1, 2, 3 correct",
		"4 replicas, up to 1 of them faulty; 3 make a quorum; seed 5", "15 ms to 19 ms: 3 cut off from the others",
		"View 0, primary replica 0", "sends REQUESTS to open a session -> ", "1b", "(a lie: proposed 1a at this place before)",
		"(a lie: voted for 1a in this view before)", "holds proof against replica 0: two PREPAREs of one view on two chains",
		"VIOLATION of never", "AT THE VIOLATION", "replica 0 !", "It broke at replica 2, which is correct.",
		"The culprit is replica 0 (equivocate): it lied in step", "Proof against it is held by",
	} {
		require.Contains(t, words, want)
	}
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len([]rune(line)), 140, line)
	}
	_, again := told(t, fork(), entering(2))
	require.Equal(t, text, again)
}

// Nothing that comes after the violation, and nothing that led nowhere, is told.
func TestTextLeavesOut(t *testing.T) {
	s, text := told(t, sim.Scenario{Decisions: 12, Burst: true}, sim.WithInvariant(never{sim.EventStable, 2}))
	require.NotNil(t, s.Broken())
	require.NotContains(t, text, "STATUS view", "chatter of a long story")
	require.Contains(t, text, "Nobody lies in this story")

	s, text = told(t, sim.Scenario{Decisions: 2})
	require.Nil(t, s.Broken())
	require.Contains(t, text, "Nothing is broken: ")
	require.Contains(t, text, "AT THE END")

	s, text = told(t, sim.Scenario{
		Window: 9, Disks: []sim.Disk{{Replica: 7}}, Clocks: []sim.Clock{{Replica: -1}}, Cuts: []sim.Cut{{Side: []int{-3, 12}}},
	})
	require.NoError(t, s.HTML(io.Discard))
	require.Equal(t, "scenario", s.Broken().Oracle)
	require.Contains(t, text, `Invariant "scenario" broken at 0`)
}

func TestTwinsAndLiveness(t *testing.T) {
	_, text := told(t, sim.Scenario{Twins: []int{0}, Decisions: 3, Burst: true})
	require.Regexp(t, `replica 0' +faulty: one key, two processes`, text)

	sc := sim.Scenario{Decisions: 2, Limit: clock.Second, Rules: []sim.Rule{{Do: sim.Drop, Kinds: []string{"COMMIT", "BLOCKS"}, Always: true}}}
	s, text := told(t, sc)
	require.Equal(t, "I13", s.Broken().Oracle)
	require.Contains(t, text, "COMMIT, BLOCKS lost, for ever")
	require.Regexp(t, `Replica 2 waits for \w+`, text)
}

func TestJSONLines(t *testing.T) {
	s := story.New(fork(), entering(2))
	var b bytes.Buffer
	require.NoError(t, s.JSONLines(&b))
	lines, lies, past := 0, 0, 0
	kinds := map[string]bool{}
	for raw := range strings.Lines(b.String()) {
		var l struct {
			At            *int64
			Kind, Message string
			Replica       *int
			Lie           string
			Past          bool
		}
		require.NoError(t, json.Unmarshal([]byte(raw), &l))
		require.NotNil(t, l.At)
		require.Equal(t, l.Kind == "violation", l.Replica == nil)
		require.Equal(t, l.Kind == "send" || l.Kind == "deliver" || l.Kind == "lost", l.Message != "", raw)
		kinds[l.Kind] = true
		lines++
		if l.Lie != "" {
			lies++
		}
		if l.Past {
			past++
		}
	}
	require.Equal(t, len(s.Events), lines)
	require.Positive(t, lies)
	require.Positive(t, past)
	require.Less(t, past, lines)
	for _, k := range []string{"send", "deliver", "boot", "crash", "pause", "enter", "evidence", "violation"} {
		require.True(t, kinds[k], k)
	}
}

// What ShiViz asks of a log: the first line parses the entries, each host's own clock
// goes 1, 2, 3, and no clock goes back.
func TestShiViz(t *testing.T) {
	s := story.New(fork(), entering(2))
	var b bytes.Buffer
	require.NoError(t, s.ShiViz(&b))
	head, log, _ := strings.Cut(b.String(), "\n\n")
	re := regexp.MustCompile(strings.ReplaceAll(head, "(?<", "(?P<"))
	entries := re.FindAllStringSubmatch(log, -1)
	require.Equal(t, strings.Count(log, "\n"), 2*len(entries))
	require.Greater(t, len(entries), 20)
	at := map[string]map[string]int{}
	for _, e := range entries {
		host, now := e[re.SubexpIndex("host")], map[string]int{}
		require.NoError(t, json.Unmarshal([]byte(e[re.SubexpIndex("clock")]), &now))
		require.Equal(t, at[host][host]+1, now[host])
		for other, n := range at[host] {
			require.GreaterOrEqual(t, now[other], n)
		}
		at[host] = now
	}
	require.Contains(t, at, "client0")
	require.Positive(t, at["replica2"]["replica0"])
}

// The page stands alone, and what a scenario says is text in it and no more.
func TestHTML(t *testing.T) {
	s := story.New(fork(), entering(2))
	var b, again bytes.Buffer
	require.NoError(t, s.HTML(&b))
	require.NoError(t, s.HTML(&again))
	require.Equal(t, b.String(), again.String())
	page := b.String()
	require.NotContains(t, page, "http:")
	require.NotContains(t, page, "https:")
	require.NotContains(t, page, " src=")
	require.NotContains(t, page, "@import")
	require.NotContains(t, page, "ZgotmplZ", "what a template refuses to print")
	require.NotContains(t, page, "<b>two</b>")
	require.Contains(t, page, "&lt;b&gt;two&lt;/b&gt;")
	require.Contains(t, page, "default-src 'none'")
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(page, -1) {
		require.True(t, strings.HasPrefix(m[1], "#"), m[0])
	}
	for _, want := range []string{`class="band down"`, `class="band paused"`, `class="cutband"`, ` lie"`, `class="mark evidence"`, `id="violation"`} {
		require.Contains(t, page, want)
	}
}

// A story of many messages is drawn in part, and says so.
func TestLargeStory(t *testing.T) {
	s := story.New(sim.Scenario{Decisions: 150, Burst: true, Clients: 3})
	var b bytes.Buffer
	require.NoError(t, s.HTML(&b))
	require.Contains(t, b.String(), "The diagram shows the last 3000 messages only.")
	require.Less(t, b.Len(), 4_000_000)
	require.Equal(t, 3000, strings.Count(b.String(), `class="msg `))
}
