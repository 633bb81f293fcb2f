//go:build twothirds_bug

package quorum_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Quorum, map[string]string{
		"M03": "TestAnyTwoQuorumsShareACorrectMember",
		"M04": "TestAnyTwoQuorumsShareACorrectMember",
	})
}
