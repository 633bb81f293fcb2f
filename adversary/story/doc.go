// Package story tells what happened in a simulated world, so that a person can follow
// it: as text, as one HTML page that needs no network, as lines of JSON, and as a log for
// ShiViz.
//
// New plays a scenario once more and looks back from the violation. What cannot have
// led to it, because no chain of messages leads there, is left out (Lamport's
// happened-before); so are STATUS and repeated messages, unless the story is short. The
// two or more blocks at one seq are told apart by letters: 5a and 5b are the first and
// the second chain that anybody named at seq 5.
//
// A message of a liar is called a lie where it contradicts what the same liar has said,
// or what it must know to be untrue. Not everything that a liar does wrong shows in
// what it says: what it keeps back does not, and the story then only says how it behaves.
//
// A story is best told of a small scenario: see adversary/shrink. It holds all events
// of the world in memory, at most EventsMax; from there on the oldest are forgotten and
// the story says so.
package story
