// Chathub has a subscription for each member of a chat, all on one client: however many
// are in a room, the server has one subscription to it, and the client restores it when
// a connection is lost. Messages of that time are missed: a stream would keep them.
//
// Commands: SUBSCRIBE, PUBLISH, UNSUBSCRIBE.
//
//	go run ./chathub
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	ann heard map[cooking:[soup! bye]]
//	bob heard map[cooking:[soup! bye] music:[a song! bye]]
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
)

const prefix = "example:chat:"

// Hub is a chat. It is one client's, however many members there are.
type Hub struct{ Client glide.UniversalClient }

// Join enters rooms, and returns when the server has confirmed it: what is said from
// then on is received. A member that does not read drops its oldest messages.
func (h Hub) Join(ctx context.Context, rooms ...string) (*Member, error) {
	channels := make([]string, len(rooms))
	for i, room := range rooms {
		channels[i] = prefix + room
	}
	subscription, err := h.Client.Subscription(ctx, glide.SubscriptionConfig{Channels: channels, BufferLimit: 1000})
	if err != nil {
		return nil, err
	}
	return &Member{subscription}, nil
}

// Say sends a message to a room.
func (h Hub) Say(ctx context.Context, room, text string) error {
	_, err := h.Client.Publish(ctx, prefix+room, text)
	return err
}

// Member receives what is said in its rooms, until Close.
type Member struct{ *glide.Subscription }

// Read calls a function with each message until it returns false or the context ends.
func (m *Member) Read(ctx context.Context, receive func(room, text string) bool) error {
	for message, err := range m.All(ctx) {
		if err != nil {
			return err
		}
		if !receive(strings.TrimPrefix(message.Channel, prefix), message.Payload) {
			return nil
		}
	}
	return nil
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

	hub := Hub{client}
	heard := make([]map[string][]string, 2)
	var members errgroup.Group
	for i, rooms := range [][]string{{"cooking"}, {"cooking", "music"}} {
		member, err := hub.Join(ctx, rooms...)
		if err != nil {
			return err
		}
		defer member.Close()
		heard[i] = map[string][]string{}
		open := len(rooms)
		members.Go(func() error {
			return member.Read(ctx, func(room, text string) bool {
				heard[i][room] = append(heard[i][room], text)
				if text == "bye" {
					open--
				}
				return open > 0
			})
		})
	}
	for _, said := range [][2]string{{"cooking", "soup!"}, {"music", "a song!"}, {"cooking", "bye"}, {"music", "bye"}} {
		if err := hub.Say(ctx, said[0], said[1]); err != nil {
			return err
		}
	}
	if err := members.Wait(); err != nil {
		return err
	}
	fmt.Println("ann heard", heard[0])
	fmt.Println("bob heard", heard[1])
	return nil
}
