package message

// Direct is a signed message that came on the link of a replica, and what a door said of it.
type Direct struct {
	From     ReplicaID
	Message  Signed
	Verified Verified // unless Err is set
	Err      error
}

// directMin is from how many on a batch of signatures costs less than they do one by one.
const directMin = 3

// VerifyDirect says of each message what Verify says, and checks their signatures as one batch. If that does not hold, each
// is checked by itself: the caller can see whose was bad, and should not let that one spoil another batch (spec D2).
func (d *Door) VerifyDirect(list []*Direct) {
	if len(list) < directMin || !d.hold(list) {
		for _, x := range list {
			x.Verified, x.Err = d.Verify(x.From, x.Message)
		}
		return
	}
	for _, x := range list {
		x.Verified, x.Err = Verified{msg: x.Message, from: x.From}, nil
	}
}

// hold reports whether nothing is wrong with any of these messages.
func (d *Door) hold(list []*Direct) bool {
	b := newBatch(len(list))
	for _, x := range list {
		signer, sig := x.Message.Author()
		key, err := d.keyOf(x.Message)
		if err != nil || signer != x.From {
			return false
		}
		b.add(key, d.preimage(x.Message), sig)
	}
	return d.keys.VerifyAll(b.keys, b.msgs, b.sigs)
}
