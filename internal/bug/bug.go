//go:build !twothirds_bug

// Package bug holds the switches of seeded bugs: known faults that a build with
// the tag twothirds_bug can turn on, to prove that tests and campaigns find them.
// TWOTHIRDS_BUG=M63 turns one on, TWOTHIRDS_BUG=M68+M69 several; go test needs -count=1
// with it, for it does not see that the variable was read. In every other
// build each switch is the constant false, so the compiler removes the faulty code.
package bug

// The switches. A number is never used again.
const (
	// M13 moves the tip to a block that does not extend it, against N2 and N4.
	M13 = false
	// M16 lets VIEW-CHANGE report the root and not the highest certificate, against V2.
	M16 = false
	// M23 sends COMMIT after leaving the view, against N4.
	M23 = false
	// M24 leaves a view when power f asks for it, against V1.
	M24 = false
	// M25 leaves no view by numbers, against V1.
	M25 = false
	// M26 lets every STATUS restart the progress timer, against T1.
	M26 = false
	// M28 does not lengthen timeouts, against T3.
	M28 = false
	// M30 does not repeat VIEW-CHANGE and LEAVE, against S3.
	M30 = false
	// M31 takes the vote at the base out of rule N2: an inherited suffix is certified
	// by the next block only.
	M31 = false
	// M32 lets a PREPARE leave before its own sync, against N7.
	M32 = false
	// M37 does not write down the tip, against N7 and R1.
	M37 = false
	// M38 does not write down the highest prepare certificate, against N7 and R1.
	M38 = false
	// M40 takes weak power for a stable checkpoint, against C1.
	M40 = false
	// M41 does not compare the own state with the stable one, against C2.
	M41 = false
	// M50 drops votes that come before their block, against N8.
	M50 = false
	// M53 forgets at a view change which requests go back to the pool, against V5.
	M53 = false
	// M63 takes the bound base <= s out of rule N3: a vote counts below its base.
	M63 = false
	// M65 lets NEW-VIEW and the first proposals leave before the entry into the view
	// is durable, against N7.
	M65 = false
	// M66 lets a restarted primary go on in its view, against R2.
	M66 = false
	// M68 starts the NEW-VIEW timer when VIEW-CHANGE is sent and not at quorum,
	// against V6.
	M68 = false
	// M69 lets a replica leave its view on its own suspicion alone, against V1.
	M69 = false
	// M70 does not repeat votes, against S3.
	M70 = false
	// M71 does not repeat CHECKPOINTs, against S3.
	M71 = false
	// M77 deletes accepted blocks above a new base on entry, against V5.
	M77 = false
	// M78 counts PREPAREs of different bases together, against N3.
	M78 = false
	// M79 lets a SUSPECT lapse with decided blocks and not with time, against V1.
	M79 = false
	// M81 lets COMMIT and VIEW-CHANGE speak of a certificate whose blocks are not
	// held, against N4 and V2.
	M81 = false
	// M82 compares a COMMIT with PREPAREs of its signer, against E1.
	M82 = false
	// M83 lets no replica accept a block on top of blocks that it pulled, against N1.
	M83 = false
	// M84 pulls nothing, against N9 and S1.
	M84 = false
	// M85 answers pulls without the primary's PREPARE, against N9.
	M85 = false
	// M86 blames its own pauses on the primary, against T5.
	M86 = false
)
