// Transfer moves money between accounts. It reads both balances, decides, and writes
// both at once; if another transfer has changed one of them meanwhile, it starts again.
//
// Commands: WATCH, GET, MULTI, SET, EXEC, on a dedicated connection.
//
//	go run ./transfer
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000,
// where all accounts are in one slot, because of the braces.
//
// Output:
//
//	20 transfers at once: ann has 80, bob has 120
//	100 more: not enough money
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
)

var errFunds = errors.New("not enough money")

func account(name string) string { return "{example:bank}:" + name }

// balance returns what is in an account, which is 0 for one that does not exist.
func balance(ctx context.Context, on glide.StringCommands, name string) (int64, error) {
	text, err := on.Get(ctx, account(name))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text.Or("0"), 10, 64)
}

// Transfer moves an amount, or returns errFunds. The error of a transfer that may or may
// not have happened is not glide.SafeToRetry: a real bank records transfers by a number,
// in the same transaction, to find out.
func Transfer(ctx context.Context, client glide.UniversalClient, from, to string, amount int64) error {
	watched := []string{account(from), account(to)}
	_, err := client.Optimistic(ctx, watched, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
		giver, err := balance(ctx, c, from)
		if err != nil {
			return nil, err
		}
		taker, err := balance(ctx, c, to)
		if err != nil {
			return nil, err
		}
		if giver < amount {
			return nil, errFunds
		}
		return glide.NewTransaction().
			Set(account(from), strconv.FormatInt(giver-amount, 10)).
			Set(account(to), strconv.FormatInt(taker+amount, 10)), nil
	})
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

	if err := client.MSet(ctx, map[string]string{account("ann"): "100", account("bob"): "100"}); err != nil {
		return err
	}
	var transfers errgroup.Group
	for range 20 {
		transfers.Go(func() error { return Transfer(ctx, client, "ann", "bob", 1) })
	}
	if err := transfers.Wait(); err != nil {
		return err
	}
	ann, err := balance(ctx, client, "ann")
	if err != nil {
		return err
	}
	bob, err := balance(ctx, client, "bob")
	if err != nil {
		return err
	}
	fmt.Printf("20 transfers at once: ann has %d, bob has %d\n", ann, bob)
	err = Transfer(ctx, client, "ann", "bob", 100)
	fmt.Println("100 more:", err)
	_, err = client.Del(ctx, account("ann"), account("bob"))
	return err
}
