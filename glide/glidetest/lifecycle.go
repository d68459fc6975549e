package glidetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// errClosed is what a server that was closed answers to being started or paused.
var errClosed = errors.New("glidetest: the server is closed")

// startServer starts one server, on the first free port that it gets hold of.
func startServer(ctx context.Context, s settings, certificates *Certificates, extra [][]string) (*Server, error) {
	folder, err := os.MkdirTemp("", "glidetest-")
	if err != nil {
		return nil, err
	}
	server := &Server{
		settings: s, certificates: certificates, extra: extra, folder: folder,
		password: s.password, adminPassword: s.adminPassword,
	}
	for range 20 {
		err = server.choosePorts()
		if err == nil {
			err = server.launch(ctx)
		}
		if !errors.Is(err, errAddressInUse) {
			break
		}
		server.releasePorts() // somebody was faster
	}
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// startReplicas starts a standalone server's replicas and waits until they follow it.
func (s *Server) startReplicas(ctx context.Context) error {
	s.replicas = make([]*Server, s.settings.replicas)
	err := inParallel(len(s.replicas), func(i int) (err error) {
		follow := [][]string{{"replicaof", host, strconv.Itoa(s.port)}}
		s.replicas[i], err = startServer(ctx, s.settings, s.certificates, follow)
		return err
	})
	if err != nil {
		return err
	}
	return poll(ctx, func() (bool, error) {
		info, err := s.info(ctx)
		online := 0
		for i := range s.replicas {
			if strings.Contains(info["slave"+strconv.Itoa(i)], "state=online") {
				online++
			}
		}
		if err != nil || online < len(s.replicas) {
			return false, errors.Join(fmt.Errorf("glidetest: %d of %d replicas online", online, len(s.replicas)), err)
		}
		for _, replica := range s.replicas {
			if info, err := replica.info(ctx); info["master_link_status"] != "up" {
				return false, errors.Join(errors.New("glidetest: a replica has not caught up"), err)
			}
		}
		return true, nil
	})
}

func (s *Server) choosePorts() (err error) {
	if s.port, err = reservePort(); err != nil {
		return err
	}
	if s.settings.has(PlainPort) {
		if s.plainPort, err = reservePort(); err != nil {
			return err
		}
	}
	return s.writeConfig()
}

func (s *Server) releasePorts() {
	releasePort(s.port)
	releasePort(s.plainPort)
}

func (s *Server) configPath() string { return filepath.Join(s.folder, "server.conf") }

// writeConfig is done once: a server that restarts finds what CONFIG REWRITE has made of the file.
func (s *Server) writeConfig() error {
	lines := [][]string{{"dir", s.folder}}
	if s.certificates == nil {
		lines = append(lines, []string{"port", strconv.Itoa(s.port)})
	} else {
		files, err := s.certificates.write(s.folder)
		if err != nil {
			return err
		}
		authenticate := "no"
		if s.settings.has(MutualTLS) {
			authenticate = "yes"
		}
		lines = append(lines, files...)
		lines = append(lines,
			[]string{"port", strconv.Itoa(s.plainPort)},
			[]string{"tls-port", strconv.Itoa(s.port)},
			[]string{"tls-auth-clients", authenticate},
			[]string{"tls-replication", "yes"},
			[]string{"tls-cluster", "yes"})
	}
	lines = append(lines, s.extra...)
	lines = append(lines, s.settings.lines()...)
	return os.WriteFile(s.configPath(), configFile(lines), 0o600)
}

// launch starts the process on the server's ports and waits until it serves.
func (s *Server) launch(ctx context.Context) error {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	before, err := log.Stat()
	if err != nil {
		return err
	}
	s.process, err = startProcess(s.settings.binary, programName(s.settings.binary), s.folder, []string{s.configPath()}, log)
	if err != nil {
		s.process = nil
		return fmt.Errorf("glidetest: %w", err)
	}
	err = poll(ctx, func() (bool, error) {
		if !s.process.running() {
			return true, exitError(s.settings.binary, s.Log()[before.Size():])
		}
		return s.serves(ctx)
	})
	if err != nil {
		return errors.Join(err, s.process.kill())
	}
	return nil
}

// serves reports whether the process answers. Something else might answer on its port, so it is asked who it is.
func (s *Server) serves(ctx context.Context) (bool, error) {
	info, err := s.info(ctx)
	if err != nil {
		return false, err
	}
	if info["process_id"] != strconv.Itoa(s.process.pid()) {
		return false, fmt.Errorf("glidetest: process %s answers on %s", info["process_id"], s.Addr())
	}
	if info["loading"] != "0" {
		return false, errors.New("glidetest: the server is loading its data")
	}
	return true, nil
}

// exitError says why a server ended before it served, as far as its log tells.
func exitError(binary, log string) error {
	if strings.Contains(log, "Address already in use") {
		return errAddressInUse
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	tail := strings.Join(lines[max(0, len(lines)-8):], "\n\t")
	return fmt.Errorf("glidetest: %s ended as soon as it was started:\n\t%s", binary, tail)
}

// Kill ends the server at once, like a crash: data that it has not saved is
// lost. [Server.Restart] starts it again.
func (s *Server) Kill() error { return s.change((*process).kill) }

// Stop shuts the server down in an orderly way. [Server.Restart] starts it
// again.
func (s *Server) Stop() error { return s.change((*process).stop) }

// Pause stops the process of the server, with its connections open, until
// [Server.Resume].
func (s *Server) Pause() error { return s.change((*process).pause) }

// Resume ends a [Server.Pause].
func (s *Server) Resume() error { return s.change((*process).resume) }

func (s *Server) change(how func(*process) error) error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return errClosed
	}
	return how(s.process)
}

// Restart starts the server again on the same port and returns when it serves
// requests. A server that runs is killed first; call [Server.Stop] before for
// an orderly shutdown. Data is lost unless the server was configured to save
// it.
func (s *Server) Restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return errClosed
	}
	if err := s.process.kill(); err != nil {
		return err
	}
	for {
		// The kernel, or someone who looks for a free port, may hold the port
		// for a moment.
		err := s.launch(ctx)
		if !errors.Is(err, errAddressInUse) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isUp reports whether the server runs and is not paused.
func (s *Server) isUp() bool {
	s.running.Lock()
	defer s.running.Unlock()
	return !s.closed && s.process.running() && !s.process.paused
}

// Close ends the server and its replicas and removes their files. It may be called more than once.
func (s *Server) Close() error {
	errs := make([]error, len(s.replicas), len(s.replicas)+2)
	for i, replica := range s.replicas {
		if replica != nil { // nil is one that did not start
			errs[i] = replica.Close()
		}
	}
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.process != nil {
		errs = append(errs, s.process.kill())
	}
	s.releasePorts()
	return errors.Join(append(errs, os.RemoveAll(s.folder))...)
}

// inParallel calls do for 0 to n-1 at once and returns when all are done.
func inParallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}
