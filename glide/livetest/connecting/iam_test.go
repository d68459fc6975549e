package connecting_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

const (
	awsKeyID  = "AKIDEXAMPLE"
	awsSecret = "hunter2/wJalrXUtnFEMI"
	awsToken  = "session/token+hunter2"
)

// awsEnvironment has AWS's credentials come from the environment alone.
var awsEnvironment = []string{
	"AWS_ACCESS_KEY_ID=" + awsKeyID, "AWS_SECRET_ACCESS_KEY=" + awsSecret, "AWS_SESSION_TOKEN=" + awsToken,
	"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
}

func signedFor(service glide.IAMService) func(*glide.Config) {
	return func(config *glide.Config) {
		config.IAM = &glide.IAM{Service: service, Username: "app user", Cluster: "my-cluster", Region: "eu-central-1"}
	}
}

// requireSigned requires of a token that it is signed as AWS documents it:
// Signature Version 4, of a presigned GET with these parameters.
func requireSigned(t *testing.T, token, service string) {
	t.Helper()
	host, query, ok := strings.Cut(token, "/?")
	require.True(t, ok, token)
	require.Equal(t, "my-cluster", host)
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	require.Equal(t, "connect", values.Get("Action"))
	require.Equal(t, "app user", values.Get("User"))
	require.Equal(t, "900", values.Get("X-Amz-Expires"))
	require.Equal(t, "AWS4-HMAC-SHA256", values.Get("X-Amz-Algorithm"))
	require.Equal(t, "host", values.Get("X-Amz-SignedHeaders"))
	require.Equal(t, awsToken, values.Get("X-Amz-Security-Token"))
	signed, err := time.Parse("20060102T150405Z", values.Get("X-Amz-Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), signed, time.Minute)
	scope := signed.Format("20060102") + "/eu-central-1/" + service + "/aws4_request"
	require.Equal(t, awsKeyID+"/"+scope, values.Get("X-Amz-Credential"))

	signature := values.Get("X-Amz-Signature")
	values.Del("X-Amz-Signature")
	canonical := strings.Join([]string{
		"GET", "/", strings.ReplaceAll(values.Encode(), "+", "%20"), "host:" + host, "", "host", hexOf(sha256.Sum256(nil)),
	}, "\n")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", values.Get("X-Amz-Date"), scope, hexOf(sha256.Sum256([]byte(canonical)))}, "\n")
	key := []byte("AWS4" + awsSecret)
	for _, part := range append(strings.Split(scope, "/"), text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	require.Equal(t, hex.EncodeToString(key), signature)
}

func hexOf(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:]) }

func TestIAMTokensAreSentAsThePassword(t *testing.T) {
	if !harness.InAProcess(t, awsEnvironment...) {
		return
	}
	recordLog(t, awsSecret, "X-Amz-Signature")
	for service, name := range map[glide.IAMService]string{glide.ElastiCache: "elasticache", glide.MemoryDB: "memorydb"} {
		for _, p := range harness.Protocols {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				recorder := startRecorder(t)
				client := harness.Connect(t, recorder, harness.Patient, harness.QuickToReconnect, harness.Speaking(p.Protocol), signedFor(service))
				require.NoError(t, client.Set(ctx, "key", "value"))
				login := func() (user, token string) {
					words := append([]string{"", ""}, recorder.last("AUTH")...)
					if p.Protocol == glide.RESP3 && len(words) < 4 {
						words = recorder.last("HELLO")[1:]
					}
					return words[len(words)-2], words[len(words)-1]
				}
				user, first := login()
				require.Equal(t, "app user", user)
				requireSigned(t, first, name)

				// A refresh authenticates the connection that is there.
				time.Sleep(1100 * time.Millisecond) // a signature is of its second
				before := len(recorder.all("AUTH"))
				require.NoError(t, client.RefreshIAMToken(ctx))
				require.Len(t, recorder.all("AUTH"), before+1)
				user, second := recorder.last("AUTH")[0], recorder.last("AUTH")[1]
				require.Equal(t, "app user", user)
				require.NotEqual(t, first, second)
				requireSigned(t, second, name)

				// So does the next connection.
				recorder.cut()
				require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
				greeting := recorder.last("HELLO")
				if p.Protocol == glide.RESP2 {
					greeting = recorder.last("AUTH")
				}
				requireSigned(t, greeting[len(greeting)-1], name)
				require.NotEqual(t, first, greeting[len(greeting)-1])
			})
		}
	}
}

func TestIAMTokensAreRenewedByThemselves(t *testing.T) {
	if !harness.InAProcess(t, awsEnvironment...) {
		return
	}
	recorder := startRecorder(t)
	client := harness.Connect(t, recorder, harness.Patient, harness.QuickToReconnect, signedFor(glide.ElastiCache),
		func(c *glide.Config) { c.IAM.RefreshInterval = time.Second })
	token := func() string {
		words := recorder.last("HELLO")
		return words[len(words)-1]
	}
	first := token()
	time.Sleep(2200 * time.Millisecond)
	recorder.cut()
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
	require.NotEqual(t, first, token())
	requireSigned(t, token(), "elasticache")
}

