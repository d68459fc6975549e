package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/pb"
)

// IAM authenticates with Amazon ElastiCache and MemoryDB by tokens instead of
// a password ([Config.IAM]). A token is a request that is signed with AWS
// credentials. It is valid for 15 minutes, for the connections that are made
// in that time.
//
// The credentials come from the same sources as those of AWS's tools: the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the files in
// ~/.aws, a web identity, or the role of the container or machine. A program
// without cgo that sets such a variable itself does so before it starts.
//
// https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
type IAM struct {
	// Service is the service of the server. The default is ElastiCache.
	Service IAMService

	// Username is the user that the service authenticates by IAM. It is
	// required.
	Username string

	// Cluster is the name of the cluster, replication group or serverless
	// cache, not its address. It is required.
	Cluster string

	// Region is the AWS region. It is required.
	Region string

	// RefreshInterval is the time after which a new token is signed, in
	// whole seconds, less than 12 hours. New connections use it; for
	// existing connections see [Client.RefreshIAMToken]. The default is 5
	// minutes.
	RefreshInterval time.Duration
}

// IAMService is a service that tokens are signed for.
type IAMService int

const (
	// ElastiCache is Amazon ElastiCache. It is the default.
	ElastiCache IAMService = iota
	// MemoryDB is Amazon MemoryDB.
	MemoryDB
)

// iamIntervalLimit is what the core refuses.
const iamIntervalLimit = 12 * time.Hour

func (v *validation) iam(i *IAM) *pb.Credentials {
	switch {
	case i.Username == "":
		v.refuse("IAM.Username", "must be given")
	case i.Cluster == "":
		v.refuse("IAM.Cluster", "must be given")
	case i.Region == "":
		v.refuse("IAM.Region", "must be given")
	case i.RefreshInterval < 0 || i.RefreshInterval%time.Second != 0 || i.RefreshInterval >= iamIntervalLimit:
		v.refuse("IAM.RefreshInterval", fmt.Sprintf("must be whole seconds below %d hours", iamIntervalLimit/time.Hour))
	}
	v.utf8("IAM.Username", i.Username)
	return &pb.Credentials{Username: &i.Username, Iam: &pb.Iam{
		Service:          pb.Iam_Service(v.between("IAM.Service", int(i.Service), 0, int(MemoryDB))),
		Cluster:          v.word("IAM.Cluster", i.Cluster),
		Region:           v.word("IAM.Region", i.Region),
		RefreshIntervalS: uint32(i.RefreshInterval / time.Second),
	}}
}
