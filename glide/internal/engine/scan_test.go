package engine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/pb"
	"google.golang.org/protobuf/proto"
)

func TestScansNameTheirStates(t *testing.T) {
	empty, pattern := "", "a*"
	for _, c := range []struct {
		scan    ClusterScan
		message *pb.ClusterScan
	}{
		{ClusterScan{Next: &ScanState{name: 1}}, &pb.ClusterScan{Next: 1}},
		{ClusterScan{Next: &ScanState{name: 300}, From: &ScanState{name: 299}, Match: &empty}, &pb.ClusterScan{Next: 300, From: 299, Match: []byte{}}},
		{
			ClusterScan{Next: &ScanState{name: math.MaxUint64}, Match: &pattern, Count: math.MaxUint32, Type: "hash", AllowUncoveredSlots: true},
			&pb.ClusterScan{Next: math.MaxUint64, Match: []byte(pattern), Count: math.MaxUint32, Type: "hash", AllowUncoveredSlots: true},
		},
	} {
		require.True(t, proto.Equal(&pb.Request{Scan: c.message}, c.scan.Message()))
	}
}
