package attack

// load are attacks on throughput, fairness and memory: by primaries that do as little as
// they can, by floods, by clients.
var load = []*Attack{
	{
		ID: "A45", Name: "a primary just below the timeout",
		About: "The primary holds each proposal back as long as the timeouts allow. Each obligation has its own full timeout here, " +
			"so it can; but replicas add up for how long what waits with them could have been proposed (spec T4), and it loses its view " +
			"after a second or two of that. It goes on as long as only itself is asked, since nobody else knows what waits. Another one " +
			"gets slower bit by bit, with all that it says. And two correct ones must not be taken for slow for good: one has more to do " +
			"than fits into its window, the other has a network that delays proposals and not pings.",
		Falls:  "timers that any progress restarts, or that follow the primary's own pace",
		Source: "Clement et al.: Aardvark, NSDI 2009; Amir et al.: Prime, DSN 2008", Oracles: []string{"I16"},
		Worlds: []World{
			{File: "a45-slow-drip", Want: Want{Share: 0.015}}, {File: "a45-slower-than-the-timeout", Want: Want{Views: 1, Share: 0.2}},
			{File: "a45-drag", Want: Want{Views: 1}}, {File: "a45-below-the-timeout", Want: Want{Views: 1, Burned: 1, Share: 0.9}},
			{File: "a45-saturated", Seeds: 1, Want: Want{Burned: none}}, {File: "a45-misjudged", Seeds: 1, Want: Want{Views: 2, Burned: 6}},
		},
		Weak: []string{"M26", "M61"},
	},
	{
		ID: "A46", Name: "one client is not served",
		About: "The primary orders everything but the requests of one client. Only the decision of the oldest obligation meets it, so it loses its view, " +
			"be there ever so many decisions between the suspicions of two replicas.",
		Falls:  "timers that any decision restarts; suspicions that lapse with decisions (spec story 9)",
		Source: "Aardvark; Prime", Oracles: []string{"I13", "I16"},
		Worlds: []World{
			{File: "a46-censor", Want: Want{Views: 1, Fair: 0.25, Share: 0.5}}, {File: "a46-under-load", Want: Want{Views: 1}},
			{File: "a46-slow-suspicions", Seeds: 1, Want: Want{Views: 1, Fair: 0.2}},
		},
		Weak: []string{"M26", "M27", "M79"},
	},
	{
		ID: "A47", Name: "requests that are valid for some only",
		About: "A request is valid by its bytes and the key that they carry, for all or for none (spec N1). The liar passes bad " +
			"copies on beside good ones, and as primary signs blocks that are no batch.",
		Falls:  "MACs that the primary alone can check, and verdicts on a batch taken for each of it",
		Source: "Aardvark, the big MAC attack", Oracles: []string{"I13", "I16"},
		Worlds: []World{{File: "a47-half-valid", Want: Want{Burned: none, Share: 0.9, Traffic: 1.3}}, {File: "a47-bad-payload", Want: Want{Views: 1, Evidence: 1}}},
	},
	{
		ID: "A49", Name: "a storm of view changes",
		About: "f replicas ask for the next views all the time, for many at once, in the words of others, and second whoever " +
			"suspects, be it one that is cut off from the rest. f is less than weak power: nothing may come of it, or a view at most.",
		Falls:  "joining at f, or at f+1 words of whomever",
		Source: "Castro and Liskov, OSDI 1999, section 4.5.2: f+1 and not f", Oracles: []string{"I13", "I16"},
		Worlds: []World{
			{File: "a49-storm", Want: Want{Burned: none, Share: 0.9, Traffic: 1.3}}, {File: "a49-seconded", Want: Want{Share: 0.2}},
			{File: "a49-lone-runner", Want: Want{Views: 1}},
		},
		Weak: []string{"M24", "M68"},
	},
	{
		ID: "A51", Name: "votes for the far future",
		About:  "Validly signed votes and proposals for ever new views and seqs. State per peer is O(1) here (spec N8, D1).",
		Falls:  "buffers for what may come",
		Source: "go-f3, sim/adversary/spam.go", Oracles: []string{"I11"},
		Worlds: []World{{File: "a51-future", Want: Want{Share: 0.9, Traffic: 1.3}}},
		Tests:  []string{"adversary/attack.TestFloodsFillNoMemory", "pbft/core.TestVotesGiveWayInPlace"},
	},
	{
		ID: "A52", Name: "bad signatures, and good ones in the wrong place",
		About: "Each vote many times over with a wrong signature, and others' votes passed on as if they came from their signers. " +
			"The simulation counts no CPU; that cheap checks come first is tested at the door (pbft/verify).",
		Falls:  "verifying before looking whether a message can still matter",
		Source: "Aardvark, section 4.1", Oracles: []string{"I12", "I16"},
		Worlds:  []World{{File: "a52-bad-signatures", Want: Want{Burned: none, Share: 0.9, Traffic: 1.3}}, {File: "a52-masks", Want: Want{Burned: none, Share: 0.9, Traffic: 1.3}}},
		Tests:   []string{"pbft/verify.TestFilter", "pbft/verify.TestMembersAreNotStarved"},
		Waiting: "an account of verifications per peer in the simulation (I12)",
	},
	{
		ID: "A69", Name: "reflection",
		About:  "Pulls and statuses in a flood, each small and its answer large. Who is asked answers once a turn and from a bounded range.",
		Falls:  "an answer for each question",
		Source: "amplification attacks on datagram protocols; spec N9, D1", Oracles: []string{"I11", "I12"},
		Worlds: []World{{File: "a69-ask-all", Want: Want{Burned: none, Share: 0.9, Traffic: 1.6}}, {File: "a69-reflect", Want: Want{Burned: none, Share: 0.9, Traffic: 1.5}}},
		Tests:  []string{"pbft/core.TestOneAnswerPerTurn", "pbft/core.TestAnswersAreBounded"},
	},
}
