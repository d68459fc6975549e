// Package machine reports what a measurement runs on, and reads the kernel's
// counters of what processes and CPUs have done.
//
// The counters are those of Linux. Elsewhere they are unknown, which is NaN or
// an error, never zero.
package machine
