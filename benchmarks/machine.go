package benchmarks

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
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
	Commit string   `json:"commit"` // of the program; + if the tree had changes, "" if the build did not say
	Args   []string `json:"args"`
}

// String is a line for people.
func (m Machine) String() string {
	commit := m.Commit
	if commit == "" {
		commit = "unknown"
	}
	return fmt.Sprintf("%s %s, %d cores of %s, %s, commit %s", m.OS, m.Arch, m.Cores, m.CPU, m.Go, commit)
}

// ThisMachine describes the machine and this program. What the system does not tell stays "".
func ThisMachine() Machine {
	m := Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: firstLine("/proc/sys/kernel/osrelease"), CPU: processor(),
		Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Args: os.Args,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			m.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	m.Commit += dirty
	return m
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
