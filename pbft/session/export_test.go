package session

// HeldBytes returns the reply bytes as the table counts them, and as they are.
func (t *Table) HeldBytes() (counted, actual int) {
	for _, s := range t.slots {
		for _, c := range s.replies.live() {
			actual += c.size()
		}
	}
	return t.replyBytes, actual
}
