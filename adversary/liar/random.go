package liar

import "fmt"

// Random draws the text of a behaviour for Parse: one of Behaviours in half of the
// cases, else two of them combined, or one under a condition. 0 is the simplest choice.
func Random(draw func(label string, n uint64) uint64) string {
	one := func() string { return Behaviours[draw("behaviour", uint64(len(Behaviours)))].Name }
	if draw("combined", 2) == 0 {
		return one()
	}
	switch draw("form", 6) {
	case 0:
		return fmt.Sprintf("compose(%s,%s)", one(), one())
	case 1:
		return fmt.Sprintf("when(view>=%d,%s)", 1+draw("view", 3), one())
	case 2:
		return fmt.Sprintf("after(%dms,%s)", 50+draw("after", 1000), one())
	case 3:
		return fmt.Sprintf("until(%dms,%s)", 50+draw("until", 1000), one())
	case 4:
		to := []string{"upper", "lower", "victim", "others", "primary", "next"}
		return fmt.Sprintf("towards(%s,%s)", to[draw("to", uint64(len(to)))], one())
	}
	return fmt.Sprintf("compose(sometimes(%d,%s),%s)", 1+draw("sometimes", 99), one(), one())
}
