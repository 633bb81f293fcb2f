package sim

import "github.com/twothirds-bft/twothirds/pbft/message"

// What clients do with sessions beside using one (spec X1).

// repeated is how many operations of a session are sent again in the next one at most.
const repeated = 4

// spent reports whether the client is to open its next session.
func (c *simClient) spent() bool { return c.w.sc.Reopen > 0 && c.used >= c.w.sc.Reopen }

// renew opens the next session. What is open in the last one is given up: its outcome is
// unknown, as it is for a client that dies.
func (c *simClient) renew() {
	clear(c.open)
	clear(c.keys)
	c.number, c.awaited, c.used = 0, 0, 0
	c.start()
}

// opened begins to use a session, after some operations of the one before were sent
// again: whoever executes one of them does so for the second time.
func (c *simClient) opened(id message.SessionID) {
	c.session = id
	if len(c.last) == 0 || c.w.sc.Reopen == 0 {
		return
	}
	c.w.Sometimes(sessionReopened, true)
	m := &message.Requests{List: c.last}
	c.last = nil
	for _, h := range c.w.hosts {
		c.w.links.carry(c.end, h.at, m, deed{run: func() { c.hand(h, m) }})
	}
}

// remember keeps the newest operations of the session.
func (c *simClient) remember(r message.Request) {
	c.used++
	if c.w.sc.Reopen == 0 {
		return
	}
	c.last = append(c.last[max(0, len(c.last)+1-repeated):len(c.last):len(c.last)], r)
}

// evicts reports whether sessions are so few that a correct client can lose its own.
func (s *Scenario) evicts() bool { return s.Sessions > 0 && s.Sessions < s.Clients+len(s.Byzantine) }
