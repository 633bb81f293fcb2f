package attack

// liveness are attacks that stop progress or wear it down, by the network and by timing.
var liveness = []*Attack{
	{
		ID: "A19", Name: "a little later than delta",
		About: "What one primary sends takes a little longer to half of the replicas than the shortest timeout. Nothing rests " +
			"on silence here, so what is late is late and no more.",
		Falls:  "leases, fast paths and quorums that trust in a delay bound",
		Source: "Momose, Cruz, Kaji: Hybrid-BFT 2020, on Sync HotStuff", Oracles: []string{"I1", "I14"},
		Worlds: []World{{File: "a19-just-too-late"}, {File: "a19-late-half"}, {File: "a19-late-new-view", Want: Want{Views: 1}}},
		Weak:   []string{"M28"},
	},
	{
		ID: "A54", Name: "links that are not transitive",
		About: "A bridge, a star, a chain, a primary that is heard and hears nothing, one that misses two links for good; each " +
			"with every replica in every place.",
		Falls:  "suspecting whom one does not hear, and views that only the disconnected ask for",
		Source: "Cloudflare's outage of November 2020 (etcd); Ng, Haridi, Carbone: Omni-Paxos, EuroSys 2023", Oracles: []string{"I13"},
		Worlds: []World{
			{File: "a54-bridge", Each: rotated}, {File: "a54-star", Each: rotated}, {File: "a54-chain", Each: rotated},
			{File: "a54-deaf-primary", Want: Want{Views: 1}}, {File: "a54-half-primary", Each: rotated},
		},
		Weak: []string{"M30"},
	},
	{
		ID: "A56", Name: "one message lost, then a perfect network",
		About: "One message of each kind, the first, second or third of its kind, is lost once, while the cluster is busy and while it " +
			"changes its view; and all CHECKPOINTs until the window is full, and the votes of a replica that is needed.",
		Falls:  "sending once, and counting on TCP",
		Source: "go-ibft 94; SmartBFT 074a62f", Oracles: []string{"I13"},
		Worlds: []World{
			{File: "a56-one-message-lost", Each: eachKind, Want: Want{Burned: 1}},
			{File: "a56-lost-in-view-change", Each: eachKind, Want: Want{Views: 1, Burned: 1}},
			{File: "a56-lost-checkpoints", Want: Want{Burned: none}},
			{File: "a56-last-votes", Want: Want{Burned: none}},
		},
		Weak: []string{"M70", "M71"},
	},
	{
		ID: "A57", Name: "a restart in flight, and nobody wants anything more",
		About: "The primary crashes after each of its effects in turn. What was in flight must be decided although no client " +
			"sends a request that would push it.",
		Falls:  "finishing the old only together with something new",
		Source: "SmartBFT 2a0557b", Oracles: []string{"I13"},
		Worlds: []World{{File: "a57-restart-in-flight", Each: sweep(1), Want: Want{Burned: 1}}},
		Weak:   []string{"M31"},
	},
	{
		ID: "A59", Name: "requests that come after their execution",
		About: "Backups hear of requests long after they were executed, again and again; and of others that the primary, which " +
			"no client reaches, has from them only; and one backup of some that it cannot tell anyone of.",
		Falls:  "a timer for each request that arrives, and requests that are kept and not passed on: clients alone depose primaries",
		Source: "BFT-SMaRt 9d484851, 435333bb", Oracles: []string{"I13", "I16"},
		Worlds: []World{
			{File: "a59-late-requests", Want: Want{Burned: none, Share: 0.9, Traffic: 1.3}}, {File: "a59-out-of-reach", Want: Want{Burned: none}},
			{File: "a59-known-to-one", Want: Want{Burned: none}},
		},
		Weak: []string{"M69"},
	},
	{
		ID: "A71", Name: "swizzle-clog",
		About:  "All links of one replica after another stop, and come back in another order.",
		Falls:  "recovery that has only seen one fault at a time",
		Source: "FoundationDB, documentation of its simulation testing", Oracles: []string{"I13"},
		Worlds: []World{{File: "a71-swizzle", Each: rotated}},
		Weak:   []string{"M30"},
	},
	{
		ID: "A72", Name: "whoever leads is attacked",
		About: "Until the network heals the adversary, which sees every message first, cuts off whoever is primary; after it, f " +
			"faulty primaries lead one after the other and do nothing, with timeouts as long as the failed views have made them.",
		Falls:  "view changes that an adversary can outrun for ever once the network is good",
		Source: "adaptive adversaries of the asynchronous model; Miller et al., HoneyBadger BFT, CCS 2016, section 3", Oracles: []string{"I13", "I16"},
		Worlds: []World{
			{File: "a72-deny-primary", Want: Want{Views: 2}}, {File: "a72-silent-row", Want: Want{Views: 2}},
			{File: "a72-dead-members", Want: Want{Views: 2, Burned: 2, Share: 0.95}},
			{File: "a72-after-a-storm", Seeds: 1, Want: Want{Views: 7}},
		},
		Weak: []string{"M29", "M30"},
	},
	{
		ID: "A74", Name: "a slow replica, and a liar in its place",
		About: "One correct replica is slow for good; the liars vote in time, so that nobody needs it, and serve it nothing. It " +
			"falls behind by more than the window and must be able to come back, and to vote once it is back.",
		Falls:  "catching up by votes only, or from one source",
		Source: "the lagging replica of Castro and Liskov, OSDI 1999, section 4.6, under load", Oracles: []string{"I13"},
		Worlds: []World{{File: "a74-starved"}, {File: "a74-mute", Want: Want{Burned: none}}},
		Weak:   []string{"M83"},
	},
}
