// Package wire is the boundary between messages and bytes. [Append] turns a
// message into a frame, [Decode] a frame into a message; the schema is published
// in proto/twothirds/v1, and generated code does the encoding.
//
// A frame is one byte, the message's kind, and behind it the message in protobuf
// encoding. Signatures do not cover it: they are over the fixed-width bytes of
// package message (spec D3).
//
// # Strict
//
// Protobuf readers accept many encodings of one value: unknown and repeated
// fields, any order, padded varints, defaults that need not be there. Here each
// message has one encoding. Decode accepts a frame only if Append would make the
// same bytes from the result, so two frames differ exactly if their messages
// do. Package message's door, not this package, judges what a message says.
//
// # Bounded
//
// A frame has at most [FrameMax] bytes, and its lists have at most [MembersMax],
// [LinksMax] or [BlocksMax] elements. Numbers and lengths of elements are checked
// before anything is allocated, so Decode allocates at most about eight times the
// frame's length whatever is in it (spec D1).
//
// # What it costs
//
// Payloads and requests are neither copied nor encoded again: they end their
// frame, and the message refers to them where they lie ([Retains]). All else is
// copied out of the frame. A vote takes about a hundred bytes, and its decoding
// well under a tenth of its signature check.
//
// All functions are safe for concurrent use.
package wire

//go:generate go run -C ../../tools ./cmd/genproto
