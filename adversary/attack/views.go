package attack

// views are attacks on the change of views: what is reported, chosen and carried over.
var views = []*Attack{
	{
		ID: "A02", Name: "no value is vouched for",
		About: "FaB's proof of progress can be a set from which no value follows. Two of seven replicas report certificates that " +
			"they do not have, one thing to one half and another to the other, and lead the first two views.",
		Falls:  "a selection rule that some sets of summaries do not satisfy, or that waits for the highest one's certificate",
		Source: "Abraham et al., arXiv 1712.01367, on FaB Paxos", Oracles: []string{"I13"},
		Worlds: []World{{File: "a02-no-value", Want: Want{Views: 2}}},
		Weak:   []string{"M21", "M25"},
	},
	{
		ID: "A03", Name: "checkpoints across a view change",
		About: "hBFT takes a checkpoint for a decision. The liar signs states that nobody has, one for each half, while views " +
			"change; with two liars f of them agree on the false one.",
		Falls:  "a checkpoint stable at f+1, or one that is believed in a view change",
		Source: "Shrestha, Kumar, Duan 2019; ByzzBench, schedules of hBFT", Oracles: []string{"I1", "I8"},
		Worlds: []World{{File: "a03-false-checkpoint", Want: Want{Views: 1}}, {File: "a03-false-state", Want: Want{Views: 1}}},
		Weak:   []string{"M22", "M40"},
	},
	{
		ID: "A04", Name: "cherry-picked summaries",
		About: "f+1 correct replicas hold a certificate, one has decided. The next primary builds NEW-VIEW from the lowest " +
			"reports, from one too few, without the certificate that a report names, or with a lower one.",
		Falls:  "a NEW-VIEW that receivers do not compute again",
		Source: "Castro and Liskov, OSDI 1999, section 4.4: why a backup checks the set O", Oracles: []string{"I6", "I7"},
		Worlds: []World{
			{File: "a04-cherry-picked", Want: Want{Views: 1}}, {File: "a04-thin", Want: Want{Views: 1}},
			{File: "a04-hidden-cert", Want: Want{Views: 1}},
		},
		Weak: []string{"M16", "M19", "M20"},
	},
	{
		ID: "A07", Name: "a certificate from another view",
		About: "What a VIEW-CHANGE carries may be from any earlier view: two views fail between the certificate and the view " +
			"that carries it on, and a liar reports its true certificate as one of the newest view.",
		Falls:  "checking a carried certificate against the view in which it arrives (it is refused for ever), or against none",
		Source: "go-ibft eea78df", Oracles: []string{"I4", "I13"},
		Worlds: []World{{File: "a07-two-views-ago", Want: Want{Views: 2}}, {File: "a07-wrong-view", Want: Want{Views: 2}}},
		Weak:   []string{"M17"},
	},
	{
		ID: "A09", Name: "a gap filled over a decided block",
		About: "PBFT's new primary fills gaps between the lowest and the highest reported seq with null requests, so that an " +
			"unproven high one makes room over what is decided. A chain has no gaps; what is left is to report or show a rank " +
			"that is made up.",
		Falls:  "believing a report without its certificate, or some certificate that came with it",
		Source: "Castro and Liskov, OSDI 1999, section 4.4", Oracles: []string{"I1", "I6"},
		Worlds: []World{{File: "a09-made-up-rank", Want: Want{Views: 1}}, {File: "a09-forged-cert", Want: Want{Views: 1, Burned: 1}}},
		Weak:   []string{"M17+M104"},
	},
	{
		ID: "A11", Name: "the window used up",
		About: "Blocks at the high mark and with holes below; and a primary that fills the window, so that nothing fits above " +
			"what the next view inherits (spec N2: the vote at the base).",
		Falls:  "state sized by what a header names; a new view that needs a new block to certify the old ones",
		Source: "Castro and Liskov, OSDI 1999, section 4.2; docs/spec.md, story 4", Oracles: []string{"I2", "I11", "I13"},
		Worlds: []World{{File: "a11-beyond"}, {File: "a11-full-window", Want: Want{Views: 1}}},
		Weak:   []string{"M31"},
	},
	{
		ID: "A12", Name: "numbers at the end of the range",
		About: "Votes, reports, suspicions and statuses with views and seqs of 0, 2^62, 2^63, 2^64-1 and their neighbours; " +
			"asked for by f replicas, such a view must never be entered.",
		Falls:  "view+1 that wraps, casts to int, loops up to what a peer names",
		Source: "BFT-SMaRt b7533c7a", Oracles: []string{"I7", "I18"},
		Worlds: []World{{File: "a12-overflow", Want: Want{Burned: none, Traffic: 1.3}}, {File: "a12-statuses", Want: Want{Burned: none, Traffic: 1.3}}},
		Weak:   []string{"M24"},
	},
	{
		ID: "A16", Name: "a replica forgets",
		About: "Amnesia: one replica loses its disk after its COMMIT and votes again under its old key, which makes it the " +
			"faulty one (spec R4). Beside it all correct replicas crash at one effect after another, and must not forget.",
		Falls:  "a certificate, a tip or a view kept in memory only",
		Source: "Tendermint's amnesia attack; Bano et al., Twins, OPODIS 2021", Oracles: []string{"I1", "I5", "I6"},
		Worlds: []World{
			{File: "a16-amnesia", Want: Want{Views: 1}},
			{File: "a16-crash-after-commit", Each: sweep(3), Want: Want{Burned: 4}},
		},
		Weak: []string{"M36", "M37", "M38"},
	},
	{
		ID: "A18", Name: "the hidden lock",
		About: "In each view the votes that make the certificate reach one correct replica only, each time another, and the " +
			"next primary does not hear of it. Two-phase protocols without the report of the lock live-lock here.",
		Falls:  "a next primary that proposes without hearing from quorum power",
		Source: "Cachin, Vukolic 2017, on Tendermint; two-phase HotStuff, PODC 2019, section 4.4", Oracles: []string{"I13"},
		Worlds: []World{{File: "a18-hidden-lock", Want: Want{Views: 2}}},
		Weak:   []string{"M16", "M20", "M22"},
	},
	{
		ID: "A20", Name: "one block by two ways",
		About: "A replica that was cut off gets the same blocks by pulling and by the votes of a view change at once, and " +
			"executes each of them once.",
		Falls:  "two paths to execution that do not ask each other how far they are",
		Source: "SmartBFT 93a8786, 57f434c, d9182ed", Oracles: []string{"I2", "I3"},
		Worlds: []World{{File: "a20-two-ways", Want: Want{Views: 1}}},
		Weak:   []string{"M15"},
	},
	{
		ID: "A21", Name: "an old proposal in flight",
		About: "A replica has a block in flight, sleeps through its decision and through a view change, and wakes up between a " +
			"NEW-VIEW whose base is ahead of it and peers that are further still; twice.",
		Falls:  "a view change that begins with the own proposal in flight",
		Source: "SmartBFT 30764c3, 6833de8, eb005ee", Oracles: []string{"I1", "I18"},
		Worlds: []World{{File: "a21-in-flight", Want: Want{Views: 2}}, {File: "a21-late-new-view", Want: Want{Views: 1}}},
		Weak:   []string{"M22"},
	},
	{
		ID: "A43", Name: "a primary that is behind",
		About: "The next primary was cut off for more than a window and has nothing of what it must carry over: NEW-VIEW names " +
			"what it does not hold, and it may not propose over it.",
		Falls:  "a primary that proposes on top of its own tip",
		Source: "Hyperledger Indy, INDY-2230", Oracles: []string{"I6", "I13"},
		Worlds: []World{{File: "a43-primary-behind", Want: Want{Views: 1, Burned: 1}}},
		Weak:   []string{"M22"},
	},
}
