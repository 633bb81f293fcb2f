// Package lint holds the rules of this house as ordinary Go tests, one file a
// rule: the file says what the rule is and why, checks the tree, and proves on
// planted code that it would notice.
//
//	imports    each edge between rooms is in a table, with its reason
//	pure       the protocol has no goroutine, channel, lock, clock or I/O
//	order      no map's order reaches an output of the protocol
//	exported   every exported symbol has a doc comment
//	walltime   time comes from package clock
//	modules    dependencies that must not move by accident
//	size       files and functions that are read at a sitting
//	spec       each rule of docs/spec.md is cited by code and by a test
//	words      what no tracked file may contain
//	generated  generated code is what its generator makes of proto/
//
// A rule applies to every file that git tracks. Three rules have a ratchet: a
// text file of today's exceptions, one a line, with a count and a reason. An
// exception that grows fails; so does one that is no longer needed, so that the
// file only ever shrinks:
//
//	go test ./internal/lint -shrink
//
// lowers all ratchets to what the tree needs. To add an exception, edit the file
// and give the reason behind a "#".
package lint
