package worker

import "syscall"

// allowTracing lets strace look at this process where the kernel otherwise
// permits that to parents alone.
func allowTracing() {
	const (
		setPtracer = 0x59616d61
		anyone     = ^uintptr(0)
	)
	// A kernel without such a restriction does not know the option.
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setPtracer, anyone, 0)
}
