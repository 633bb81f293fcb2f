//go:build twothirds_bug

package session_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Session, map[string]string{
		"M72": "TestEvictedSessionNeverExecutesAgain",
		"M80": "TestIDIsThePlaceOfTheOpening",
		"M96": "TestEvictsTheLeastRecentlyUsed",

		"M102": "TestBundleIsOneRequest",
	})
}
