package engine

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
			w := NewRawWords("")
			request.Arguments = append(request.Arguments, nil)
			for range random.IntN(5) {
				argument := bytes.Repeat([]byte{byte(random.Uint32())}, sizes[random.IntN(len(sizes))])
				if random.IntN(2) == 0 {
					w.Bytes(argument)
				} else {
					w.String(string(argument))
				}
				request.Arguments = append(request.Arguments, argument)
			}
			submission.Requests = append(submission.Requests, request)
			appended = w.appendRequest(appended, request.Ticket, request.TimeoutUs)

			// Alone, in the words' own memory, it is the same.
			dedicated, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
			require.NoError(t, err)
			require.True(t, bytes.Equal(dedicated, w.submission(request.Ticket, request.TimeoutUs)))
			w.Release()
		}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&submission)
		require.NoError(t, err)
		require.True(t, bytes.Equal(marshalled, appended), "the encodings differ")

		var tickets []uint64
		forEachTicket(appended, func(ticket uint64) { tickets = append(tickets, ticket) })
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
			w := NewWords("SET")
			key, value := bytes.Repeat([]byte{'k'}, random.IntN(300)), make([]byte, random.IntN(300))
			w.Key(string(key))
			w.Bytes(value)
			batch.Add(w)
			w.Release()
			keys = append(keys, string(key))
			message.Commands = append(message.Commands, &pb.Command{Arguments: [][]byte{[]byte("SET"), key, value}})
		}
		request := &pb.Request{Ticket: 1 + random.Uint64N(math.MaxUint64), TimeoutUs: 1000, Batch: message}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		for range 2 { // any number of times
			w := batch.Words("pipeline", BatchMode{message.Atomic, message.RetryServerErrors, message.RetryConnectionErrors})
			require.True(t, bytes.Equal(marshalled, w.appendRequest(nil, request.Ticket, request.TimeoutUs)), "the encodings differ")
			w.Release()
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
		w := NewWords("PING")
		w.SetRoute(route)
		request := &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("PING")}}
		if route.Kind != ByCommand {
			request.Route = &pb.Route{Kind: pb.Route_Kind(route.Kind), Slot: uint32(route.Slot), Host: route.Host, Port: uint32(route.Port)}
		}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		require.Equal(t, marshalled, w.appendRequest(nil, 1, 0), "%+v", route)
	}
	require.Equal(t, pb.Route_ADDRESS, pb.Route_Kind(NodeAddress))
	require.Equal(t, pb.Route_SLOT_REPLICA, pb.Route_Kind(SlotReplica))
	require.Equal(t, pb.Route_RANDOM, pb.Route_Kind(Random))
}

func TestSessionsEqualTheGeneratedMarshalling(t *testing.T) {
	for _, session := range []uint64{1, 127, 128, math.MaxUint64} {
		w := NewWords("PING")
		w.SetSession(session)
		requireMarshalled(t, &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("PING")}, Session: session}, w)
	}
	w := NewWords("BLPOP")
	w.SetDedicated()
	requireMarshalled(t, &pb.Request{Ticket: 1, Arguments: [][]byte{[]byte("BLPOP")}, Dedicated: true}, w)
	w.Release()
	require.Zero(t, NewWords("BLPOP").sessionOf(&call{}), "words are used again")
}

func requireMarshalled(t *testing.T, request *pb.Request, words *Words) {
	t.Helper()
	marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
	require.NoError(t, err)
	require.Equal(t, marshalled, words.appendRequest(nil, request.Ticket, request.TimeoutUs))
}

func TestScansEqualTheGeneratedMarshalling(t *testing.T) {
	empty, pattern := "", "a*"
	for _, scan := range []ClusterScan{
		{Next: &ScanState{name: 1}},
		{Next: &ScanState{name: 300}, From: &ScanState{name: 299}, Match: &empty},
		{Next: &ScanState{name: math.MaxUint64}, Match: &pattern, Count: math.MaxUint32, Type: "hash", AllowUncoveredSlots: true},
	} {
		message := &pb.ClusterScan{Next: scan.Next.name, Count: scan.Count, Type: scan.Type, AllowUncoveredSlots: scan.AllowUncoveredSlots}
		if scan.From != nil {
			message.From = scan.From.name
		}
		if scan.Match != nil {
			message.Match = []byte(*scan.Match)
		}
		request := &pb.Request{Ticket: 1, Scan: message}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		require.Equal(t, marshalled, scan.Words("SCAN").appendRequest(nil, 1, 0))
	}
}

func TestLoginsEqualTheGeneratedMarshalling(t *testing.T) {
	empty, password := "", "p\u00e4ssword"
	for _, login := range []CredentialChange{
		{}, {Password: &empty}, {Password: &password}, {Password: &password, Immediately: true}, {RenewToken: true},
	} {
		request := &pb.Request{Ticket: 1, CredentialChange: &pb.CredentialChange{Password: login.Password, Immediately: login.Immediately, RenewToken: login.RenewToken}}
		marshalled, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
		require.NoError(t, err)
		require.Equal(t, marshalled, login.Words("login").appendRequest(nil, 1, 0))
	}
}

func TestNumbersAreDecimal(t *testing.T) {
	w := NewWords("OBJECT FREQ")
	w.Int(math.MinInt64)
	w.Float(0.1)
	w.Float(math.Inf(-1))
	var submission pb.Submission
	require.NoError(t, proto.Unmarshal(w.submission(1, 0), &submission))
	var got []string
	for _, argument := range submission.Requests[0].Arguments {
		got = append(got, string(argument))
	}
	require.Equal(t, []string{"OBJECT", "FREQ", "-9223372036854775808", "0.1", "-Inf"}, got)
}
