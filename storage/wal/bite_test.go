//go:build twothirds_bug

package wal

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Log, map[string]string{
		"M33": "TestCrashEverywhere",
		"M34": "TestFailedSyncThenRestart",
		"M35": "TestDamageIsRefused",
		"M39": "TestCrashEverywhere",
	})
}
