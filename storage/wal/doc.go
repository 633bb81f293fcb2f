// Package wal keeps a storage.Log in a folder of files (spec N7, R1, R2, R3).
//
//	log, err := wal.Open(dir, wal.Options{})
//	if errors.Is(err, storage.ErrNotExist) && bootstrapping {
//		log, err = wal.Create(dir, wal.Options{})
//	}
//
// [Create] and [Open] are two functions on purpose: an empty folder is not a state, and only a person knows whether it
// is a new replica's or one that lost its disk.
//
// # Files
//
// The folder holds segments, numbered without gaps, of which the last is written to, and a lock file, held by flock for
// as long as the log is open. A segment is a header, a copy of every state as it was when the segment began (the head),
// and then records in the order of writing. Since each segment carries all states, the oldest ones can be deleted at any
// time without a thought for what else they held.
//
// A segment is written under another name, synced, renamed and the folder synced before it counts, and only after the
// segment before it is complete and synced. Its header notes where that one ended. So a segment that is seen has a whole
// head, and one that has a successor has an exact end: anything missing or wrong in either is damage, never a crash.
//
// Every record has a header of 32 bytes with two CRC-32C checksums, of the header and of the data; data is padded with
// zeros to a multiple of 8. Each Open begins a new segment, which fixes for good what was cut off and what was kept; if
// the last one holds nothing but its head, it is replaced by one with the same head, number and predecessor.
//
// # A torn tail or damage?
//
// A crash may leave records that were written but not yet synced in any state: the disk takes sectors in any order, so
// there may be whole records behind a hole. They were never promised to anyone and are cut off at the first bad place.
// Damage to a record that was once synced must be refused instead, for others may rely on it. Both look alike, a bad
// record with good ones behind it, so each record says in its header how far the segment was durable when the record was
// put together (its field synced). That number is only raised after a sync that succeeded. Let h be where the first bad
// record begins:
//
//   - After a crash alone, everything below S, the end of the last good sync, is whole, so h >= S. Whatever was written
//     behind h says synced <= S <= h. So: if no record behind h says synced > h, cut at h.
//   - If a record behind h says synced > h, then h was durable once, and is not now: damage, refused, and the record at h
//     is named. The header alone proves it, even if the data behind it is torn.
//
// Recovery therefore searches everything behind the first bad place for headers. It must not take for one what merely
// looks like it, neither data that a client chose nor bytes of another file that the disk misplaced: headers carry a
// 32-bit tag and a checksum seeded with 32 more secret bits, both drawn for this log, the tag different in each segment,
// and the position is part of the checksum.
//
// What this cannot see is damage to records that were synced last, when nothing written after them reached the disk: they
// look exactly like a group that was never synced, and are cut off. Close ends the log with a mark that only says synced,
// and Open with a new segment, so that only the last group before a crash has this weakness.
//
// # Syncs that lie
//
// After a failed sync the page cache may hold what the disk does not, and no later sync will say so. A running log stops
// for good at the first failure. A process that starts after it reads from the same page cache; so Open writes whatever
// no later record proves durable once more, in place, and syncs it, before it believes it.
//
// # What is assumed
//
// A sector that is written again with its first bytes unchanged keeps those bytes through a power failure (the sector
// where one sync ends is the one where the next begins). A sync that returns is true. Checksums stand against accidents,
// not against enemies with access to the disk; and a record torn in a place that its author picked may keep its checksum,
// so content that others wrote must be checked by its digest when it is read back. A folder that was replaced by an older
// copy of itself, or that lost its newest segment as a whole, is not noticed: see spec R4.
//
// # Costs
//
// One write and one fdatasync for each Sync, into space that is allocated and, for small writes, zeroed ahead, so that
// the file system has no metadata to journal. In memory: 16 bytes for each entry, one copy of each state, and what was
// not yet written, up to about 4 MB or one larger record. Open reads the whole log. Systems other than Linux are
// supported without preallocation, systems other than Unix with a lock file that has to be removed by hand after a crash.
package wal
