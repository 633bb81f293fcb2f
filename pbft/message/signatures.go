package message

import "crypto/sha256"

// Memory remembers requests whose signature was found good, so that one which comes again, from its client, from
// replicas that pass it on and in a block, is not checked again. It is told of them by a hash of all that the verdict
// follows from: key, signed bytes and signature. Its methods are called concurrently. It may forget.
type Memory interface {
	// Missing returns which of these it does not remember, as a list of their indexes.
	Missing(names []Digest) []int
	// Add has it remember those of names that list says.
	Add(names []Digest, list []int)
}

// Remember has the door ask m before it checks a request's signature. It must not be called once the door is in use.
func (d *Door) Remember(m Memory) { d.memory = m }

// signatures checks the clients' signatures of those requests that were not checked before, in one batch. It does
// not tell which is bad: a client's frame, a member's, or a block is refused as a whole.
func (d *Door) signatures(list []Request) error {
	size := 0
	for i := range list {
		if len(list[i].Sig) != SignatureSize {
			return ErrSignature
		}
		size += signedFixed + len(list[i].Op) + SignatureSize
	}
	room := make([]byte, 0, size)
	names, signed := make([]Digest, len(list)), make([][]byte, len(list))
	for i := range list {
		start := len(room)
		room = list[i].appendSigned(room, d.cluster)
		signed[i] = room[start:len(room):len(room)]
		room = append(room, list[i].Sig...)
		names[i] = sha256.Sum256(room[start:])
	}
	fresh := d.fresh(names)
	if len(fresh) == 0 {
		return nil
	}
	b := newBatch(len(fresh))
	for _, i := range fresh {
		b.add(list[i].Client, signed[i], list[i].Sig)
	}
	if err := b.verify(d.keys); err != nil {
		return err
	}
	if d.memory != nil {
		d.memory.Add(names, fresh)
	}
	return nil
}

// fresh returns which requests are not known to be signed well.
func (d *Door) fresh(names []Digest) []int {
	if d.memory != nil {
		return d.memory.Missing(names)
	}
	list := make([]int, len(names))
	for i := range list {
		list[i] = i
	}
	return list
}
