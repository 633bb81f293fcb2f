// Package message holds the nouns of the protocol as plain Go values: blocks,
// votes, certificates, requests, evidence, their canonical signing bytes, and the
// Door, the only maker of Verified messages.
//
// Nothing here does I/O, keeps time or holds keys. Values that a Door has
// admitted are shared between goroutines and read-only from then on.
//
// Signing bytes are written by hand: a domain (project, version, kind), the
// cluster id, the epoch, then every field in fixed width, big endian (spec D3).
// How messages travel is package wire's business; what they mean is package
// core's.
package message
