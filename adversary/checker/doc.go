// Package checker says what a certificate proves, for those who would rather not take
// the engine's word: the simulator's oracles, an auditor, a second implementation. It
// shares no code with the engine and imports the standard library and BLAKE3 only. It was written
// from docs/spec.md, from the schema under proto/ and from the vectors of what is signed
// (pbft/message/testdata/vectors.txt), and says everything the long way round: it reads
// one field after the other, rebuilds each vote, and counts power by multiplication.
//
// A Checker takes bytes as they travel. Certificates, NEW-VIEWs and single votes are
// frames, whose first byte is the kind; a proof of guilt is the message Evidence of the
// schema, without such a byte. What it accepts it returns as a Fact; what it does not is
// ErrBytes, if these are not the one canonical encoding of a message, or ErrProof, if
// they are and prove nothing.
//
// # Limits
//
// It knows one membership, that of genesis (epoch 0). It checks what can be told from
// the bytes and the genesis alone: whether a replica should have taken a message in the
// state that it was in is not its business. The default signature scheme is that of
// crypto/ed25519, which refuses some signatures that ZIP-215 accepts (spec D3); no honest
// signer makes one of these, but a liar can. Give New the engine's scheme where its
// verdict has to be the same.
package checker
