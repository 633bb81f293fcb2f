package attack

// votes are attacks on what is counted: whose votes, for what, from which view.
var votes = []*Attack{
	{
		ID: "A01", Name: "a decided value that one replica knows",
		About: "Zyzzyva's fast path completes at a client, and the next view does not know. There is no fast path here yet; " +
			"nearest is a decision that one correct replica alone has seen, and that is cut off, while a liar hides what it holds " +
			"and two views are built without the one that decided.",
		Falls:  "a view change that is built from the reports of whoever answers first, or of those that did not commit",
		Source: "Abraham, Gueta, Malkhi, Martin: Revisiting Fast Practical Byzantine Fault Tolerance, arXiv 1712.01367", Oracles: []string{"I1", "I6"},
		Worlds:  []World{{File: "a01-fast-commit", Want: Want{Views: 2, Hidden: 1, Evidence: 1}}},
		Waiting: "a fast path (spec L3) for the attack on its own certificates",
		Weak:    []string{"M02", "M16", "M20"},
	},
	{
		ID: "A05", Name: "a padded set of summaries",
		About: "NEW-VIEW with one signer twice, the primary's own summary several times, or summaries for other views, so " +
			"that the list has the length of a quorum.",
		Falls:  "counting summaries and not their signers",
		Source: "go-ibft and other PBFT code reviews; Castro and Liskov, OSDI 1999, section 4.4", Oracles: []string{"I4", "I7"},
		Worlds: []World{{File: "a05-padded"}, {File: "a05-mixed"}},
		Weak:   []string{"M09", "M20", "M21"},
	},
	{
		ID: "A08", Name: "the primary counts for two",
		About: "The primary's PREPARE stands for its proposal here (spec B2), so it is one vote and no more. It votes twice in " +
			"each round, and in views that others lead proposes blocks of its own.",
		Falls:  "an effective quorum of 2f, and blocks taken from anybody",
		Source: "the pre-prepare in the prepared certificate of Castro and Liskov, OSDI 1999, section 4.2", Oracles: []string{"I1", "I4"},
		Worlds: []World{{File: "a08-votes-twice", Want: Want{Evidence: 1}}, {File: "a08-usurper"}},
		Weak:   []string{"M01", "M02"},
	},
	{
		ID: "A13", Name: "equivocation to disjoint halves",
		About: "The primary shows two halves of the replicas two chains and votes for both; with f = 2 a second liar votes for " +
			"whatever anyone votes for. With more than f liars one victim prepares one chain and decides the other, and must not be " +
			"convicted for it.",
		Falls:  "majority quorums, and quorums of 2f+1 where n is not 3f+1",
		Source: "Castro and Liskov, OSDI 1999, section 4.2", Oracles: []string{"I1", "I5", "I17"},
		Worlds: []World{
			{File: "a13-halves", Want: Want{Views: 1, Evidence: 1}},
			{File: "a13-six", Want: Want{Views: 1, Evidence: 1}},
			{File: "a13-seven", Want: Want{Views: 1, Evidence: 1}},
			{File: "a13-back-step", Want: Want{Views: 1, Evidence: 1}},
			{File: "a13-beyond"},
		},
		Weak: []string{"M01", "M03", "M04", "M11", "M13", "M67"},
	},
	{
		ID: "A14", Name: "one victim decides, the others change the view",
		About: "WithholdCommit: COMMITs reach one victim, which decides and is cut off. The liar that saw it reports nothing, and " +
			"f of the replicas that are left know of the certificate.",
		Falls:  "a view change whose quorum may miss all who prepared",
		Source: "go-f3, sim/adversary/withhold.go", Oracles: []string{"I1", "I6"},
		Worlds: []World{{File: "a14-one-victim-decides", Want: Want{Views: 1, Hidden: 1}}},
		Weak:   []string{"M16", "M20"},
	},
	{
		ID: "A15", Name: "locks that never meet",
		About: "IBFT 1 locks a value without a rule by which a lock gives way. Here view after view one replica alone holds the " +
			"newest certificate, each time another, and its primary is cut off.",
		Falls:  "locks without ranks (two groups wait for ever), or locks that give way to anything (fork)",
		Source: "Saltini: Correctness Analysis of IBFT, arXiv 1901.07160", Oracles: []string{"I1", "I13"},
		Worlds: []World{{File: "a15-locked-apart", Want: Want{Views: 2}}},
		Weak:   []string{"M16", "M22"},
	},
	{
		ID: "A17", Name: "a commit rule that ignores views",
		About: "Fast-HotStuff's commit rule needs consecutive views, not only parents. Here the view of a certificate is in its " +
			"rank, and votes of different views or bases never count together. The partitions are the published ones, without a " +
			"twin; in three more worlds a liar votes below the base of its view, or from another base, which is how such a rule would " +
			"break here.",
		Falls:  "certificates compared or counted by seq alone",
		Source: "relab/hotstuff, twins/fhsbug_test.go; ByzzBench, FHSBugFaults", Oracles: []string{"I1", "I6"},
		Worlds: []World{{File: "a17-parent-chain", Want: Want{Views: 2}}, {File: "a17-below-the-base", Want: Want{Views: 1}}, {File: "a17-low-cut", Want: Want{Views: 2}},
			{File: "a17-mixed-bases", Want: Want{Burned: none}}},
		Weak: []string{"M63", "M64", "M78"},
	},
	{
		ID: "A22", Name: "a signature used for something else",
		About: "PREPARE signatures under COMMITs and the other way round, votes of another epoch, votes of a cluster with the " +
			"same keys, messages of old views again and again.",
		Falls:  "signed bytes that do not say their kind, epoch and cluster",
		Source: "domain separation, spec D3", Oracles: []string{"I4", "I23"},
		Worlds: []World{
			{File: "a22-cross-kind"}, {File: "a22-other-epoch"}, {File: "a22-other-cluster"}, {File: "a22-replay"},
		},
		Weak: []string{"M08", "M57"},
	},
	{
		ID: "A27", Name: "a second vote hides the good one",
		About: "The liar sends half of the replicas a vote for nothing first, and the one that the quorum needs later; one " +
			"correct replica is slow, so that quick quorums need it.",
		Falls:  "keeping the first vote of a signer, and taking a later one for known",
		Source: "tendermint/tendermint, pull request 210", Oracles: []string{"I13"},
		Worlds: []World{{File: "a27-hidden-vote", Want: Want{Share: 0.2}}},
	},
	{
		ID: "A58", Name: "votes before what they are for",
		About:  "Proposals and bodies take much longer than votes, so that PREPAREs, COMMITs and even NEW-VIEWs come first.",
		Falls:  "a predicate that is looked at when a vote arrives and not when its block does",
		Source: "BFT-SMaRt 7326d316", Oracles: []string{"I13"},
		Worlds: []World{{File: "a58-votes-first", Want: Want{Share: 0.19}}, {File: "a58-view-first", Want: Want{Views: 1}}, {File: "a58-overtaken", Want: Want{Views: 2}}},
		Weak:   []string{"M50", "M94"},
	},
}
