package commands_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestAUserIsWhatItsRulesMakeIt(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		all := whole(c)
		require.NoError(t, c.ACLSetUser(ctx, "one")) // perhaps on one node only
		require.NoError(t, all.ACLSetUser(ctx, "app", "reset", "on", ">hunter2", "~a*", "%R~b*", "&c*", "-@all", "+@string", "-set", "(~x +set)"))
		for range 6 { // whichever node answers
			user, ok := harness.Value(c.ACLGetUser(ctx, "app"))(t).Get()
			require.True(t, ok)
			require.Contains(t, user.Flags, "on")
			require.NotContains(t, user.Flags, "nopass")
			require.Equal(t, []string{"f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7"}, user.Passwords)
			require.Equal(t, "~a* %R~b*", user.Keys)
			require.Equal(t, "&c*", user.Channels)
			require.Equal(t, "-@all +@string -set", user.Commands)
			require.Len(t, user.Selectors, 1)
			require.Equal(t, "~x", user.Selectors[0].Keys)
			require.Equal(t, "-@all +set", user.Selectors[0].Commands)
			require.Empty(t, user.Selectors[0].Channels)

			require.True(t, harness.Value(c.ACLGetUser(ctx, "nobody"))(t).IsNil())
			require.Subset(t, harness.Value(c.ACLUsers(ctx))(t), []string{"app", "default"})
			require.Contains(t, fmt.Sprint(harness.Value(c.ACLList(ctx))(t)), "user app on ")
		}
		require.Equal(t, "default", harness.Value(c.ACLWhoAmI(ctx))(t))
		standard := harness.Value(c.ACLGetUser(ctx, "default"))(t).Value()
		require.Contains(t, standard.Flags, "nopass")
		require.Equal(t, []string{}, standard.Passwords)
		require.Equal(t, []glide.ACLPermissions{}, standard.Selectors)
		require.Equal(t, "+@all", standard.Commands)
		require.Equal(t, "~*", standard.Keys)
		require.Equal(t, "&*", standard.Channels)

		_, err := c.ACLDelUser(ctx, "default")
		harness.RequireCode(t, "ERR", err)
		require.EqualValues(t, 1, harness.Value(all.ACLDelUser(ctx, "app", "nobody"))(t))
		require.EqualValues(t, 0, harness.Value(c.ACLDelUser(ctx, "app", "nobody"))(t))
		harness.Value(all.ACLDelUser(ctx, "one"))(t)
	})
}

func TestADatabaseIsPartOfWhatAUserMay(t *testing.T) {
	harness.Needs(t, "ACL rules for databases", "9.1", "")
	harness.OnOwn(t, func(t *testing.T, _ *glidetest.Server, client *glide.Client) {
		require.NoError(t, client.ACLSetUser(ctx, "app", "db=0,3"))
		require.Equal(t, "db=0,3", harness.Value(client.ACLGetUser(ctx, "app"))(t).Value().Databases)
		require.Equal(t, "alldbs", harness.Value(client.ACLGetUser(ctx, "default"))(t).Value().Databases)
	})
}

func TestARuleThatIsWrongIsNotShown(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		for _, rule := range []string{"hunter2", "#hunter2", "<hunter2", "!hunter2", "+hunter2", "(~hunter2", "(hunter2)", "(~k +@hunter2)", "hunter'2'"} {
			err := c.ACLSetUser(ctx, "app", "on", rule)
			harness.RequireCode(t, "ERR", err)
			require.NotContains(t, err.Error(), "hunter", rule)
		}
		require.True(t, harness.Value(c.ACLGetUser(ctx, "app"))(t).IsNil(), "none of the rules is applied")
	})
}

