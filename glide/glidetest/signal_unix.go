//go:build unix

package glidetest

import (
	"os"
	"syscall"
)

const terminateSignal = syscall.SIGTERM

func stopSignal(p *os.Process) error     { return p.Signal(syscall.SIGSTOP) }
func continueSignal(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
