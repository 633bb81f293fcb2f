//go:build twothirds_bug

package clock

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Clock, map[string]string{
		"M58": "TestSystemReadsMonotonicTime",
	})
}
