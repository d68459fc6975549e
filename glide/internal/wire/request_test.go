package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/pb"
	"google.golang.org/protobuf/proto"
)

// What is appended by hand is what the generated code marshals.
func TestRequestsEqualTheGeneratedMarshalling(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 2, 127, 128, 129, 16383, 16384, 16385, 70000}
	for range 2000 {
		var submission pb.Submission
		var appended []byte
		for range 1 + random.IntN(5) {
			request := &pb.Request{Ticket: 1 + random.Uint64N(math.MaxUint64), TimeoutUs: random.Uint64() >> random.IntN(64)}
			if random.IntN(3) == 0 {
				request.TimeoutUs = 0
			}
			r := NewRawRequest("")
			request.Arguments = append(request.Arguments, nil)
			for range random.IntN(5) {
				argument := bytes.Repeat([]byte{byte(random.Uint32())}, sizes[random.IntN(len(sizes))])
				if random.IntN(2) == 0 {
					r.Bytes(argument)
				} else {
					r.String(string(argument))
				}
				request.Arguments = append(request.Arguments, argument)
			}
			submission.Requests = append(submission.Requests, request)
			appended = r.AppendTo(appended, request.Ticket, request.TimeoutUs)

			// Alone, in the memory of the request, it is the same.
			dedicated, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
			require.NoError(t, err)
			require.True(t, bytes.Equal(dedicated, r.Submission(request.Ticket, request.TimeoutUs)))
			r.Release()
		}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&submission)
		require.NoError(t, err)
		require.True(t, bytes.Equal(marshalled, appended), "the encodings differ")

		var tickets []uint64
		EachTicket(appended, func(ticket uint64) { tickets = append(tickets, ticket) })
		for i, request := range submission.Requests {
			require.Equal(t, request.Ticket, tickets[i])
		}
	}
}

func TestBatchesEqualTheGeneratedMarshalling(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		message := &pb.Batch{Atomic: random.IntN(2) == 0, RetryServerErrors: random.IntN(2) == 0, RetryConnectionErrors: random.IntN(2) == 0}
		var batch Batch
		var keys []string
		for range 1 + random.IntN(200) {
			r := NewRequest("SET")
			key, value := bytes.Repeat([]byte{'k'}, random.IntN(300)), make([]byte, random.IntN(300))
			r.Key(string(key))
			r.Bytes(value)
			batch.Add(r)
			r.Release()
			keys = append(keys, string(key))
			message.Commands = append(message.Commands, &pb.Command{Arguments: [][]byte{[]byte("SET"), key, value}})
		}
		request := &pb.Request{Ticket: 1 + random.Uint64N(math.MaxUint64), TimeoutUs: 1000, Batch: message}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		for range 2 { // any number of times
			r := batch.Request("pipeline", BatchMode{message.Atomic, message.RetryServerErrors, message.RetryConnectionErrors})
			require.True(t, bytes.Equal(marshalled, r.AppendTo(nil, request.Ticket, request.TimeoutUs)), "the encodings differ")
			r.Release()
		}
		i := 0
		for key := range batch.Keys() {
			require.Equal(t, keys[i], string(key))
			i++
		}
		require.Equal(t, len(keys), i)
	}
}

func TestRoutesEqualTheGeneratedMarshalling(t *testing.T) {
	for _, route := range []Route{
		{}, {Kind: AllNodes}, {Kind: AllPrimaries}, {Kind: Random}, {Kind: Slot}, {Kind: Slot, Slot: 127},
		{Kind: SlotPrimary, Slot: 128}, {Kind: SlotReplica, Slot: 16383}, {Kind: NodeAddress, Host: "::1", Port: 6379},
	} {
		r := NewRequest("PING")
		r.SetRoute(route)
		request := &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("PING")}}
		if route.Kind != ByCommand {
			request.Route = &pb.Route{Kind: pb.Route_Kind(route.Kind), Slot: uint32(route.Slot), Host: route.Host, Port: uint32(route.Port)}
		}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		require.Equal(t, marshalled, r.AppendTo(nil, 1, 0), "%+v", route)
	}
	require.Equal(t, pb.Route_ADDRESS, pb.Route_Kind(NodeAddress))
	require.Equal(t, pb.Route_SLOT_REPLICA, pb.Route_Kind(SlotReplica))
	require.Equal(t, pb.Route_RANDOM, pb.Route_Kind(Random))
}

