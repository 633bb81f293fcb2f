// Package gateway serves the Redis protocol in front of a replicated key-value store of package kv. It
// stands on the client's side of the cluster: it asks all replicas and believes what enough of them
// say, where a port on a replica could lie to its users (spec X2). It believes nobody itself, holds no
// state, and any number of gateways may serve one cluster, each under a key of its own.
//
//	cl, err := client.New(...)
//	g, err := gateway.Serve(listener, gateway.Config{Doer: cl})
//	...
//	err = g.Shutdown(ctx)
//
// # Commands
//
// GET, SET, DEL, EXISTS and INCR go to the store. PING, ECHO, SELECT 0, INFO, CONFIG GET, COMMAND and QUIT
// are answered here, as far as redis-cli and redis-benchmark want to hear something. All else is an
// unknown command. SET takes no options. Commands come as arrays of bulk strings, as every client
// library sends them; lines of plain text are refused.
//
// # Order
//
// Commands of one connection are executed in the order in which they were sent, as in Redis. The
// client may execute operations that are under way at the same time in any order; so a connection has one
// at a time. All commands that are at hand when it begins, as of a client that pipelines, go into it
// together, and those that arrive meanwhile into the next. Many connections share blocks and syncs.
//
// Reads are ordered like writes, so every reply is of a state that was current after the command was
// sent, across connections and gateways.
//
// # Failures
//
// An error that says "not executed" is the truth. One that says "unknown outcome" means that the cluster
// did not answer in time: the commands may still be executed, later (spec X5). No order with what
// follows could be promised any more, so the connection is closed after such a reply. Repeating an INCR may
// then count twice. The code BUSY means overload.
//
// # Limits
//
// Nobody is authenticated: whoever reaches the port acts with the gateway's key. Listen where only
// friends are. Each connection holds a read buffer of up to 128 KiB, an operation of up to 64 KiB,
// and replies of up to 512 KiB; connections beyond Config.ConnsMax are refused. Reading stops while an
// operation is under way, so that a flood waits in its sender's own network buffers. Connections that are idle
// stay open for ever.
//
// Requests are parsed here and not by redcon, whose parser indexes out of range for some
// lengths in the input, ending the process, and lets a buffer grow with the stream. Replies are encoded by
// redcon.
package gateway
