package attack

// disks are attacks and accidents between a replica and its own disk and clock.
var disks = []*Attack{
	{
		ID: "A28", Name: "sent before it was written",
		About: "Each replica crashes after each of its effects (a write, a sync, a send) in turn, in a busy cluster and while the " +
			"view changes. What a message binds is durable before it leaves (spec N7).",
		Falls:  "sending first: the restarted replica contradicts itself",
		Source: "write-ahead logging; spec N7, stories 2 and 3", Oracles: []string{"I5"},
		Worlds: []World{
			{File: "a28-busy", Each: sweep(1, 60, 1), Want: Want{Burned: 2}},
			{File: "a28-backup", Each: sweep(1, 60, 1), Want: Want{Burned: 2}},
			{File: "a28-view-change", Each: sweep(1, 90, 1), Want: Want{Burned: 3}},
		},
		Weak: []string{"M32", "M36", "M37", "M38", "M65"},
	},
	{
		ID: "A33", Name: "two processes with one key",
		About: "A standby of a replica is started while the first process is paused or cut off. It is a twin: a Byzantine fault of " +
			"one replica, that every failover script can make.",
		Falls:  "counting on a process that does not answer being dead",
		Source: "Bano et al.: Twins, OPODIS 2021; Kleppmann, Designing Data-Intensive Applications, chapter 8", Oracles: []string{"I5", "I17"},
		Worlds: []World{{File: "a33-standby", Want: Want{Views: 1}}},
		Weak:   []string{"M01", "M02"},
	},
	{
		ID: "A38", Name: "the power of all fails at once",
		About:  "All processes die at one instant, twice, and lose what they had not synced. What a client was told is there afterwards.",
		Falls:  "durability by replication in memory",
		Source: "correlated failures; Castro and Liskov, OSDI 1999, do not treat restarts", Oracles: []string{"I10"},
		Worlds: []World{{File: "a38-power-loss", Want: Want{Burned: 4}}},
		Weak:   []string{"M32", "M36", "M38"},
	},
}
