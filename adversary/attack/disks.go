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
			{File: "a28-busy", Each: sweep(1), Want: Want{Burned: 2}},
			{File: "a28-backup", Each: sweep(1), Want: Want{Burned: 2}},
			{File: "a28-view-change", Each: sweep(2), Want: Want{Burned: 3}},
		},
		Weak: []string{"M32", "M36", "M37", "M38", "M65"},
	},
	{
		ID: "A30", Name: "a sync fails, and the next one does not",
		About: "After a failed sync the page cache says that all is written, and it is not. The replica stops for good (spec R3), " +
			"and the power of all fails a little later.",
		Falls:  "trying the sync again, or going on",
		Source: "PostgreSQL's fsyncgate, 2018; Rebello et al., USENIX ATC 2020", Oracles: []string{"I5", "I10"},
		Worlds: []World{{File: "a30-failed-sync"}},
		Tests:  []string{"storage/wal.TestFailedSyncThenRestart", "adversary/disk.TestLogOnFailingDisk"},
		Weak:   []string{"M37"},
	},
	{
		ID: "A31", Name: "old records in the place of new ones",
		About: "A write lands on an older record, which the log must notice: it stops. Or a start reads what stood there before, " +
			"which nobody can notice: the replica has forgotten, and is one of the f.",
		Falls:  "a log whose records do not say where they belong; quorums that do not hold with f that forgot",
		Source: "TigerBeetle's VOPR, misdirected writes and its atlas of faults", Oracles: []string{"I5", "I9"},
		Worlds: []World{{File: "a31-misdirected"}, {File: "a31-stale-read", Want: Want{Views: 1}}},
		Tests:  []string{"storage/wal.TestRecordIsBoundToItsPlace", "storage/wal.TestDamageIsRefused", "adversary/disk.TestLogOnFailingDisk"},
		Weak:   []string{"M02", "M16", "M20"},
	},
	{
		ID: "A32", Name: "an old backup is put back",
		About:  "The disk of one replica is put back to before a view change. It votes again in an old view, under its key (spec R4).",
		Falls:  "double-sign checks against the own, older disk; quorums that do not hold with f that forgot",
		Source: "CometBFT 5668; restored snapshots of virtual machines", Oracles: []string{"I1", "I5"},
		Worlds: []World{{File: "a32-old-image", Want: Want{Views: 1}}},
		Weak:   []string{"M01", "M02", "M16"},
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
	{
		ID: "A61", Name: "clocks jump and drift",
		About: "Wall clocks of three replicas jump by an hour and by a year, which nobody may notice; monotonic ones run a third too " +
			"fast and too slow, in steps, with late timers, while the primary is slow enough for timers to matter; a process stands still, and its timer is late.",
		Falls:  "timers on the wall clock, and timeouts that need clocks of one speed",
		Source: "CometBFT 5901; spec T6", Oracles: []string{"I13", "I19"},
		Worlds:  []World{{File: "a61-wall", Want: Want{Burned: none, Share: 0.9}}, {File: "a61-skew", Want: Want{Burned: none}}, {File: "a61-pause", Want: Want{Burned: none}}, {File: "a61-pauses", Want: Want{Views: 1}}},
		Weak:    []string{"M86", "M97"},
		Tests:   []string{"clock.TestSystemReadsMonotonicTime", "client.TestClockWentBack"},
		Waiting: "agreed time (spec T7) for timestamps of liars",
	},
}
