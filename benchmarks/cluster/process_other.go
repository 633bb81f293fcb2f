//go:build !linux

package cluster

import (
	"errors"
	"os"
	"os/exec"
)

// dieWithParent is only possible on Linux; elsewhere a replica ends when its standard input does.
func dieWithParent(*exec.Cmd) {}

func stop(*os.Process) error    { return errors.ErrUnsupported }
func proceed(*os.Process) error { return errors.ErrUnsupported }

// group is a control group, which only Linux has.
type group struct{}

func confine(int, float64) (*group, error) { return nil, errors.ErrUnsupported }
func (*group) remove() error               { return nil }
