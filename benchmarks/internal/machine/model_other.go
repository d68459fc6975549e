//go:build !linux && !darwin

package machine

// Model returns the name of the CPU, or nothing if it is unknown.
func Model() string { return "" }

// Kernel returns the kernel's release, or nothing if it is unknown.
func Kernel() string { return "" }
