//go:build twothirds_bug

package pbft_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Shell, map[string]string{
		"M46": "TestRestartFromSnapshot",
		"M62": "TestDurableApplicationResumes",
		"M74": "TestBlocksAreProven",
		"M75": "TestTornTail",
	})
}
