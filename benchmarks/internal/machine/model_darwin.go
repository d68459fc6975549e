package machine

import "syscall"

// Model returns the name of the CPU, or nothing if it is unknown.
func Model() string {
	name, err := syscall.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}

// Kernel returns the kernel's release, or nothing if it is unknown.
func Kernel() string {
	release, err := syscall.Sysctl("kern.osrelease")
	if err != nil {
		return ""
	}
	return "Darwin " + release
}
