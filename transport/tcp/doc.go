// Package tcp implements transport endpoints over TCP with TLS 1.3.
//
// # Who is there
//
// Both ends present a certificate, made in memory at the start, that serves only to carry their Ed25519
// public key. TLS proves that they hold the private half; no other word in a certificate is believed, no
// authority is asked and no clock consulted. The dialler insists on just the key of the member that it
// means, the accepting end takes the key as the peer's identity. Only TLS 1.3 with the application
// protocol "twothirds/1" is spoken. There are no session tickets: each connection proves its key afresh.
// The keys of a cluster may serve for its signatures as well, for what TLS signs begins with 64 spaces
// and a context string of its own (RFC 8446, section 4.4.3).
//
// TLS checks handshake signatures by the standard library's rules, votes are checked by others (spec D3).
// The two may disagree on signatures that a key's own holder crafted for the purpose, and nothing comes
// of it: a handshake's signature decides about one connection at one end, and is shown to nobody else.
//
// Having authenticated and admitted a connection, the accepting end sends an empty frame as welcome. Only
// then does the dialler hold the link for up.
//
// # What is on the wire
//
// Within TLS there is a sequence of slices, each behind four bytes: the class in the top bit and, in the
// rest, how many bytes of its frame are still to come. Up to 64 KiB of them follow. Slices of the two
// classes may alternate, zero bytes to come is a ping. The announced size is checked before anything is
// allocated, and memory is taken in steps as the bytes come in: 4 MiB announced and one byte sent costs
// 256 KiB from a member, 16 KiB from a client.
//
// # What hostile peers can do
//
// Whoever reaches the port can cost some handshakes. Connections that have not proved a key are bounded in
// number and in time; the one that gives way to a newcomer is the oldest from the address that has most,
// so holding connections open achieves nothing and crowding correct peers out takes a flood, from many
// addresses, that outruns whole handshakes. Whoever has a key that is admitted costs a link, two queues
// and two frames, all bounded (see transport.Limits). Limits.ClientsMax strangers can fill the places for
// clients: where that matters, let Config.Admit name the clients. A member can do no more to a link than
// let it fall; it is then dialled at the pace of Config.BackoffMax.
//
// # When a link falls
//
// The reason stands in LastErr and in the counts of Refused. Silence for IdleTimeout, not even pings: the
// process is stopped, or the network gone. A write that is not taken for WriteTimeout, or bytes that stay
// unacknowledged or unsent for UserTimeout: the peer does not read. A Handler that blocks while its peer has
// much to say thus costs the link after the shorter of the two. A broken connection is noticed at once.
//
// # What it costs
//
// Each link has two goroutines, 32 KiB of read buffer (4 KiB for clients) besides what TLS and the kernel
// need, and no write buffer while it is idle. The writer drains what has queued up, of each class up to
// 64 KiB, into a single write. Control frames are allocated one by one, bodies up to 256 KiB at once, for
// they belong to the Handler.
//
// On Linux the kernel is given 128 KiB at most beyond what the network has room for, so that the order of
// the queues is the order on the wire.
//
// Measured on two cores of an AMD EPYC 2.6 GHz that had other work to do, loopback, both ends in one
// process, go test -bench . ./transport/tcp; CPU is that of both ends and the runtime together:
//
//	frames of 200 bytes, flood   TLS 0.65-1.05 us CPU, 0.6-1.5 M/s     plain 0.5-0.7 us CPU, 0.5-2.0 M/s
//	frames of 128 KiB, flood     TLS 0.25-0.41 ms CPU, 210-480 MB/s    plain 0.16-0.29 ms CPU, 210-760 MB/s
//	one frame at a time          TLS 26-36 us to the other Handler     plain 23-30 us
package tcp
