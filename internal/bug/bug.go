//go:build !twothirds_bug

// Package bug holds the switches of seeded bugs: known faults that a build with
// the tag twothirds_bug can turn on, to prove that tests and campaigns find them.
// TWOTHIRDS_BUG=M63 turns one on, TWOTHIRDS_BUG=M68+M69 several. In every other
// build each switch is the constant false, so the compiler removes the faulty code.
package bug

// The switches. A number is never used again.
const (
	// M31 takes the vote at the base out of rule N2: an inherited suffix is certified
	// by the next block only.
	M31 = false
	// M32 lets a PREPARE leave before its own sync, against N7.
	M32 = false
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
)
