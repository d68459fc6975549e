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
			alone, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Submission{Requests: []*pb.Request{request}})
			require.NoError(t, err)
			require.True(t, bytes.Equal(alone, w.submission(request.Ticket, request.TimeoutUs)))
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
