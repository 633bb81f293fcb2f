package core_test
import ("testing";"fmt";"os";"strings")
func TestZZ(t *testing.T) {
	s := &script{}
	for _, l := range strings.Split(os.Getenv("ZZ"), ";") {
		err := s.try(strings.TrimSpace(l))
		fmt.Println(">", l, err); fmt.Print(s.log.String()); s.log.Reset()
	}
	for _, h := range s.hosts { fmt.Println(h.status()) }
}
func init() { verbose = os.Getenv("ZZV") != "" }
