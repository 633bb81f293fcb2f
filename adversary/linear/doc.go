// Package linear tells whether what clients saw can be explained by one copy of the data
// that executed one operation at a time, each between its call and its return: whether a
// history is linearizable (Herlihy and Wing, TOPLAS 1990). It is oracle I14 of the
// simulator, and works on any history of any replicated application with a Model.
//
// An operation without an answer may have taken effect at any time after its call, or
// never, and a history has to leave both open: such an Op is Unknown. One that is known to
// have had no effect, because the replicas refused it, does not belong in a history.
//
// The search is porcupine's (Athalye; Lowe, 2017), key by key. Its worst case is
// exponential, so it is bounded, by steps of the model and not by time: the verdict of a
// history is the same everywhere. One that was not reached within the bound is Undecided,
// which is neither a pass nor a failure: count it, and report it.
//
// KV is an application to put under worlds, Workload makes its operations, and KVModel is
// what it should have done.
package linear
