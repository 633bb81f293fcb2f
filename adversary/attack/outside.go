package attack

// outside are attacks on what is not a replica of its own: applications, encodings, links,
// clients; and those on parts that there are not yet.
var outside = []*Attack{
	{
		ID: "A26", Name: "one meaning, two encodings",
		About: "Every message goes through its encoding: bits of frames flip, lists and lengths and optional parts are changed and " +
			"signed again, missing is put for zero. What decodes is what encodes to the same bytes.",
		Falls:  "unknown fields, padded numbers, nil for empty: two digests of one meaning, or one of two",
		Source: "transaction malleability; docs/adr/003", Oracles: []string{"I1", "I3"},
		Worlds: []World{{File: "a26-corrupt-frames"}, {File: "a26-mutated", Want: Want{Evidence: 1}}},
		Tests:  []string{"pbft/wire.TestEveryByteCounts", "pbft/wire.TestAlteredFrame"},
		Weak:   []string{"M55", "M56"},
	},
	{
		ID: "A35", Name: "an application that is not deterministic",
		About: "The application of one replica computes something else: it learns of it at the checkpoint and stops. Where no state " +
			"has a quorum all stop, and say so; views are not changed for it.",
		Falls:  "repairing silently, voting on, or changing views for ever",
		Source: "Castro and Liskov, OSDI 1999, section 4.6; spec C2", Oracles: []string{"I8"},
		Worlds: []World{
			{File: "a35-one-differs", Options: differing},
			{File: "a35-halves-differ", Options: differing, Want: Want{Burned: none}},
		},
		Tests: []string{"pbft.TestDiverged", "pbft.TestNondeterministic"},
		Weak:  []string{"M40", "M41"},
	},
	{
		ID: "A36", Name: "an application ahead of its log, or behind",
		About: "The power of all fails after one effect after another while syncs are slow and execution is quick. No application may " +
			"have executed what the log does not show as decided.",
		Falls:  "executing what is decided before it is durable; counters that a sync of the same height resets",
		Source: "SmartBFT 62e7161 (663)", Oracles: []string{"I3", "I10", "I13"},
		Worlds: []World{{File: "a36-ahead-of-the-log", Each: sweep(3), Want: Want{Burned: 4}}},
		Tests:  []string{"pbft.TestApplicationAhead", "pbft.TestDurableApplicationResumes", "pbft.TestTornTailAmongOthers"},
		Weak:   []string{"M32", "M38"},
	},
	{
		ID: "A53", Name: "decoding that costs more than sending",
		About:  "Answers of nothing but headers, certificates that are all links, lists at their limit, all through the encoding.",
		Falls:  "allocating what a length announces",
		Source: "CometBFT 5946", Oracles: []string{"I11", "I18"},
		Worlds: []World{{File: "a53-amplify", Want: Want{Share: 0.9, Traffic: 1.3}}},
		Tests:  []string{"pbft/wire.TestAllocation", "transport/tcp.TestAnnouncementCostsLittle"},
	},
	{
		ID: "A63", Name: "the edge of a reconfiguration",
		About:  "A member leaves at a checkpoint while the view changes: votes of the old set, and quorums of the new one in an old view.",
		Falls:  "members that change when the command is executed",
		Source: "commonware, reconfigurer and outdated; INDY-2322; SmartBFT a365d32", Oracles: []string{"I1", "I13", "I23"},
		Waiting: "membership changes (spec R5)",
	},
	{
		ID: "A64", Name: "keys of the past",
		About:  "More than two thirds of an old epoch's keys, sold or stolen, sign another history for one that starts from nothing.",
		Falls:  "trust in certificates without an anchor",
		Source: "long-range attacks; Buterin, weak subjectivity, 2014", Oracles: []string{"I9"},
		Waiting: "membership changes (spec R5)",
	},
	{
		ID: "A70", Name: "links that churn",
		About: "One frame of twenty is corrupted and breaks its connection, and what was on its way is lost. On real links an " +
			"attacker connects again and again with garbage, half a handshake, or a stranger's key.",
		Falls:  "readers that a bad frame kills, and peers whose link a stranger's connection replaces",
		Source: "BFT-SMaRt 20ca78f0, ae06f929", Oracles: []string{"I13", "I18"},
		Worlds: []World{{File: "a70-broken-frames"}},
		Tests: []string{
			"transport/tcp.TestMalformedFrame", "transport/tcp.TestGarbageInsteadOfTLS", "transport/tcp.TestFloodOfConnections",
			"transport/tcp.TestImposterAtMembersAddress",
		},
	},
	{
		ID: "A73", Name: "false results",
		About:  "The replica that clients send to answers first, and wrongly: another result, another place, another client's request.",
		Falls:  "believing the first reply, or a body with others' digests of another request",
		Source: "Castro and Liskov, OSDI 1999, section 4.1; the designated replier", Oracles: []string{"I15"},
		Worlds: []World{{File: "a73-false-replies", Want: Want{Burned: none, Share: 0.5}}},
		Tests:  []string{"client.TestLiarsFirst", "client.TestTooManyLiars", "client.TestResultsAreNotSwapped", "client.TestRepliesThatDifferAnywhereDoNotMatch"},
	},
}
