package glidetest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

// process is a running server. It is only ever ended through the handle it was started with.
type process struct {
	command *exec.Cmd
	done    chan struct{} // closed when it has ended
	paused  bool
}

// startProcess runs binary under the given name, its output appended to log.
func startProcess(binary, name, folder string, args []string, log *os.File) (*process, error) {
	command := exec.Command(binary, args...)
	command.Args[0] = name
	command.Dir = folder
	command.Stdout, command.Stderr = log, log
	dieWithParent(command)

	p := &process{command: command, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// On Linux "the parent" whose death ends the process is the thread that forked it. So that thread belongs to
		// this goroutine, which stays until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // how it ended is in the log, and servers are mostly killed
			close(p.done)
		}
	}()
	return p, <-started
}

func (p *process) pid() int { return p.command.Process.Pid }

// running says whether the process has not ended. A paused one is running.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) pause() error {
	if err := stopSignal(p.command.Process); err != nil {
		return err
	}
	p.paused = true
	return nil
}

func (p *process) resume() error {
	p.paused = false
	return continueSignal(p.command.Process)
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() error { return p.end(os.Kill) }

// stop lets the process end itself and returns when it is gone.
func (p *process) stop() error { return p.end(terminateSignal) }

func (p *process) end(signal os.Signal) error {
	if !p.running() {
		return nil
	}
	if p.paused {
		_ = p.resume() // a process that is asleep does not see other signals
	}
	// It may end by itself meanwhile; then there is nothing to signal, and that is well.
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return nil
}
