package pbft_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No replica leaves a goroutine behind, however it ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
