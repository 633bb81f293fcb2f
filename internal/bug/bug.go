//go:build !twothirds_bug

// Package bug holds the switches of seeded bugs: known faults that a build with
// the tag twothirds_bug can turn on, to prove that tests and campaigns find them.
// TWOTHIRDS_BUG=M63 turns one on, TWOTHIRDS_BUG=M68+M69 several; go test needs -count=1
// with it, for it does not see that the variable was read. In every other
// build each switch is the constant false, so the compiler removes the faulty code.
package bug

// Built says whether this build has the switches.
const Built = false

// The switches; All says what each does. They are untyped constants and nothing else,
// so that no build without the tag can have a bug.
const (
	M01 = false
	M02 = false
	M03 = false
	M04 = false
	M05 = false
	M06 = false
	M07 = false
	M08 = false
	M09 = false
	M10 = false
	M11 = false
	M12 = false
	M13 = false
	M14 = false
	M15 = false
	M16 = false
	M17 = false
	M18 = false
	M19 = false
	M20 = false
	M21 = false
	M22 = false
	M23 = false
	M24 = false
	M25 = false
	M26 = false
	M27 = false
	M28 = false
	M29 = false
	M30 = false
	M31 = false
	M32 = false
	M33 = false
	M34 = false
	M35 = false
	M36 = false
	M37 = false
	M38 = false
	M39 = false
	M40 = false
	M41 = false
	M42 = false
	M43 = false
	M46 = false
	M50 = false
	M51 = false
	M52 = false
	M53 = false
	M55 = false
	M56 = false
	M57 = false
	M58 = false
	M59 = false
	M60 = false
	M61 = false
	M62 = false
	M63 = false
	M64 = false
	M65 = false
	M66 = false
	M67 = false
	M68 = false
	M69 = false
	M70 = false
	M71 = false
	M72 = false
	M73 = false
	M74 = false
	M75 = false
	M76 = false
	M77 = false
	M78 = false
	M79 = false
	M80 = false
	M81 = false
	M82 = false
	M83 = false
	M84 = false
	M85 = false
	M86 = false
	M87 = false
	M88 = false
	M89 = false
	M90 = false
	M91 = false
	M92 = false
	M93 = false
	M94 = false
	M95 = false
	M96 = false
	M97 = false
	M98 = false
	M99 = false

	M100 = false
	M101 = false
	M102 = false
	M103 = false
	M104 = false
)

// Set is for builds that have the switches. In others it panics.
func Set(names ...string) {
	if len(names) > 0 {
		panic("bug: this build has no switches: build it with -tags twothirds_bug")
	}
}
