package core_test

import "testing"

// sentences are what Castro and Liskov, Practical Byzantine Fault Tolerance (OSDI 1999),
// say in sections 4.1 to 4.5, and scripts that hold us to it. Where we differ on
// purpose the comment says so and docs/divergence.md says why.
var sentences = []struct {
	section, quote string
	script         []string
}{
	{"4.1", "if the replica is not the primary, it relays the request to the primary", []string{
		"new n=4", "submit 2 a", "run", "expect all decided=1 view=0!",
	}},
	{"4.1", "If the primary does not multicast the request to the group, it will eventually be suspected", []string{
		"new n=4 byz=0", "mute *->0 REQUESTS", "submit 1 a", "run in=1s who=1,2,3 decided=1 view=1",
	}},
	{"4.2", "the primary ... multicasts a pre-prepare message with m piggybacked to all the backups", []string{
		"new n=4", "submit 0 a", "turn 0", "deliver 0->1,2,3 PRE-PREPARE", "deliver 0->1,2,3 BODY", "deliver 0->1,2,3 PREPARE",
		"expect all tip=1",
	}},
	// A backup accepts a pre-prepare provided:
	{"4.2", "it is in view v", []string{
		"new n=4 byz=0", "byz 0 propose view=1 on=root op=a", "byz 0 PREPARE view=1 at=a", "run", "expect 1,2,3 tip=0!",
	}},
	{"4.2", "it has not accepted a pre-prepare message for view v and sequence number n containing a different digest", []string{
		"new n=4 byz=0", "mute 1,2,3->*", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run",
		"byz 0 propose on=root op=b", "byz 0 PREPARE at=b", "run", "expect 1,2,3 prepares=1!",
	}},
	{"4.2", "the sequence number in the pre-prepare message is between a low water mark, h, and a high water mark, H", []string{
		"new n=4 interval=1 window=1 byz=0", "mute *->* CHECKPOINT", "byz 0 propose on=root op=a", "byz 0 propose on=a op=b",
		"byz 0 propose on=b op=c", "byz 0 PREPARE at=c", "run", "expect 1,2,3 tip=0!", "byz 0 PREPARE at=b", "run", "expect 1,2,3 tip=2!",
	}},
	{"4.2", "2f prepares from different backups that match the pre-prepare", []string{
		"new n=4 byz=3", "crash 3", "mute 2->*", "submit 0 a", "run", "byz 3 PREPARE at=root", "byz 3 PREPARE at=root", "run", "expect 0,1 certified=0!",
		"byz 3 PREPARE at=a", "run", "expect 0,1 certified=1",
	}},
	{"4.2", "has accepted 2f+1 commits (possibly including its own) from different replicas", []string{
		"new n=4 byz=3", "crash 3", "mute 2->* COMMIT", "submit 0 a", "run", "expect 0,1 certified=1 decided=0!", "byz 3 COMMIT at=a", "byz 3 COMMIT at=a", "run",
		"expect 0,1 decided=1",
	}},
	{"4.2", "i's state reflects the sequential execution of all requests with lower sequence numbers", []string{
		"new n=4", "submit 0 a b", "turn 0", "deliver 0->2 BODY most=1", "drop 0->2 BODY", "mute *->2 BLOCKS", "run", "expect 2 executed=1!",
	}},
	{"4.2", "We do not rely on ordered message delivery", []string{
		"new n=4", "submit 0 a b c", "turn 0", "reorder 0->1", "reorder 0->2", "reorder 0->3", "run in=200ms decided=3 view=0!",
	}},
	{"4.3", "a checkpoint with a proof is a stable checkpoint", []string{
		"new n=4 interval=2", "submit 0 a b", "run", "run in=100ms", "expect all stable=2",
	}},
	{"4.3", "The checkpoint protocol is used to advance the low and high water marks", []string{
		"new n=4 interval=1 window=1", "mute *->* CHECKPOINT", "submit 0 a b c", "run", "expect all decided=2!", "unmute", "run in=500ms decided=3",
	}},
	{"4.4", "The timer ... is stopped when it is no longer waiting, but restarted if it is waiting for some other request", []string{
		"new n=4 byz=0", "mute 1->* REQUESTS", "submit 1 x", "run in=400ms", "submit 1 y", "submit 0 x", "run", "run in=400ms",
		"expect 1 suspects=0!", "run in=110ms", "expect 1 suspects=1!",
	}},
	// There the backup stops accepting messages when its timer expires. Here it suspects
	// and votes on, and stops when weak power suspects with it.
	{"4.4", "it stops accepting messages (other than checkpoint, view-change, and new-view messages)", []string{
		"new n=4 byz=0,1", "mute 3->* LEAVE,VIEW-CHANGE", "byz 0 VIEW-CHANGE view=1 to=3", "run", "submit 0 a", "run",
		"expect 3 target=1! prepares=0! commits=0!",
	}},
	{"4.4", "When the primary of view v+1 receives 2f valid view-change messages from other replicas, it multicasts a new-view", []string{
		"new n=4 byz=0,2,3", "crash 0", "crash 2", "crash 3", "byz 0 VIEW-CHANGE view=1 to=1", "run", "expect 1 target=1! view=0!",
		"byz 2 VIEW-CHANGE view=1 to=1", "run", "expect 1 view=1!",
	}},
	{"4.4", "the sequence number of the latest stable checkpoint ... and the highest in a prepare message", []string{
		"new n=4 interval=4", "mute *->* COMMIT", "submit 0 a b c", "run", "crash 0", "run in=600ms who=1,2,3 view=1", "unmute",
		"run in=300ms who=1,2,3 decided=3", "expect 1,2,3 view=1!",
	}},
	{"4.4", "it enters view v+1: at this point it is able to accept messages for view v+1", []string{
		"new n=4 byz=0", "crash 0", "submit 1 a", "submit 2 a", "run in=510ms", "run", "expect 1,2,3 view=1! decided=1",
	}},
	{"4.4", "Replicas redo the protocol but they avoid re-executing client requests", []string{
		"new n=4 byz=0", "submit 0 a", "submit 1 a", "run", "byz 0 VIEW-CHANGE view=1", "run", "submit 2 a", "run", "run in=2s", "expect 1,2,3 executed=1! pending=0!",
	}},
	{"4.4", "a replica may be missing some request message ... It can obtain the missing information from another replica", []string{
		"new n=4 byz=0", "mute *->3 BODY", "mute *->* COMMIT", "submit 0 a b", "run", "unmute", "crash 0", "run in=2s who=1,2,3 executed=2",
	}},
	{"4.5.2", "waits for 2f+1 view-change messages for view v+1 and then starts its timer", []string{
		"new n=4 byz=2,3", "byz 2 VIEW-CHANGE view=2 to=1", "byz 3 SUSPECT view=1 to=1", "mute 1->*", "run", "expect 1 target=2!", "run in=10s",
		"expect 1 target=2! suspects=0!",
	}},
	{"4.5.2", "but this time it will wait 2T before starting a view change", []string{
		"new n=7", "crash 0", "crash 1", "submit 3 a", "submit 4 a", "submit 5 a", "run in=510ms", "expect 2,3,4,5,6 target=1", "run in=600ms",
		"run in=2s who=2,3,4,5,6 decided=1 view=2!",
	}},
	// There the smallest view in the set; here the largest that f+1 ask for.
	{"4.5.2", "a set of f+1 valid view-change messages from other replicas for views greater than its current view", []string{
		"new n=4 byz=2,3", "byz 2 VIEW-CHANGE view=6 to=1", "expect 1 target=0!", "byz 3 VIEW-CHANGE view=5 to=1", "run", "expect 1 target=5",
	}},
	{"4.5.2", "faulty replicas are unable to impede progress by forcing frequent view changes", []string{
		"new n=4 byz=3", "byz 3 VIEW-CHANGE view=1", "byz 3 VIEW-CHANGE view=2", "byz 3 SUSPECT view=2", "run", "submit 0 a", "run",
		"expect 0,1,2 decided=1 view=0!",
	}},
	{"4.5.2", "the primary cannot be faulty for more than f consecutive views", []string{
		"new n=10", "crash 0", "crash 1", "crash 2", "submit 5 a", "submit 6 a", "submit 7 a", "submit 8 a", "run in=5s who=3,4,5,6,7,8,9 decided=1 view=3!",
	}},
}

func TestPaper(t *testing.T) {
	for _, x := range sentences {
		t.Run(x.section+" "+x.quote, func(t *testing.T) { play(t, x.script...) })
	}
}
