package session

import "fmt"

// Clone returns a table of the same sessions and replies that changes on its own. The
// cost is that of a snapshot; of an empty table, next to nothing.
func (t *Table) Clone() *Table {
	if len(t.slots) == 0 {
		return New(t.cfg)
	}
	c, err := Restore(t.cfg, t.AppendSnapshot(nil))
	if err != nil {
		panic(fmt.Sprintf("session: own snapshot does not restore: %v", err))
	}
	return c
}
