package fakeserver

import (
	"strconv"
	"sync"
)

// Data is what commands have done: counters and values.
type Data struct {
	mutex    sync.Mutex
	counters map[string]int
	values   map[string]string
}

// Runs is how often a key was incremented.
func (d *Data) Runs(key string) int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.counters[key]
}

func (d *Data) incr(key string) int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.counters == nil {
		d.counters = map[string]int{}
	}
	d.counters[key]++
	return d.counters[key]
}

func (d *Data) set(key, value string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.values == nil {
		d.values = map[string]string{}
	}
	d.values[key] = value
}

func (d *Data) get(key string) string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if value, ok := d.values[key]; ok {
		return Bulk(value)
	}
	if n, ok := d.counters[key]; ok {
		return Bulk(strconv.Itoa(n))
	}
	return NullBulk
}

func (d *Data) size() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return len(d.counters) + len(d.values)
}
