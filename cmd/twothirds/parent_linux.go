package main

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes sure that no process of a demo outlives it, even if it is
// killed.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
