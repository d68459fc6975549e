package machine

import (
	"strings"
)

// modelOf finds the name of the CPU in the text of /proc/cpuinfo. ARM's kernels
// give numbers instead of a name.
func modelOf(cpuinfo string) string {
	fields := map[string]string{}
	for line := range strings.Lines(cpuinfo) {
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if ok && fields[key] == "" {
			fields[key] = strings.Join(strings.Fields(value), " ")
		}
	}
	switch {
	case fields["model name"] != "":
		return fields["model name"]
	case fields["CPU part"] != "":
		return "ARM, implementer " + fields["CPU implementer"] + ", part " + fields["CPU part"]
	default:
		return fields["cpu"] // POWER
	}
}
