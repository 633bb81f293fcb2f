// Package shrink makes a minimal story of a failing scenario: one that fails by the
// same oracle and in which nothing is left that it does without.
//
// # How
//
// First the scenario itself, on copies of which Run plays until none of these helps
// any more: elements are taken out of every list of the scenario (crashes, cuts,
// liars, rules, and whatever lists a later version has), numbers and times go towards
// zero, a liar's behaviour towards its parts, replicas and clients become fewer, links
// constant. It works by reflection, so a new kind of fault needs nothing here. Lists
// are cut down by delta debugging (Zeller and Hildebrandt, Simplifying and Isolating
// Failure-Inducing Input, IEEE TSE 2002). Each actor of a world draws from a stream of
// its own, so the rest plays nearly the same without the part; where it does not, a few
// other seeds are tried. A large story's violation is looked for in small worlds at once,
// which are quicker to play.
//
// Then the messages. What the replicas between whom the violation is did not know of, not
// even through others, goes at once; then whole kinds of messages, then those of one kind
// from one replica to another, then stretches of time, which become shorter, until each
// delivery that remains is needed. What goes, goes with all that would come in its place,
// such as repeats: drop rules say so.
//
// If that does not fit on a page, part of the time goes into other worlds: neighbours of
// the simple scenario in which other messages are lost, and small worlds. Those whose
// violation rests on the fewest messages are made small in the same way.
//
// It costs some hundred to some thousand worlds, most of them small: seconds on one core,
// longer for liveness, whose worlds have to be played to the end of their time.
//
// # What counts
//
// [Report.Events] is what the world did to the replicas before the violation: messages
// delivered, processes that crashed or paused, faults of machines that began, and
// progress timers that fired (the first SUSPECT of a replica in a view). All else, such
// as votes, entries into views and decisions, the replicas did in answer to that. If
// [Report.Minimal] is set, none of the messages can be taken away alone: without it there
// is no violation, or one that takes as many events, because the message was repeated, or
// one that comes more than 100 ms later. Where the violation cannot be had before Heal,
// that is said of the messages before Heal only.
//
// # A story can be kept
//
// Messages are taken away before Heal only, and Heal is put behind the violation for
// that. So a story lies within the model of the scenario that it comes from, and an
// engine without the bug lives through it: kept as a file, it is a test that passes from
// then on.
//
// A cluster that never decides would be easily had otherwise: lose every message. Where
// I13 is the broken oracle, Heal never moves to later either, the time that the scenario
// allows stays as it was, and no rule that holds for ever is made wider. Messages and
// timers count before Heal only then, since later everything must arrive. A story of a few
// faults and no messages is usual.
//
// # Limits
//
// The result is minimal in the sense that no single step makes it smaller, which does
// not mean that there is no smaller story. "The same violation" means the same oracle;
// Options.Same can be stricter. Equal inputs give equal results as long as the time
// does not run out.
package shrink
