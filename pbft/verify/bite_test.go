//go:build twothirds_bug

package verify_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Verify, map[string]string{
		"M52": "TestFilter",
	})
}
