// Package attack is a catalogue of known attacks on protocols of this family, and of
// bugs that such protocols have had, each as worlds to play. Its numbers are A01 to A74,
// with gaps; docs/attacks.md lists them.
//
// A world is a scenario file in catalogue/ (sim.Scenario as TOML): read it, change it,
// replay it. Only what data cannot say is Go. Beside the oracles of adversary/sim each
// world is held to what it wants (Want): that the attack took place, that few views were
// burned, that throughput did not fall below a stated part.
//
//	a := attack.Find("A13")
//	if r := a.Run(); r.Failure != nil { ... }
//
// That the attacks bite is shown by tests on weakened engines (build tag twothirds_bug):
// each one breaks an oracle with each seeded bug that its Weak names.
package attack
