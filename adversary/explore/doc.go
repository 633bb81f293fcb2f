// Package explore tries everything that can happen in a small world of the real
// pbft/core: four replicas, one of which lies, a few views and slots. What is stepped is
// the engine's code and no model of it, and where an exploration closes there is no further
// state: what it did not find wrong cannot go wrong in that world.
//
// # A world
//
// Three cores are correct. The liar, Byzantine, has one key, sees all that was ever sent and
// decides what is delivered when. Messages stay in the network for good and may be delivered
// to whom they were sent any number of times, in any order or never; so a network that loses,
// repeats and reorders is in it. Time does not pass: a timeout is a choice. Effects are
// carried out at once, or, with Crashes, not: a replica may crash behind any of its outputs,
// or when proposals have left and the sync has not ended, and loses what it had not synced.
//
// The menu, which is all that can happen to a replica:
//
//   - As primary it gets a client's request and proposes it, up to the slot of its view.
//   - Blocks of its primary come with a PREPARE that covers them. A lying primary has two
//     blocks (Choices) for each place; also where it is not primary it offers some.
//   - PREPAREs or COMMITs come in: of each other replica any that it sent, or none, and the
//     liar's: for any block that somebody votes for, from the receiver's base, another's or
//     the root, or below the base; also late ones, of views that were left.
//   - A CC comes in, cut at any block that two correct replicas and the liar vouch for.
//   - It is made to leave a view by one correct replica's word and the liar's, or by the
//     lying primary's resignation or contradictions.
//   - As primary that waits it gets VIEW-CHANGEs, the liar's with any report that there is a
//     PC for, and shown with that one, another or none. Others get them for V6's timer.
//   - NEW-VIEW comes in, a lying primary's from any summaries and PC that fit, one for each
//     replica if it likes.
//   - All of these also in wrong forms, which the door must refuse: votes below their base,
//     PCs cut below it, certificates of too few votes, with a signer twice or a signature
//     that nobody made, NEW-VIEWs of too few or mixed summaries or without the highest PC.
//   - It crashes and restarts.
//
// What there is not: pulls (FETCH, BLOCKS), statuses and repeats (S1, S2, S3, N9), so that
// who missed a block in its view never has it; checkpoints and execution beyond the order of
// blocks; the lapse of SUSPECTs, T2 to T5; blocks that come without a PREPARE; invalid
// payloads; several epochs; powers other than 1. A replica that leaves the last view is out.
// All this is adversary/sim's and adversary/attack's to play.
//
// # The oracles
//
// I1 agreement, and nothing is executed that is not decided; I4 every certificate that a
// correct replica holds, and all that it sends, holds up before adversary/checker and the
// door; I5 no correct replica contradicts itself, across restarts, reports less than it
// committed, or commits what it does not hold; I6 COMMITs of one view lie on one chain, and
// later views begin at or above what two correct replicas and the liar have decided; I17 only
// the liar is convicted; I18 no panic; I20 only a view's primary proposes in it.
//
// # How it is so fast
//
// A core is deterministic, so the same input in the same state leads to the same state and
// the same messages. A state of the world is three states of single replicas, each with what
// it has said; what is in the network follows from that, for nothing ever leaves it. There
// are few states of single replicas, a thousand where the world has a hundred thousand: each
// is a real core, stepped once for each input that it can ever get, and remembered. (The
// separation of the network from the nodes is that of Guerraoui and Yabandeh, "Model
// Checking a Networked System Without the Network", NSDI 2011.)
//
// What can happen to a replica follows from its own state and from what the others have said,
// their faces. So a move at which nothing is said is independent of all that others do: it
// makes nothing possible for them and nothing impossible, and can be made before their moves
// or after. States are therefore kept in boxes: with the same three faces, each combination of
// one state of each of three groups, closed under such moves. A move at which something is
// said leads from a whole box to another. By induction on the moves that lead to a state, the
// boxes hold all states that there are, and no others: nothing is lost, it is only written
// down and followed in less. (Independence is what partial-order reduction rests on, see
// Godefroid, LNCS 1032, 1996; here it leaves out orders and no state.) The oracles are asked
// about each combination of what they look at.
//
// # The reductions, and why they are sound
//
//   - Turns: each input is followed by outputs until there is nothing left to do. What a
//     replica would send later is delivered later.
//   - Votes come as they make a difference, several in one turn, and what was heard and made
//     none is forgotten (core.Forget): it can be delivered again (spec N9), and votes are
//     cumulative, so a repeated one says no less.
//   - A suspicion makes nothing else impossible (spec V1), so it is had as soon as a timer
//     runs, and one replica that leads no view always has a request pending.
//   - Of a certificate it counts what it proves, not whose votes it is made of; one of each
//     is made. Signatures follow from what they sign.
//   - The liar's blocks for one place differ in name only: the second is proposed once
//     somebody voted for the first.
//   - Replicas that lead no view may change places.
//
// The tests hold them against cores that forget nothing and get one message at a time
// (World.Apart). Where such a world can be closed too, its states are the same ones: the
// 1,098,752 of one view and one slot with liar 3 are Run's 40, told apart by what was
// heard. Where it cannot, walks through it never leave the states that Run finds. Boxes are
// held against a search that goes from state to state. And what Run finds wrong is done
// again on cores that forget nothing (Violation.Confirmed). Still, a bug in what the
// reductions rest on, that votes are idempotent and cumulative, may hide.
//
// # Figures
//
// On one core of a small virtual machine, in seconds of user time; all closed and clean.
//
//	liar  slots  crashes       states    boxes  depth  of one replica      steps  time
//	0     1,1    0             79,544    3,737     15             987     23,775   0.7
//	1     1,1    0            330,523   24,941     16           1,750     56,936   2.3
//	2, 3  1,1    0             47,312    1,795     15             455      9,962   0.3
//	0     1,1    1          1,033,944   47,062     16           5,357    126,557   6.4
//	1     1,1    1          6,266,175  348,553     17          10,449    356,692  32
//	3     1,1    1            446,273   19,305     16           1,916     41,309   2.4
//	3     2,0    0         20,359,236   59,133     21           3,839    172,288  11
//	2, 3  2,1    0         20,463,460   64,286     21           4,313    186,326  14
//	1     2,1    0         34,508,125  536,309     21          15,379    812,186  75
//	0     2,1    0        315,935,330  463,206     21          45,043  3,101,069 254
//
// Depth counts moves at which something is said. That is 100,000 to a million states a second;
// where there are few, most of the time goes into the cores, at 25 microseconds a step. Two
// slots under liar 0 take 3.3 GB.
//
// With seeded bugs (internal/bug) the same search finds, each within seconds and with a
// short story: M01, M02, M05, M06, M07, M09, M11 to M23, M32, M36, M37, M38, M55, M57,
// M60 and M63 to M66. M63 takes 8 moves and 31,849 states (liar 3, slots 2,0), M64 10 moves
// and 1,282,754 states (liar 3, slots 2,0,0).
//
// # Limits
//
// Four replicas of equal power; ViewsMax views of SlotsMax slots. Memory is about 70 KiB a
// state of one replica. Single-threaded: explore several worlds at once to use several cores.
// What is too large to close is sampled by Walk.
package explore
