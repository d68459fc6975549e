package libraries

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"
)

// manager is made before goroutines are counted: its default store has one for ever.
var manager = scs.New()

// serveSessions serves /put?value=, /get, /renew and /destroy.
func serveSessions(sessions *scs.SessionManager) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) { sessions.Put(r.Context(), "value", r.FormValue("value")) })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, sessions.GetString(r.Context(), "value")) })
	mux.HandleFunc("/renew", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.RenewToken(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/destroy", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Destroy(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return httptest.NewServer(sessions.LoadAndSave(mux))
}

// A browser keeps the cookies of a server.
type browser struct {
	*http.Client
	server string
}

func (b browser) get(path string) (string, error) {
	response, err := b.Get(b.server + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return string(body), err
}

func TestSCS(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		sessions := manager
		sessions.Store = goredisstore.NewWithPrefix(on.rdb, name(t, "session:"))
		sessions.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
		server := serveSessions(sessions)
		defer server.Close()
		var browsers []browser
		for range 20 {
			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			browsers = append(browsers, browser{&http.Client{Jar: jar, Transport: server.Client().Transport}, server.URL})
		}
		defer server.Client().CloseIdleConnections()
		all := func(use func(i int, b browser) error) {
			t.Helper()
			var wait sync.WaitGroup
			for i, b := range browsers {
				wait.Go(func() {
					if err := use(i, b); err != nil {
						t.Errorf("browser %d: %v", i, err)
					}
				})
			}
			wait.Wait()
		}
		has := func(i int, b browser) error {
			if got, err := b.get("/get"); err != nil || got != fmt.Sprint("value ", i) {
				return fmt.Errorf("%q: %w", got, err)
			}
			return nil
		}
		all(func(i int, b browser) error {
			_, err := b.get(fmt.Sprintf("/put?value=value+%d", i))
			return err
		})
		all(has)
		all(func(i int, b browser) error {
			_, err := b.get("/renew")
			return err
		})
		// What only reads is sent again by the client.
		killed, err := on.killConnections()
		require.NoError(t, err)
		require.Positive(t, killed)
		all(has)

		var mu sync.Mutex
		values := map[string]bool{}
		require.NoError(t, sessions.Iterate(t.Context(), func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			values[sessions.GetString(ctx, "value")] = true
			return nil
		}))
		require.Len(t, values, len(browsers), "sessions are on all nodes")

		_, err = browsers[0].get("/destroy")
		require.NoError(t, err)
		got, err := browsers[0].get("/get")
		require.NoError(t, err)
		require.Empty(t, got)
		require.NoError(t, has(1, browsers[1]))

		resume := on.pauseWrites(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		loaded, err := sessions.Load(ctx, "")
		require.NoError(t, err)
		sessions.Put(loaded, "value", "late")
		_, _, err = sessions.Commit(loaded)
		requireDeadline(t, err)
		resume()
	})
}
