package benchmarks

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where and with what a result was measured.
type Machine struct {
	OS     string   `json:"os"`
	Arch   string   `json:"arch"`
	Kernel string   `json:"kernel"`
	CPU    string   `json:"cpu"`
	Cores  int      `json:"cores"` // that the generator's process may use
	Go     string   `json:"go"`
	Commit string   `json:"commit"` // of the program, or its version; +dirty if the tree had changes, "unknown" if nothing tells
	Args   []string `json:"args"`   // the command line
}

// String is a line for people.
func (m Machine) String() string {
	return fmt.Sprintf("%s %s, %d cores of %s, %s, commit %s", m.OS, m.Arch, m.Cores, m.CPU, m.Go, m.Commit)
}

// ThisMachine describes the machine and this program. What the system does not tell stays "".
func ThisMachine() Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: firstLine("/proc/sys/kernel/osrelease"), CPU: processor(),
		Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Commit: commit(), Args: os.Args,
	}
}

func firstLine(file string) string {
	b, _ := os.ReadFile(file)
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return string(line)
}

func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
