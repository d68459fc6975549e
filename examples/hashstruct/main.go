// Hashstruct keeps structs in hashes: all fields at once, or one alone, which others may
// change at the same time.
//
// Commands: HSET, HGETALL, HINCRBY.
//
//	go run ./hashstruct
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	stored: {Name:Ada Visits:1 Email:<nil> Born:1815-12-10 00:00:00 +0000 UTC}
//	changed: {Name:Ada Visits:2 Email:<nil> Born:1815-12-10 00:00:00 +0000 UTC}
//	without a hash: no such user
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

var errUnknown = errors.New("no such user")

// User is stored in a hash. Tags of go-redis (redis:"name") are understood, too.
type User struct {
	Name   string                 `glide:"name"`
	Visits int                    `glide:"visits"`
	Email  glide.Optional[string] `glide:"email"` // no field of the hash if it has no value
	Born   time.Time              `glide:"born"`
}

// Users are the users, each in a hash.
type Users struct {
	Client glide.Commands
	Prefix string
}

// Store writes all fields. A field without a value is not removed: use HDel for that.
func (u Users) Store(ctx context.Context, id string, user User) error {
	fields, err := glide.EncodeHash(user)
	if err != nil {
		return err
	}
	_, err = u.Client.HSet(ctx, u.Prefix+id, fields)
	return err
}

// Load returns a user, or errUnknown.
func (u Users) Load(ctx context.Context, id string) (User, error) {
	user, err := glide.HGetAllAs[User](ctx, u.Client, u.Prefix+id)
	if err != nil {
		return User{}, err
	}
	return user.OrErr(errUnknown)
}

// Visit counts a visit. It changes one field, however many do it at the same time.
func (u Users) Visit(ctx context.Context, id string) error {
	_, err := u.Client.HIncrBy(ctx, u.Prefix+id, "visits", 1)
	return err
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

	users := Users{client, "example:user:"}
	ada := User{Name: "Ada", Visits: 1, Born: time.Date(1815, time.December, 10, 0, 0, 0, 0, time.UTC)}
	if err := users.Store(ctx, "1", ada); err != nil {
		return err
	}
	stored, err := users.Load(ctx, "1")
	if err != nil {
		return err
	}
	fmt.Printf("stored: %+v\n", stored)

	if err := users.Visit(ctx, "1"); err != nil {
		return err
	}
	changed, err := users.Load(ctx, "1")
	if err != nil {
		return err
	}
	fmt.Printf("changed: %+v\n", changed)
	if _, err := client.Del(ctx, users.Prefix+"1"); err != nil {
		return err
	}
	_, err = users.Load(ctx, "1")
	fmt.Println("without a hash:", err)
	return nil
}
