package explore

import "encoding/binary"

// lists gives equal lists of numbers one name.
type lists struct {
	ids  map[string]uint32
	list [][]uint32
	key  []byte
}

func newLists() lists { return lists{ids: map[string]uint32{}} }

// id returns the name of a list, the next number if it is new. It is copied then.
func (s *lists) id(list []uint32) uint32 {
	s.key = s.key[:0]
	for _, n := range list {
		s.key = binary.BigEndian.AppendUint32(s.key, n)
	}
	id, ok := s.ids[string(s.key)]
	if !ok {
		id = uint32(len(s.list))
		s.ids[string(s.key)] = id
		s.list = append(s.list, append([]uint32(nil), list...))
	}
	return id
}

// within reports whether one sorted list contains all of another.
func within(part, whole []uint32) bool {
	if len(part) > len(whole) {
		return false
	}
	for _, n := range part {
		for len(whole) > 0 && whole[0] < n {
			whole = whole[1:]
		}
		if len(whole) == 0 || whole[0] != n {
			return false
		}
	}
	return true
}
