package glidetest

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// Version is the name and version of a server, so that a test can state what
// that server lacks.
type Version struct {
	Name                string // "valkey" or "redis"
	Major, Minor, Patch int
}

// AtLeast reports whether the server is at least as new as the version of its
// name: AtLeast("9.0", "7.4") for a command of Valkey 9.0 and Redis 7.4. An
// empty version means that no version of that server suffices.
func (v Version) AtLeast(valkey, redis string) bool {
	wanted := redis
	if v.Name == "valkey" {
		wanted = valkey
	}
	if wanted == "" {
		return false
	}
	major, minor, patch := parseVersion(wanted)
	if v.Major != major {
		return v.Major > major
	}
	if v.Minor != minor {
		return v.Minor > minor
	}
	return v.Patch >= patch
}

// String returns the name and version, such as "valkey 8.0.1".
func (v Version) String() string {
	return fmt.Sprintf("%s %d.%d.%d", v.Name, v.Major, v.Minor, v.Patch)
}

func parseVersion(text string) (major, minor, patch int) {
	numbers := [3]int{}
	for i, part := range strings.SplitN(text, ".", 3) {
		numbers[i], _ = strconv.Atoi(part) // a part that is no number counts as 0
	}
	return numbers[0], numbers[1], numbers[2]
}

var versionPattern = regexp.MustCompile(`^(Valkey|Redis) server v=(\S+)`)

// binaryVersion asks the program, as some of the configuration depends on the answer.
func binaryVersion(binary string) (Version, error) {
	command := exec.Command(binary, "--version")
	command.Args[0] = programName(binary)
	output, err := command.Output()
	if err != nil {
		return Version{}, fmt.Errorf("glidetest: %s --version: %w", binary, err)
	}
	found := versionPattern.FindSubmatch(output)
	if found == nil {
		return Version{}, fmt.Errorf("glidetest: %s is no server of Valkey or Redis: %q", binary, output)
	}
	v := Version{Name: strings.ToLower(string(found[1]))}
	v.Major, v.Minor, v.Patch = parseVersion(string(found[2]))
	return v, nil
}
