package glide_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_UpdateConnectionPassword() {
	ctx := context.Background()
	client, err := glide.NewClient(ctx, glide.Config{Credentials: glide.Credentials{Username: "app", Password: "first"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	// The server knows both for now: ACL SETUSER app >second
	if err := client.UpdateConnectionPassword(ctx, "second", true); err != nil {
		fmt.Println("the first one stays in force:", err)
	}
	// When all clients know it, the first one can go: ACL SETUSER app <first
}

func ExampleTLS() {
	_, err := glide.NewClient(context.Background(), glide.Config{
		Addresses: []glide.Address{{Host: "cache.example"}},
		TLS: &glide.TLS{
			ClientCertificateFile: "/etc/app/client.crt",
			ClientKeyFile:         "/etc/app/client.key",
			ReloadInterval:        time.Minute, // for certificates that are renewed
		},
	})
	if errors.Is(err, glide.ErrCertificate) {
		fmt.Println("somebody else answers, or the certificate has expired:", err)
	}
}

func ExampleIAM() {
	client, err := glide.NewClusterClient(context.Background(), glide.ClusterConfig{
		Addresses: []glide.Address{{Host: "clustercfg.sessions.abc123.euc1.cache.amazonaws.com"}},
		TLS:       &glide.TLS{},
		IAM:       &glide.IAM{Username: "app", Cluster: "sessions", Region: "eu-central-1"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}
