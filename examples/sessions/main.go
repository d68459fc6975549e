// Sessions keeps the sessions of a web site. A session expires if it is not used for a
// while. Its key is a hash of the token, so that who reads the database cannot use it.
//
// Commands: SET with PX, GETEX with PX, UNLINK, SCAN.
//
//	go run ./sessions
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	data: {"user":"ann","cart":["tea"]}
//	sessions: 1
//	after its end: no such session
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

// ErrNoSession is returned for a session that has expired or never existed.
var ErrNoSession = errors.New("no such session")

// Store keeps sessions, each of which lasts for a time after it was last used.
type Store struct {
	Client glide.UniversalClient
	Prefix string
	Lasts  time.Duration
}

func (s Store) key(token string) string {
	sum := sha256.Sum256([]byte(token))
	return s.Prefix + hex.EncodeToString(sum[:])
}

// Begin stores the data of a session and returns its token, which goes into a cookie.
func (s Store) Begin(ctx context.Context, data string) (token string, err error) {
	token = rand.Text()
	err = s.Client.Set(ctx, s.key(token), data, glide.ExpireIn(s.Lasts))
	if err != nil {
		return "", err
	}
	return token, nil
}

// Use returns the data of a session, and lets it last longer.
func (s Store) Use(ctx context.Context, token string) (data string, err error) {
	stored, err := s.Client.GetEx(ctx, s.key(token), glide.ExpireIn(s.Lasts))
	if err != nil {
		return "", err
	}
	return stored.OrErr(ErrNoSession)
}

// End ends a session. It is no error if it has ended.
func (s Store) End(ctx context.Context, token string) error {
	_, err := s.Client.Unlink(ctx, s.key(token))
	return err
}

// Count counts the sessions. Those that begin or end meanwhile may be counted or not.
func (s Store) Count(ctx context.Context) (count int, err error) {
	for _, err := range s.Client.AllKeys(ctx, glide.Match(s.Prefix+"*"), glide.Count(1000)) {
		if err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	store := Store{client, "example:session:", time.Hour}
	token, err := store.Begin(ctx, `{"user":"ann","cart":["tea"]}`)
	if err != nil {
		return err
	}
	data, err := store.Use(ctx, token)
	if err != nil {
		return err
	}
	fmt.Println("data:", data)
	count, err := store.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Println("sessions:", count)
	if err := store.End(ctx, token); err != nil {
		return err
	}
	_, err = store.Use(ctx, token)
	fmt.Println("after its end:", err)
	return nil
}
