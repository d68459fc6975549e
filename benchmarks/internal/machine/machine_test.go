package machine

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestIdleShareIsOfAllTicksButTheGuestsOnes(t *testing.T) {
	before, err := parseStat("cpu  100 10 50 1000 20 3 7 10 40 4\ncpu0 1 2 3 4 5\n")
	if err != nil {
		t.Fatal(err)
	}
	if before != (CPUTime{Idle: 1020, Total: 1200}) {
		t.Errorf("%+v, want 1020 idle of 1200", before)
	}
	after, err := parseStat("cpu  130 10 60 1050 30 3 7 10 70 4\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := after.IdleSince(before); got != 0.6 {
		t.Errorf("idle = %v, want 60 of 100", got)
	}
	if got := before.IdleSince(before); !math.IsNaN(got) {
		t.Errorf("idle in no time = %v, want NaN", got)
	}
	if got := (CPUTime{Idle: 1019, Total: 1300}).IdleSince(before); got != 0 {
		t.Errorf("idle time that stepped back = %v, want 0", got)
	}
}

func TestWhatIsNoStatIsRefused(t *testing.T) {
	for _, text := range []string{"", "intr 5", "cpu 1 2", "cpu 1 2 3 x 5 6 7"} {
		if got, err := parseStat(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestThreadsThatStartAndEndAreTakenIntoAccount(t *testing.T) {
	before := Snapshot{
		{1, 1}: {Voluntary: 10, Involuntary: 1, Migrations: 2, CPU: time.Second},
		{1, 2}: {Voluntary: 99, Involuntary: 9, Migrations: 9, CPU: time.Minute}, // ends
		{5, 1}: {Voluntary: 20, Migrations: math.NaN()},                          // of another process
	}
	after := Snapshot{
		{1, 1}: {Voluntary: 15, Involuntary: 2, Migrations: 2, CPU: 3 * time.Second},
		{1, 3}: {Voluntary: 7, Involuntary: 4, Migrations: 1, CPU: time.Second}, // starts
	}
	if got, want := after.Since(before), (Usage{12, 5, 1, 3 * time.Second}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	after[thread{5, 1}] = Usage{Voluntary: 21, Migrations: math.NaN()}
	if got := after.Since(before); got.Voluntary != 13 || !math.IsNaN(got.Migrations) {
		t.Errorf("%+v: want 13 voluntary switches and unknown migrations", got)
	}
	if got := after.Since(nil); got.Known() {
		t.Errorf("since an unknown snapshot: %+v", got)
	}
}

func TestValuesAreFoundByTheirWholeName(t *testing.T) {
	const status = "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t34\nse.nr_migrations      :     56\n"
	for name, want := range map[string]float64{"voluntary_ctxt_switches": 12, "nonvoluntary_ctxt_switches": 34, "se.nr_migrations": 56} {
		if got, ok := valueAfter(status, name); !ok || got != want {
			t.Errorf("%s = %v, %v; want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"ctxt_switches", "Name"} {
		if got, ok := valueAfter(status, name); ok {
			t.Errorf("%s = %v", name, got)
		}
	}
}

func TestOwnThreadsAreRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		if s := Processes([]int{os.Getpid()}); s != nil {
			t.Errorf("threads are known without /proc: %v", s)
		}
		return
	}
	before := Processes([]int{os.Getpid()})
	for range 20 {
		time.Sleep(time.Millisecond)
	}
	used := Processes([]int{os.Getpid()}).Since(before)
	if !used.Known() || used.Voluntary < 1 || used.Involuntary < 0 || used.CPU <= 0 || used.CPU > time.Minute {
		t.Errorf("sleeping 20 times took %+v", used)
	}
	if s := Processes([]int{os.Getpid(), 1 << 30}); s != nil {
		t.Errorf("a process that does not exist was read: %v", s)
	}
	if s := Processes(nil); s != nil {
		t.Errorf("no processes have %v", s)
	}
}

func TestCPUHasAName(t *testing.T) {
	for text, want := range map[string]string{
		"processor\t: 0\nmodel name\t: AMD  EPYC 7B13\nprocessor\t: 1\nmodel name\t: other\n": "AMD EPYC 7B13",
		"CPU implementer\t: 0x41\nCPU part\t: 0xd40\n":                                        "ARM, implementer 0x41, part 0xd40",
		"": "",
	} {
		if got := modelOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if runtime.GOOS == "linux" && (Model() == "" || !strings.HasPrefix(Kernel(), "Linux ")) {
		t.Errorf("this machine is %q with %q", Model(), Kernel())
	}
}

func TestWakingUpTakesTime(t *testing.T) {
	took, err := WakeUp()
	if err != nil {
		t.Skipf("not measured here: %v", err)
	}
	t.Logf("%v", took)
	if took < 100*time.Nanosecond || took > 100*time.Millisecond {
		t.Errorf("waking a thread takes %v", took)
	}
}
