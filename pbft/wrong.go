package pbft

import (
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What seeded bugs do that takes more than a line: see internal/bug. Nothing of it is
// linked where they are constants.

// cut lets the log go up to each checkpoint that becomes stable (M74).
func (s *syncer) cut(batch []core.Output) {
	for i := range batch {
		for _, r := range batch[i].Persist {
			if r.Kind == core.RecordStable {
				_ = s.r.cfg.Log.Truncate(uint64(r.Message.(*message.CheckpointCert).Seq))
			}
		}
	}
}
