//go:build !twothirds_bug

// Package bug holds the switches of seeded bugs: known faults that a build with
// the tag twothirds_bug can turn on, one at a time, to prove that tests and
// campaigns find them. In every other build each switch is the constant false,
// so the compiler removes the faulty code.
package bug

// M63 takes the bound base <= s out of rule N3: a vote counts below its base.
const M63 = false
