package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Doer has the cluster execute an operation. A *client.Client is one. It must be safe for concurrent
// use, up to Config.ConnsMax calls at a time, and must return soon after ctx has ended. The bytes of op
// are never changed, also after Do has returned.
//
// An error that is, or wraps, neither a *client.UnknownOutcomeError nor a *pbft.UnknownOutcomeError says
// that the operation was not executed and never will be.
type Doer interface {
	Do(ctx context.Context, op []byte) (result []byte, err error)
}

// Defaults of Config.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultConnsMax = 256
)

// connsCeiling keeps a mistyped figure from becoming an outage.
const connsCeiling = 1 << 16

// ErrConfig is wrapped by the errors of Config.Validate.
var ErrConfig = errors.New("gateway: invalid configuration")

// Config is what a gateway needs. Only Doer is required.
type Config struct {
	// Doer executes operations. The gateway does not close it.
	Doer Doer
	// Timeout bounds the wait for one operation. Default 30 s.
	Timeout time.Duration
	// ConnsMax bounds the connections. One more is told so and closed. Above the client's window,
	// 1024 by default, connections wait for each other. Default 256.
	ConnsMax int
	// Status tells what INFO says of the cluster: names and values, shown in this order. It is called
	// by any number of connections at a time and should not take long. Default: nothing.
	Status func() [][2]string
	// Logger takes the few lines of the gateway. Default slog.Default.
	Logger *slog.Logger
}

// Validate reports what cannot be, wrapped in ErrConfig.
func (c *Config) Validate() error {
	switch {
	case c.Doer == nil:
		return fmt.Errorf("%w: no Doer", ErrConfig)
	case c.Timeout < 0:
		return fmt.Errorf("%w: Timeout is negative", ErrConfig)
	case c.ConnsMax < 0 || c.ConnsMax > connsCeiling:
		return fmt.Errorf("%w: ConnsMax %d is not 1 to %d", ErrConfig, c.ConnsMax, connsCeiling)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.ConnsMax == 0 {
		c.ConnsMax = DefaultConnsMax
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
