package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func of(ops ...string) *Ledger {
	l := New()
	for _, op := range ops {
		l.Add([]byte(op))
	}
	return l
}

func TestAgree(t *testing.T) {
	for _, test := range []struct {
		name      string
		ledgers   []*Ledger
		ack, sent uint64
		err       error
	}{
		{"same", []*Ledger{of("a", "b"), of("a", "b")}, 2, 3, nil},
		{"another order", []*Ledger{of("a", "b"), of("b", "a")}, 2, 2, ErrDiffer},
		{"another operation", []*Ledger{of("a", "b"), of("a", "c")}, 2, 2, ErrDiffer},
		{"more than submitted", []*Ledger{of("a", "b"), of("a", "b")}, 1, 1, ErrDiffer},
		{"one is behind", []*Ledger{of("a", "b"), of("a")}, 1, 2, context.DeadlineExceeded},
		{"fewer than acknowledged", []*Ledger{of("a"), of("a")}, 2, 2, context.DeadlineExceeded},
		{"none runs", nil, 0, 0, context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*poll)
			defer cancel()
			require.ErrorIs(t, Agree(ctx, test.ledgers, test.ack, test.sent), test.err)
		})
	}
}

func TestAgreeWaits(t *testing.T) {
	late := of("a")
	time.AfterFunc(2*poll, func() { late.Add([]byte("b")) })
	require.NoError(t, Agree(t.Context(), []*Ledger{of("a", "b"), late}, 2, 2))
}
