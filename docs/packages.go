//go:build documents

// Package docs has no code: it is the documentation. These are the packages that code in
// the documents may use without importing them, by their names. The test reads this file;
// the build tag keeps the packages out of its binary, and go mod tidy sees it all the
// same.
package docs

import (
	_ "context"
	_ "crypto/tls"
	_ "errors"
	_ "fmt"
	_ "io"
	_ "log"
	_ "log/slog"
	_ "net"
	_ "os"
	_ "strconv"
	_ "strings"
	_ "testing"
	_ "time"

	_ "github.com/alicebob/miniredis/v2"
	_ "github.com/hibiken/asynq"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/redis/rueidis"
	_ "github.com/stretchr/testify/require"
	_ "github.com/valkey-glide/go/glide"
	_ "github.com/valkey-glide/go/glide/glidebloom"
	_ "github.com/valkey-glide/go/glide/glidegoredis"
	_ "github.com/valkey-glide/go/glide/glidejson"
	_ "github.com/valkey-glide/go/glide/glideotel"
	_ "github.com/valkey-glide/go/glide/glideprometheus"
	_ "github.com/valkey-glide/go/glide/glidesearch"
	_ "github.com/valkey-glide/go/glide/glidetest"
	_ "github.com/valkey-io/valkey-glide/go/v2"
	_ "github.com/valkey-io/valkey-glide/go/v2/config"
	_ "github.com/valkey-io/valkey-glide/go/v2/constants"
	_ "github.com/valkey-io/valkey-glide/go/v2/models"
	_ "github.com/valkey-io/valkey-glide/go/v2/options"
	_ "github.com/valkey-io/valkey-glide/go/v2/pipeline"
	_ "github.com/valkey-io/valkey-go"
)
