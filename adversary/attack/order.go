package attack

// order are attacks on what is executed: repeated and odd blocks, answers to pulls.
var order = []*Attack{
	{
		ID: "A24", Name: "one index is wrong",
		About:  "Headers with one number wrong, proofs of something else, any one thing in any message changed and signed again, certificates inside certificates included.",
		Falls:  "an index that is used before it is compared",
		Source: "CometBFT ASA-2024-011, ASA-2025-002, ASA-2025-003", Oracles: []string{"I18", "I22"},
		Worlds: []World{
			{File: "a24-odd-header"}, {File: "a24-false-proof"}, {File: "a24-mutations", Seeds: 10},
		},
		Weak: []string{"M10", "M57"},
	},
	{
		ID: "A39", Name: "a source that goes bad",
		About: "Answers to pulls begin well and end in garbage, or are other bytes than the headers name. There are no snapshots " +
			"to poison yet.",
		Falls:  "checking at the end, and asking the same peer again",
		Source: "state sync of CometBFT; spec N9, C3", Oracles: []string{"I9", "I13"},
		Worlds:  []World{{File: "a39-stale-answers"}, {File: "a39-fake-body"}},
		Waiting: "state transfer (spec C3)",
	},
	{
		ID: "A40", Name: "heights that are not there",
		About:  "Statuses a little above what there is, then below; far above, far below. A replica that comes back follows certificates and not hints.",
		Falls:  "following the peer that claims most",
		Source: "CVE-2025-24371; CometBFT 5801, 5803, 5900", Oracles: []string{"I13"},
		Worlds: []World{{File: "a40-height-lie"}, {File: "a40-status-liar"}},
	},
	{
		ID: "A42", Name: "old but certified",
		About:  "A replica that comes back is given answers that were true long ago, with their certificates.",
		Falls:  "installing whatever is certified",
		Source: "spec C3: installing never lowers", Oracles: []string{"I7", "I9"},
		Worlds:  []World{{File: "a42-old-proof"}},
		Waiting: "state transfer (spec C3)",
		Weak:    []string{"M43"},
	},
	{
		ID: "A44", Name: "answers that nobody asked for, or that never end",
		About:  "Answers without a question, one block at a time and late, bodies that never come.",
		Falls:  "taking what comes, and staying with one source while it answers",
		Source: "CometBFT 5860", Oracles: []string{"I11", "I13"},
		Worlds: []World{{File: "a44-unasked"}, {File: "a44-drip"}, {File: "a44-no-bodies"}},
		Weak:   []string{"M26"},
	},
	{
		ID: "A62", Name: "what was done is forgotten",
		About: "Requests that were executed long ago come again, from a client's own sessions that are gone and through a liar. " +
			"Sessions expire by the log and not by a clock.",
		Falls:  "tables of what was done that a timestamp or a flood empties",
		Source: "request deduplication by time, as in Castro and Liskov, OSDI 1999, section 4.1", Oracles: []string{"I3", "I11"},
		Worlds:  []World{{File: "a62-replayed-requests"}, {File: "a62-sessions"}, {File: "a62-gone-session"}},
		Tests:   []string{"pbft/session.TestEvictedSessionNeverExecutesAgain", "pbft/session.TestFarNumbersForgetNothing"},
		Weak:    []string{"M72", "M80"},
		Waiting: "agreed time (spec T7) for expiry by the clock",
	},
	{
		ID: "A67", Name: "one request in two blocks",
		About:  "The primary fills blocks with requests of earlier ones, and with some twice.",
		Falls:  "executing what is ordered, or voters that refuse what their own table knows",
		Source: "CometBFT 5324", Oracles: []string{"I3", "I13"},
		Worlds: []World{{File: "a67-repeats"}, {File: "a67-done-before", Want: Want{Burned: none}}},
		Weak:   []string{"M76"},
	},
}
