package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/delayproxy"
	"github.com/valkey-glide/go/glide/glidetest"
)

// A deployment is what the clients are measured against: servers, and proxies
// before them where a load has a delay.
type deployment struct {
	targets   map[place]clients.Target
	servers   []string // described
	processes map[clients.Mode]map[int]bool
	closers   []func() error
}

// deploy starts what the loads need for the run, or takes the given server.
func deploy(ctx context.Context, o options) (_ *deployment, err error) {
	d := &deployment{targets: map[place]clients.Target{}, processes: map[clients.Mode]map[int]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	for _, l := range o.loads {
		if _, ok := d.targets[l.place]; ok {
			continue
		}
		near, ok := d.targets[place{mode: l.place.mode}]
		if !ok {
			if near, err = d.start(ctx, l.place.mode, o.server); err != nil {
				return nil, err
			}
			d.targets[place{mode: l.place.mode}] = near
		}
		if l.place.delay > 0 {
			if d.targets[l.place], err = d.moveAway(near, l.place.delay); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *deployment) start(ctx context.Context, mode clients.Mode, given string) (clients.Target, error) {
	switch {
	case given != "":
		return d.existing(ctx, mode, given)
	case mode == clients.Cluster:
		return d.startCluster(ctx)
	default:
		return d.startServer(ctx)
	}
}

// existing tries the given server, for one clear message instead of one from
// each client.
func (d *deployment) existing(ctx context.Context, mode clients.Mode, address string) (clients.Target, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return clients.Target{}, fmt.Errorf("-server: %w", err)
	}
	defer connection.Close()
	target, err := targetOf(mode, address)
	if err != nil {
		return clients.Target{}, err
	}
	info := infoOf(connection)
	version := field(info, "valkey_version")
	if version == "" {
		version = field(info, "redis_version")
	}
	d.servers = append(d.servers, strings.TrimSpace("given: "+address+" "+version))
	// The other nodes of a cluster would have to be found for it. A process
	// elsewhere may have the number of one that is here.
	ip, isIP := connection.RemoteAddr().(*net.TCPAddr)
	if mode == clients.Standalone && isIP && ip.IP.IsLoopback() {
		d.addProcess(mode, info)
	}
	return target, nil
}

// infoOf asks a server what it is. A server that does not tell, for lack of a
// password, is as good to measure.
func infoOf(connection net.Conn) string {
	_ = connection.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := connection.Write([]byte("INFO server\r\nQUIT\r\n")); err != nil {
		return ""
	}
	text, err := io.ReadAll(connection)
	if err != nil && len(text) == 0 {
		return ""
	}
	return string(text)
}

// field finds a line "name:value" in what INFO answers.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// addProcess notes the process that INFO reports.
func (d *deployment) addProcess(mode clients.Mode, info string) {
	pid, err := strconv.Atoi(field(info, "process_id"))
	if err != nil || pid <= 0 {
		return
	}
	if d.processes[mode] == nil {
		d.processes[mode] = map[int]bool{}
	}
	d.processes[mode][pid] = true
}

// addServer notes the process of a server that was started here.
func (d *deployment) addServer(mode clients.Mode, server *glidetest.Server) error {
	info, err := server.Command("INFO", "server")
	if err != nil {
		return err
	}
	d.addProcess(mode, fmt.Sprint(info))
	return nil
}

func (d *deployment) startServer(ctx context.Context) (clients.Target, error) {
	server, err := glidetest.StartServer(ctx)
	if err != nil {
		return clients.Target{}, err
	}
	d.closers = append(d.closers, server.Close)
	d.servers = append(d.servers, server.Version().String())
	if err := d.addServer(clients.Standalone, server); err != nil {
		return clients.Target{}, err
	}
	return clients.Target{Mode: clients.Standalone, Host: server.Host(), Port: server.Port()}, nil
}

// startCluster leaves replicas out: nothing is read from them, and on a small
// machine they take the clients' CPU.
func (d *deployment) startCluster(ctx context.Context) (clients.Target, error) {
	cluster, err := glidetest.StartServerCluster(ctx, glidetest.WithReplicas(0))
	if err != nil {
		return clients.Target{}, err
	}
	d.closers = append(d.closers, cluster.Close)
	d.servers = append(d.servers, fmt.Sprintf("%v, cluster of %d primaries", cluster.Version(), len(cluster.Nodes())))
	for _, node := range cluster.Nodes() {
		if err := d.addServer(clients.Cluster, node); err != nil {
			return clients.Target{}, err
		}
	}
	seed := cluster.Nodes()[0]
	return clients.Target{Mode: clients.Cluster, Host: seed.Host(), Port: seed.Port()}, nil
}

// moveAway puts a proxy before a server. It runs in this process, which is
// otherwise idle while a client is measured.
func (d *deployment) moveAway(near clients.Target, delay time.Duration) (clients.Target, error) {
	proxy, err := delayproxy.Start(net.JoinHostPort(near.Host, strconv.Itoa(near.Port)), delay)
	if err != nil {
		return clients.Target{}, err
	}
	d.closers = append(d.closers, proxy.Close)
	return clients.Target{Mode: near.Mode, Host: proxy.Host(), Port: proxy.Port()}, nil
}

func (d *deployment) String() string { return strings.Join(d.servers, "; ") }

func (d *deployment) close() error {
	var all error
	for i := len(d.closers) - 1; i >= 0; i-- { // proxies before their servers
		all = errors.Join(all, d.closers[i]())
	}
	return all
}

// end is for a deferred call: by then the figures are in, and only the user
// can look after a server that does not end.
func (d *deployment) end() {
	if err := d.close(); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks: ending the server:", err)
	}
}