func TestIAMOnRealServers(t *testing.T) {
	if !harness.InAProcess(t, awsEnvironment...) {
		return
	}
	// Who comes as this user is let in, which is as far as it goes
	// without the cloud.
	user := glidetest.WithUser("iam", "on", "nopass", "~*", "&*", "+@all")
	iam := &glide.IAM{Username: "iam", Cluster: "my-cluster", Region: "eu-central-1"}
	server := glidetest.Start(t, user)
	client := harness.Connect(t, server, harness.Patient, harness.QuickToReconnect, func(c *glide.Config) { c.IAM = iam })
	require.Equal(t, "iam", harness.Value(client.Do(ctx, "ACL", "WHOAMI"))(t))
	require.NoError(t, client.RefreshIAMToken(ctx))
	require.Equal(t, 1, testkit.CallsOf(t, server, "auth"))
	server.MustCommand(t, "CLIENT", "KILL", "USER", "iam")
	require.Eventually(t, func() bool { return harness.SetAndCheck(client, 1) == nil }, harness.Patience, 10*time.Millisecond)
	require.Equal(t, "iam", harness.Value(client.Do(ctx, "ACL", "WHOAMI"))(t))
	require.ErrorIs(t, client.UpdateConnectionPassword(ctx, "new", false), glide.ErrInvalidArgument)
	require.ErrorIs(t, client.ResetConnectionPassword(ctx), glide.ErrInvalidArgument)

	lazy := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.IAM, c.LazyConnect = iam, true })
	require.NoError(t, lazy.RefreshIAMToken(ctx))
	require.Len(t, harness.ConnectionsTo(t, server), 1, "a lazy client has connected")
	require.Equal(t, "iam", harness.Value(lazy.Do(ctx, "ACL", "WHOAMI"))(t))

	server.MustCommand(t, "ACL", "SETUSER", "iam", "resetpass", ">something")
	err := client.RefreshIAMToken(ctx)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	requireNoSecret(t, err.Error())
	config := harness.ConfigFor(server)
	config.IAM = iam
	_, err = glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	requireNoSecret(t, err.Error())

	cluster := glidetest.StartCluster(t, user, glidetest.WithReplicas(0))
	inCluster := harness.ConnectToCluster(t, cluster, func(c *glide.ClusterConfig) { c.IAM, c.RequestTimeout = iam, harness.Patience })
	require.NoError(t, inCluster.RefreshIAMToken(ctx))
	for _, node := range cluster.Nodes() {
		require.Equal(t, 1, testkit.CallsOf(t, node, "auth"))
		node.MustCommand(t, "CLIENT", "KILL", "USER", "iam")
	}
	require.Eventually(t, func() bool { return inCluster.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
	require.Equal(t, "iam", harness.Value(inCluster.Do(ctx, "ACL", "WHOAMI"))(t))
}

func TestIAMWithoutCredentialsIsAnErrorThatSaysSo(t *testing.T) {
	if !harness.InAProcess(t, append(awsEnvironment, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=")...) {
		return
	}
	config := harness.ConfigFor(startRecorder(t))
	signedFor(glide.ElastiCache)(&config)
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	_, err := glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.ErrorContains(t, err, "credentials")
	require.Less(t, time.Since(begun), harness.DefaultConnectionTimeout+harness.Late+stalls())
	t.Log(err)
}

func TestIAMIsChecked(t *testing.T) {
	t.Parallel()
	whole := glide.IAM{Username: "app", Cluster: "my-cluster", Region: "eu-central-1"}
	for field, change := range map[string]func(*glide.Config){
		"IAM.Username":        func(c *glide.Config) { c.IAM.Username = "" },
		"IAM.Cluster":         func(c *glide.Config) { c.IAM.Cluster = "" },
		"IAM.Region":          func(c *glide.Config) { c.IAM.Region = "" },
		"IAM.Service":         func(c *glide.Config) { c.IAM.Service = 2 },
		"IAM.RefreshInterval": func(c *glide.Config) { c.IAM.RefreshInterval = 12 * time.Hour },
		"Credentials":         func(c *glide.Config) { c.Credentials.Password = secret },
	} {
		iam := whole
		config := glide.Config{IAM: &iam}
		change(&config)
		_, err := glide.NewClient(ctx, config)
		require.ErrorIs(t, err, glide.ErrConfiguration, field)
		require.ErrorContains(t, err, field)
		requireNoSecret(t, fmt.Sprint(err))
	}
	for _, interval := range []time.Duration{-time.Second, 1500 * time.Millisecond} {
		iam := whole
		iam.RefreshInterval = interval
		_, err := glide.NewClient(ctx, glide.Config{IAM: &iam})
		require.ErrorIs(t, err, glide.ErrConfiguration)
	}
}
