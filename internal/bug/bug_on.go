//go:build twothirds_bug

package bug

import (
	"os"
	"strings"
)

// Built says whether this build has the switches.
const Built = true

// The switches; All says what each does.
var (
	M13, M16, M23, M24, M25, M26, M28, M30 bool
	M31, M32, M37, M38, M40, M41, M50, M53 bool
	M63, M65, M66, M68, M69, M70, M71, M77 bool
	M78, M79, M81, M82, M83, M84, M85, M86 bool
)

var switches = map[string]*bool{
	"M13": &M13, "M16": &M16, "M23": &M23, "M24": &M24, "M25": &M25, "M26": &M26,
	"M28": &M28, "M30": &M30, "M31": &M31, "M32": &M32, "M37": &M37, "M38": &M38,
	"M40": &M40, "M41": &M41, "M50": &M50, "M53": &M53, "M63": &M63, "M65": &M65,
	"M66": &M66, "M68": &M68, "M69": &M69, "M70": &M70, "M71": &M71, "M77": &M77,
	"M78": &M78, "M79": &M79, "M81": &M81, "M82": &M82, "M83": &M83, "M84": &M84,
	"M85": &M85, "M86": &M86,
}

func init() {
	Set(strings.FieldsFunc(os.Getenv("TWOTHIRDS_BUG"), func(r rune) bool { return r == '+' || r == ',' })...)
}

// Set turns the named bugs on and all others off. It panics on a name that there is
// not. It is for tests and campaigns, while nothing else runs.
func Set(names ...string) {
	for _, on := range switches {
		*on = false
	}
	for _, name := range names {
		on := switches[name]
		if on == nil {
			panic("bug: there is no switch " + name)
		}
		*on = true
	}
}
