package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// setPasswords changes the passwords that the clients' user has at all servers.
func (r *run) setPasswords(changes ...string) error {
	for _, node := range r.nodes() {
		if _, err := node.Command(append([]string{"ACL", "SETUSER", user}, changes...)...); err != nil {
			return err
		}
		if _, err := node.Command("CONFIG", "REWRITE"); err != nil { // for restarts
			return err
		}
	}
	return nil
}

// tellClients tells the clients a new password. A server that cannot be asked
// makes that fail if they are to authenticate at once.
func (r *run) tellClients(password string, immediately bool) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, client := range r.clients {
		for begun := time.Now(); ; {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			err := client.UpdateConnectionPassword(ctx, password, immediately)
			cancel()
			if err == nil {
				break
			}
			if time.Since(begun) > 20*time.Second {
				return err
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	r.password = password
	return nil
}

func (r *run) passwords(dice *rand.Rand) (former, next string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.password, fmt.Sprint("password", dice.IntN(1e9))
}

// rotatePassword changes the password as one should: the servers know both for
// a while. No caller is refused.
func rotatePassword(r *run, dice *rand.Rand) fault {
	former, next := r.passwords(dice)
	immediately := dice.IntN(2) == 0
	return fault{
		what:   fmt.Sprintf("immediately: %t", immediately),
		inject: func() error { return r.setPasswords(">" + next) },
		repair: func() error {
			if err := r.tellClients(next, immediately); err != nil {
				return err
			}
			return r.setPasswords("<" + former)
		},
	}
}

// rotateAbruptly changes the password before the clients know.
func rotateAbruptly(r *run, dice *rand.Rand) fault {
	former, next := r.passwords(dice)
	immediately, lasts := dice.IntN(2) == 0, between(dice, 0, time.Second)
	return fault{
		what: fmt.Sprintf("immediately: %t, after %v", immediately, lasts),
		inject: func() error {
			r.refused.Add(1)
			return r.setPasswords(">"+next, "<"+former)
		},
		lasts: lasts,
		repair: func() error {
			if err := r.tellClients(next, immediately); err != nil {
				return err
			}
			// Calls that have been refused may still be on their way.
			time.AfterFunc(3*time.Second, func() { r.refused.Add(-1) })
			return nil
		},
	}
}
