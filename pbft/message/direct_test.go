package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// What is checked as a batch is judged as each by itself, whatever one of them is (spec D2, D3).
func TestVerifyDirect(t *testing.T) {
	w := newWorld(t, 1, 1, 1, 1)
	at := Point{Seq: 5, Chain: Digest{1}}
	for name, spoil := range map[string]func(x *Direct){
		"all good":       func(*Direct) {},
		"bad signature":  func(x *Direct) { x.Message.(*Prepare).Seq++ },
		"short":          func(x *Direct) { x.Message.(*Prepare).Sig = x.Message.(*Prepare).Sig[1:] },
		"another's link": func(x *Direct) { x.From = memberID(3) },
		"another epoch":  func(x *Direct) { x.Message.(*Prepare).Epoch++ },
		"malformed":      func(x *Direct) { x.Message.(*Prepare).Base = 6 },
		"no member":      func(x *Direct) { x.Message.(*Prepare).Signer, x.From = outsider, outsider },
	} {
		for n := 1; n <= 4; n++ {
			var list []*Direct
			for i := range n {
				list = append(list, &Direct{From: memberID(i), Message: w.prepare(i, 2, 0, at)})
			}
			spoil(list[n/2])
			w.door.VerifyDirect(list)
			for i, x := range list {
				v, err := w.door.Verify(x.From, x.Message)
				require.Equal(t, err, x.Err, "%s: %d of %d", name, i, n)
				require.Equal(t, v, x.Verified)
				require.Equal(t, name == "all good" || i != n/2, x.Err == nil)
			}
		}
	}
}
