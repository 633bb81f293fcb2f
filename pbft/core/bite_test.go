//go:build twothirds_bug

package core_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

// tests names a test that fails for each bug that bites no trace by itself.
var tests = map[string]string{
	"M05": "TestCommitFollowsTheCertificate",
	"M06": "TestCommitsOfTheViewBeforeStillDecide",
	"M07": "TestVotesGiveWayInPlace",
	"M10": "TestCertificateMustCoverTheAnswer",
	"M12": "TestProposalOfABackupIsDropped",
	"M27": "TestNewerRequestsDoNotRestartTheTimer",
	"M29": "TestBackoffFallsSlowly",
	"M32": "TestRestartedBackupIsMute",
	"M36": "TestRestartFindsWhereItWas",
	"M42": "TestStatusMovesNoCheckpoint",
	"M43": "TestBodyMayComeFromAnyone",
	"M51": "TestUnsignedHeadersGiveWay",
	"M59": "TestTurnsGoInOrder",
	"M61": "TestUnitIgnoresThePrimary",
	"M67": "TestCommitsStayOnOneChain",
	"M68": "TestNewViewTimerStartsAtQuorum",
	"M76": "TestDuplicateOfAnExecutedRequestIsVotedFor",
	"M81": "TestCommitNeedsBodies",
	"M87": "TestEarlyResignationCounts",
	"M88": "TestRequestsAreForwardedAgain",
	"M89": "TestRestartStaysPatient",
	"M90": "TestBackoffFallsSlowly",
	"M91": "TestPrimaryStopsAtTheHighMark",
	"M92": "TestEvidenceIsKeptOnce",
	"M93": "TestOneNewViewForManyQuestions",
	"M94": "TestCommitCertificateOvertakesNewView",
	"M95": "TestOneAnswerPerTurn",
	"M97": "TestPausesPutOffTwice",
	"M99": "TestLagExcusesNobody",

	"M104": "TestNewViewNeedsItsBlocks",
}

// TestBite runs each trace that names a bug in a world that has it. The trace must
// then end as it says: a trace that cannot fail proves nothing. Of every bug that has
// no trace, a test must fail.
func TestBite(t *testing.T) {
	var traced []string
	files, err := filepath.Glob("testdata/traces/*.txt")
	require.NoError(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			bugs, outcome, ok := strings.Cut(strings.TrimPrefix(line, "# bug "), ": ")
			if !ok || !strings.HasPrefix(line, "# bug ") {
				continue
			}
			traced = append(traced, bugs)
			t.Run(filepath.Base(path)+"/"+bugs, func(t *testing.T) {
				bug.Set(strings.Split(bugs, "+")...)
				defer bug.Set()
				s := runTrace(t, path, false)
				t.Log(s.violations)
				require.Contains(t, kinds(s.violations), strings.TrimSpace(outcome))
			})
		}
	}
	bugtest.Bite(t, bug.Core, tests, traced...)
}

// kinds returns the first words of violations.
func kinds(list []string) (out []string) {
	for _, v := range list {
		kind, _, _ := strings.Cut(v, ":")
		out = append(out, kind)
	}
	return out
}
