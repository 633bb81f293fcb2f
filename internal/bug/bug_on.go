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
	M01, M02, M03, M04, M05, M06, M07, M08 bool
	M09, M10, M11, M12, M13, M14, M15, M16 bool
	M17, M18, M19, M20, M21, M22, M23, M24 bool
	M25, M26, M27, M28, M29, M30, M31, M32 bool
	M33, M34, M35, M36, M37, M38, M39, M40 bool
	M41, M42, M43, M46, M50, M51, M52, M53 bool
	M55, M56, M57, M58, M59, M60, M61, M62 bool
	M63, M64, M65, M66, M67, M68, M69, M70 bool
	M71, M72, M73, M74, M75, M76, M77, M78 bool
	M79, M80, M81, M82, M83, M84, M85, M86 bool
	M87, M88, M89, M90, M91, M92, M93, M94 bool
	M95, M96, M97, M98, M99                bool
	M100, M101, M102, M103, M104           bool
)

var switches = map[string]*bool{
	"M01": &M01, "M02": &M02, "M03": &M03, "M04": &M04, "M05": &M05, "M06": &M06,
	"M07": &M07, "M08": &M08, "M09": &M09, "M10": &M10, "M11": &M11, "M12": &M12,
	"M13": &M13, "M14": &M14, "M15": &M15, "M16": &M16, "M17": &M17, "M18": &M18,
	"M19": &M19, "M20": &M20, "M21": &M21, "M22": &M22, "M23": &M23, "M24": &M24,
	"M25": &M25, "M26": &M26, "M27": &M27, "M28": &M28, "M29": &M29, "M30": &M30,
	"M31": &M31, "M32": &M32, "M33": &M33, "M34": &M34, "M35": &M35, "M36": &M36,
	"M37": &M37, "M38": &M38, "M39": &M39, "M40": &M40, "M41": &M41, "M42": &M42,
	"M43": &M43, "M46": &M46, "M50": &M50, "M51": &M51, "M52": &M52, "M53": &M53,
	"M55": &M55, "M56": &M56, "M57": &M57, "M58": &M58, "M59": &M59, "M60": &M60,
	"M61": &M61, "M62": &M62, "M63": &M63, "M64": &M64, "M65": &M65, "M66": &M66,
	"M67": &M67, "M68": &M68, "M69": &M69, "M70": &M70, "M71": &M71, "M72": &M72,
	"M73": &M73, "M74": &M74, "M75": &M75, "M76": &M76, "M77": &M77, "M78": &M78,
	"M79": &M79, "M80": &M80, "M81": &M81, "M82": &M82, "M83": &M83, "M84": &M84,
	"M85": &M85, "M86": &M86, "M87": &M87, "M88": &M88, "M89": &M89, "M90": &M90,
	"M91": &M91, "M92": &M92, "M93": &M93, "M94": &M94, "M95": &M95, "M96": &M96,
	"M97": &M97, "M98": &M98, "M99": &M99,
	"M100": &M100, "M101": &M101, "M102": &M102, "M103": &M103,
	"M104": &M104,
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
