package benchmarks

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// unknown is the commit of a program that neither its build nor the folder that it runs in tells.
const unknown = "unknown"

// dirty follows a commit to which something was changed or added.
const dirty = "+dirty"

// commit is what this program was built from. It is asked for once: a tree may change while a program runs.
var commit = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if c := stamped(info); c != "" {
			return c
		}
	}
	if c := checkedOut(".", built()); c != "" {
		return c
	}
	return unknown
})

// built is when this program was built, the zero time if that cannot be told. go run and go test build for each call, in a
// folder of their own.
func built() time.Time {
	program, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	if strings.Contains(program, "go-build") {
		return time.Now()
	}
	info, err := os.Stat(program)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// stamped is the commit or version that the build noted, or "".
func stamped(info *debug.BuildInfo) string {
	var c, suffix string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			c = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			suffix = dirty
		}
	}
	switch {
	case c != "":
		return c + suffix
	case info.Main.Version != "(devel)":
		return info.Main.Version // go install module@version
	}
	return ""
}

// checkedOut is the commit of the checkout of this module that dir is in, or "" if there is none or if it was another one
// when the program was built.
func checkedOut(dir string, built time.Time) string {
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	mod, err := os.ReadFile(filepath.Join(git("rev-parse", "--show-toplevel"), "go.mod"))
	if err != nil || !bytes.HasPrefix(mod, []byte("module github.com/twothirds-bft/twothirds\n")) {
		return "" // of something else
	}
	log := git("rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD")
	if moved, err := os.Stat(log); err != nil || moved.ModTime().After(built) {
		return ""
	}
	c := git("rev-parse", "HEAD")
	if c != "" && git("status", "--porcelain") != "" {
		c += dirty
	}
	return c
}
