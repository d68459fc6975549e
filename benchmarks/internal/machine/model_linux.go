package machine

import (
	"os"
	"strings"
)

// Model returns the name of the CPU, or nothing if it is unknown.
func Model() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	return modelOf(string(text))
}

// Kernel returns the kernel's release, or nothing if it is unknown.
func Kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return "Linux " + strings.TrimSpace(string(text))
}
