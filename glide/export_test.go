package glide

import "testing"

// What the tests in package glide_test need of the tests here. Those that start
// servers are there: package glidetest imports this one.

// Sent is a command as it is sent.
type Sent struct {
	Name        string
	Words, Keys []string
}

// AllSent are the rows of all tables of what is sent.
func AllSent() (all []Sent) {
	for _, row := range allSendings() {
		all = append(all, Sent{row.definition.name, row.definition.words, row.definition.keys})
	}
	return all
}

// StartProtectedServer starts a server that has a password.
var StartProtectedServer func(t *testing.T, password string) Address
