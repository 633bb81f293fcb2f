// Package transporttest is the conformance suite of transport.Endpoint: what the engine relies on,
// one case for each sentence of the contract. An implementation runs it with a Fabric that can make
// endpoints and cut the links between them:
//
//	func TestConformance(t *testing.T) { transporttest.Run(t, newFabric) }
//
// Nothing in it depends on how long something takes: it waits for conditions, for Patience at most,
// and only an implementation that never gets there fails by it.
package transporttest

import (
	"crypto/ed25519"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/twothirds-bft/twothirds/transport"
)

// Patience is how long the suite waits for a condition before it fails.
const Patience = 20 * time.Second

// Spec describes one endpoint of a case.
type Spec struct {
	Key              ed25519.PrivateKey
	Members          []transport.Peer // keys of Specs that are or will be joined, perhaps its own among them
	DialOnly         bool
	transport.Config // Members is for the Fabric to fill in
}

// Fabric makes endpoints that can reach each other. One is made for each case.
type Fabric interface {
	// Join makes an endpoint. The suite closes it.
	Join(t *testing.T, s Spec) transport.Endpoint
	// Cut takes the link between two keys down and keeps it down until Heal.
	Cut(a, b transport.Peer)
	Heal(a, b transport.Peer)
	// SetMembers gives an endpoint that Join made other members.
	SetMembers(t *testing.T, e transport.Endpoint, self transport.Peer, members []transport.Peer)
}

// Case is one part of the suite, to be run where t.Run cannot be used, as in a synctest bubble.
type Case struct {
	Name string
	Run  func(t *testing.T, f Fabric)
}

// Run runs every case as a subtest with a fabric of its own and checks that nothing is left running.
// What newFabric itself starts it must stop by t.Cleanup.
func Run(t *testing.T, newFabric func(*testing.T) Fabric) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, ignore) }) // last: cleanups run in reverse order
			c.Run(t, newFabric(t))
		})
	}
}

// Cases returns the suite.
func Cases() []Case {
	return []Case{
		{"Delivery", testDelivery},
		{"OrderPerClass", testOrderPerClass},
		{"Ownership", testOwnership},
		{"FrameSizes", testFrameSizes},
		{"SlowPeerIsBounded", testSlowPeerIsBounded},
		{"LostWithLink", testLostWithLink},
		{"Supersede", testSupersede},
		{"ControlGoesFirst", testControlGoesFirst},
		{"Reconnect", testReconnect},
		{"Restart", testRestart},
		{"OneHandlerAtATime", testOneHandlerAtATime},
		{"SendFromOnUp", testSendFromOnUp},
		{"Client", testClient},
		{"ClientFrameSizes", testClientFrameSizes},
		{"ClientsMax", testClientsMax},
		{"Admit", testAdmit},
		{"ReplacedClient", testReplacedClient},
		{"UnknownPeer", testUnknownPeer},
		{"SetMembers", testSetMembers},
		{"Close", testClose},
		{"CloseWaitsForHandler", testCloseWaitsForHandler},
	}
}
