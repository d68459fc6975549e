package syscalls

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCountsOfPerfAreRead(t *testing.T) {
	got, err := parsePerf(`# started on Thu Jan  1 00:00:00 2026

143,,raw_syscalls:sys_enter,1000,100.00,,
40,,syscalls:sys_enter_futex,1000,100.00,,
0,,syscalls:sys_enter_poll,1000,100.00,,
<not counted>,,syscalls:sys_enter_read,0,100.00,,
`)
	want := Counts{143, map[string]float64{"futex": 40, "poll": 0, others: 103}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, text := range []string{"", "<not supported>,,raw_syscalls:sys_enter,0,100.00,,", "event syntax error"} {
		if got, err := parsePerf(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestCountsOfStraceAreRead(t *testing.T) {
	got, err := parseStrace(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 92.73    0.000102         102         1           write
  7.27    0.000008           0        23         4 futex
------ ----------- ----------- --------- --------- ----------------
100.00    0.000110           4        24         4 total
`)
	want := Counts{24, map[string]float64{"write": 1, "futex": 23}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err := parseStrace(""); err != nil || got.Total != 0 {
		t.Errorf("no calls: %+v, %v", got, err)
	}
	if got, err := parseStrace(" 92.73    0.000102         102         1           write\n"); err == nil {
		t.Errorf("half a table: %+v", got)
	}
}

func TestMostFrequentCallsComeFirst(t *testing.T) {
	c := Counts{60, map[string]float64{"a": 10, "b": 30, "c": 10, "d": 0, "e": 5}}.PerOperation(10)
	if got, want := c.Top(3), []Call{{"b", 3}, {"a", 1}, {"c", 1}}; c.Total != 6 || !reflect.DeepEqual(got, want) {
		t.Errorf("%v of %v, want %v of 6", got, c.Total, want)
	}
	if got := c.Top(9); len(got) != 4 {
		t.Errorf("%v: want no calls that were not made", got)
	}
}

func TestReasonIsToldIfNothingCounts(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, name := range Names() {
		if tool, err := Find(name); err == nil {
			t.Errorf("%s gave %+v", name, tool)
		} else if name == Auto && (!strings.Contains(err.Error(), "perf") || !strings.Contains(err.Error(), "install-tool")) {
			t.Errorf("err = %v, want one that names both tools", err)
		}
	}
}

// TestMain lets the test executable be a process that makes a known number of
// calls between two lines of its input.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "caller" {
		line := make([]byte, 1)
		_, _ = os.Stdin.Read(line)
		for range knownCalls {
			_, _ = os.Stdout.Write([]byte("x"))
		}
		_, _ = os.Stdin.Read(line)
		return
	}
	os.Exit(m.Run())
}

const knownCalls = 1000

func TestToolsCountTheCallsOfAProcess(t *testing.T) {
	for _, name := range []string{"perf", "strace"} {
		t.Run(name, func(t *testing.T) {
			tool, err := Find(name)
			if err != nil {
				t.Skip(err)
			}
			command := exec.Command(os.Args[0], "caller")
			input, err := command.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			output, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			defer command.Wait()
			defer input.Close()
			time.Sleep(200 * time.Millisecond) // it reads by then
			session, err := tool.Attach(command.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = input.Write([]byte("\n"))
			for read, text := 0, make([]byte, knownCalls); read < knownCalls; {
				n, err := output.Read(text)
				if err != nil {
					t.Fatal(err)
				}
				read += n
			}
			counts, err := session.Detach()
			if err != nil {
				t.Fatal(err)
			}
			if writes := counts.ByName["write"]; writes < knownCalls-1 || writes > knownCalls+20 || counts.Total < writes || counts.Total > 3*knownCalls {
				t.Errorf("%d writes are counted as %+v", knownCalls, counts)
			}
		})
	}
}