func TestSessionsEqualTheGeneratedMarshalling(t *testing.T) {
	for _, session := range []uint64{1, 127, 128, math.MaxUint64} {
		r := NewRequest("PING")
		r.SetSession(session)
		requireMarshalled(t, &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("PING")}, Session: session}, r)
	}
	r := NewRequest("BLPOP")
	r.SetDedicated()
	requireMarshalled(t, &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("BLPOP")}, Dedicated: true}, r)
	r.Release()
	reused := NewRequest("BLPOP")
	require.False(t, reused.IsDedicated(), "requests are used again")
	require.Zero(t, reused.Session())
}

func requireMarshalled(t *testing.T, want *pb.Request, request *Request) {
	t.Helper()
	marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{want}})
	require.NoError(t, err)
	require.Equal(t, marshalled, request.AppendTo(nil, want.Ticket, want.TimeoutUs))
}

func TestMessagesEqualTheGeneratedMarshalling(t *testing.T) {
	empty, password := "", "p\u00e4ssword"
	messages := []*pb.Request{
		{CredentialChange: &pb.CredentialChange{}},
		{CredentialChange: &pb.CredentialChange{Password: &empty}},
		{CredentialChange: &pb.CredentialChange{Password: &password}},
		{CredentialChange: &pb.CredentialChange{Password: &password, Immediately: true}},
		{CredentialChange: &pb.CredentialChange{RenewToken: true}},
		{Scan: &pb.ClusterScan{Next: 300, From: 299, Match: []byte{}}},
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		change := &pb.SubscriptionChange{Change: pb.SubscriptionChange_Change(random.IntN(3)), Kind: pb.SubscriptionChange_Kind(random.IntN(3))}
		for range random.IntN(4) {
			change.Names = append(change.Names, make([]byte, random.IntN(300)))
		}
		messages = append(messages, &pb.Request{SubscriptionChange: change})
	}
	for _, message := range messages {
		r, err := Marshal("name", message)
		require.NoError(t, err)
		require.Equal(t, message.CredentialChange != nil, r.IsSecret(), "a password is wiped")
		message.Ticket, message.TimeoutUs = 1+random.Uint64N(math.MaxUint64), random.Uint64()
		requireMarshalled(t, message, r)
		r.Release()
	}
}

func TestAStringThatIsNotUTF8IsNotMarshalled(t *testing.T) {
	_, err := Marshal("SCAN", &pb.Request{Scan: &pb.ClusterScan{Type: "\xff"}})
	require.Error(t, err)
}

func TestNumbersAreDecimal(t *testing.T) {
	r := NewRequest("OBJECT FREQ")
	r.Int(math.MinInt64)
	r.Float(0.1)
	r.Float(math.Inf(-1))
	var submission pb.Submission
	require.NoError(t, proto.Unmarshal(r.Submission(1, 0), &submission))
	var got []string
	for _, argument := range submission.Requests[0].Arguments {
		got = append(got, string(argument))
	}
	require.Equal(t, []string{"OBJECT", "FREQ", "-9223372036854775808", "0.1", "-Inf"}, got)
}

// What is set after the arguments is what the generated code marshals.
func TestFlagsOfRequestsEqualTheGeneratedMarshalling(t *testing.T) {
	message := &pb.Request{Ticket: 7, TimeoutUs: 9, Arguments: [][]byte{[]byte("GET"), []byte("k")}, AsSent: true, Route: &pb.Route{Kind: pb.Route_SLOT, Slot: 12}}
	r := NewRawRequest("GET")
	r.String("k")
	r.SetAsSent()
	r.SetRoute(Route{Kind: Slot, Slot: 12})
	var decoded pb.Submission
	require.NoError(t, proto.Unmarshal(r.AppendTo(nil, 7, 9), &decoded))
	require.True(t, proto.Equal(message, decoded.Requests[0]))
	r.Release()

	var all []*Request
	var batch Batch
	for _, name := range []string{"GET", "AUTH", "SET"} {
		one := NewRawRequest(name)
		one.String("k")
		batch.Add(one)
		all = append(all, one)
	}
	joined := Join("pipeline", BatchMode{Atomic: true}, len(all), func(i int) *Request { return all[i] })
	require.Equal(t, batch.Request("pipeline", BatchMode{Atomic: true}).AppendTo(nil, 7, 9), joined.AppendTo(nil, 7, 9))
	require.True(t, joined.IsSecret())
	require.Equal(t, int64(3), joined.Commands())
}