func TestDryRunTellsWhatIsForbidden(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, whole(c).ACLSetUser(ctx, "app", "on", "~a*", "+get"))
		require.True(t, harness.Value(c.ACLDryRun(ctx, "app", "GET", "a"))(t).IsNil())
		require.True(t, harness.Value(c.ACLDryRun(ctx, "default", "PING"))(t).IsNil())
		require.Contains(t, harness.Value(c.ACLDryRun(ctx, "app", "GET", "b"))(t).Value(), "'b' key")
		require.Contains(t, harness.Value(c.ACLDryRun(ctx, "app", "SET", "a", "v"))(t).Value(), "'set' command")
		for _, words := range [][]string{{"nobody", "GET", "a"}, {"app", "NOTHING"}, {"app", "GET"}} {
			_, err := c.ACLDryRun(ctx, words[0], words[1], words[2:]...)
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestACLCatNamesCategories(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		categories := harness.Value(c.ACLCat(ctx))(t)
		require.Subset(t, categories, []string{"read", "write", "dangerous"})
		require.Subset(t, harness.Value(c.ACLCatCommands(ctx, "scripting"))(t), []string{"eval", "script|load"})
		_, err := c.ACLCatCommands(ctx, "nothing")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestGenPassGivesAsManyBits(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for bits, digits := range map[int64]int{1: 1, 5: 2, 256: 64, 4096: 1024} {
			password := harness.Value(c.ACLGenPass(ctx, bits))(t)
			require.Regexp(t, regexp.MustCompile("^[0-9a-f]*$"), password)
			require.Len(t, password, digits)
		}
		require.NotEqual(t, harness.Value(c.ACLGenPass(ctx, 256))(t), harness.Value(c.ACLGenPass(ctx, 256))(t))
		for _, bits := range []int64{0, -1, 4097} {
			_, err := c.ACLGenPass(ctx, bits)
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestACLLogTellsOfDenials(t *testing.T) {
	server := glidetest.Start(t)
	for _, p := range harness.Protocols {
		for name, c := range serverFacesOf(t, server, p.Protocol) {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				require.NoError(t, c.ACLLogReset(ctx))
				require.Equal(t, []glide.ACLLogEntry{}, harness.Value(c.ACLLog(ctx, 10))(t))
				for range 2 {
					harness.RequireCode(t, "WRONGPASS", c.Auth(ctx, glide.Credentials{Username: "intruder", Password: "hunter2"}))
				}
				harness.RequireCode(t, "WRONGPASS", c.Auth(ctx, glide.Credentials{Username: "other", Password: "hunter2"}))
				log := harness.Value(c.ACLLog(ctx, 10))(t)
				require.Len(t, log, 2)
				require.Equal(t, "other", log[0].Username)
				entry := log[1]
				require.Equal(t, "intruder", entry.Username)
				require.EqualValues(t, 2, entry.Count)
				require.Equal(t, "auth", entry.Reason)
				require.Equal(t, "toplevel", entry.Context)
				require.Equal(t, "AUTH", entry.Object)
				require.Less(t, entry.Age, time.Minute)
				require.Equal(t, harness.Value(c.ClientID(ctx))(t), entry.Client.ID)
				require.Equal(t, "auth", entry.Client.Command)
				if server.Version().AtLeast("7.2", "7.2") {
					require.Greater(t, log[0].ID, entry.ID)
					require.WithinDuration(t, time.Now(), entry.Created, time.Minute)
					require.False(t, entry.Updated.Before(entry.Created))
				}
				require.Len(t, harness.Value(c.ACLLog(ctx, 1))(t), 1)
				require.Empty(t, harness.Value(c.ACLLog(ctx, 0))(t))
			})
		}
	}
}

func TestUsersAreSavedAndLoaded(t *testing.T) {
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "users.acl")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			server := glidetest.Start(t, glidetest.WithConfig("aclfile", file))
			for _, c := range serverFacesOf(t, server, p.Protocol) {
				require.NoError(t, c.ACLSetUser(ctx, "app", "on", "+get"))
				require.NoError(t, c.ACLSave(ctx))
				require.EqualValues(t, 1, harness.Value(c.ACLDelUser(ctx, "app"))(t))
				require.NoError(t, c.ACLLoad(ctx))
				require.False(t, harness.Value(c.ACLGetUser(ctx, "app"))(t).IsNil())
			}
			client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
			require.NoError(t, os.WriteFile(file, []byte("user app hunter2\n"), 0o600))
			harness.RequireCode(t, "ERR", client.ACLLoad(ctx))
			require.False(t, harness.Value(client.ACLGetUser(ctx, "app"))(t).IsNil(), "nothing is changed")
		})
	}
}

func TestUsersWithoutAFileAreNotSaved(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) { harness.RequireCode(t, "ERR", c.ACLSave(ctx)) })
	onOneServer(t, func(t *testing.T, c faces.ServerFace) { harness.RequireCode(t, "ERR", c.ACLLoad(ctx)) })
}
