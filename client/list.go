package client

// list holds calls in an order. A call is in one list at most, and carries its links itself.
type list struct {
	front, back *call
	len         int
}

// pushBack adds a call that is in no list.
func (l *list) pushBack(x *call) { l.insert(l.back, x) }

func (l *list) pushFront(x *call) { l.insert(nil, x) }

// insertOrdered adds a call before those that were launched after it.
func (l *list) insertOrdered(x *call) {
	at := l.back
	if l.front != nil && x.order < l.front.order {
		at = nil // what is sent again and comes back once more
	}
	for at != nil && at.order > x.order {
		at = at.prev
	}
	l.insert(at, x)
}

// insert adds a call after another, or in front if that is nil.
func (l *list) insert(at, x *call) {
	x.in, x.prev = l, at
	if at == nil {
		x.next, l.front = l.front, x
	} else {
		x.next, at.next = at.next, x
	}
	if x.next == nil {
		l.back = x
	} else {
		x.next.prev = x
	}
	l.len++
}

// unlink takes a call out of its list, if it is in one.
func (x *call) unlink() {
	l := x.in
	if l == nil {
		return
	}
	if x.prev == nil {
		l.front = x.next
	} else {
		x.prev.next = x.next
	}
	if x.next == nil {
		l.back = x.prev
	} else {
		x.next.prev = x.prev
	}
	l.len--
	x.in, x.prev, x.next = nil, nil, nil
}
