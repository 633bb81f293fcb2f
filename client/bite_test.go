//go:build twothirds_bug

package client_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Client, map[string]string{
		"M73": "TestRepliesThatDifferAnywhereDoNotMatch",
	})
}
