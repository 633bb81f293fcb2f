//go:build !linux

package main

import "os/exec"

// dieWithParent is only possible on Linux; elsewhere a demo that is killed leaves
// its processes behind.
func dieWithParent(*exec.Cmd) {}
