// Package glidejson has the commands of JSON modules: valkey-json and
// RedisJSON. A document is the value of a key; commands read and change parts
// of it in the server.
//
//	type User struct {
//		Name string   `json:"name"`
//		Tags []string `json:"tags"`
//	}
//
//	set, err := glidejson.Set(ctx, client, "user:1", "$", User{Name: "Ada"})
//	user, err := glidejson.Get[User](ctx, client, "user:1")
//	lengths, err := glidejson.ArrAppend(ctx, client, "user:1", "$.tags", "new")
//	fmt.Println(user.Value().Name, lengths[0].Value())
//
// Every function runs on a [glide.Client], a [glide.ClusterClient] or a
// [glide.Node]. [In] adds the same commands to a transaction or pipeline, and
// functions such as [GetIn] add those with a type parameter:
//
//	batch := glide.NewTransaction()
//	glidejson.In(batch).NumIncrBy("user:1", "$.visits", 1).ArrLen("user:1", "$.tags")
//	glidejson.GetIn[User](batch, "user:1")
//	results, err := client.Exec(ctx, batch)
//	user, err := glide.Result[glide.Optional[User]](results, 2)
//
// # Values
//
// Values are encoded and decoded by encoding/json. So a Go string is a JSON
// string. A [json.RawMessage] is sent unchanged, after a check that it is JSON.
//
// # Paths
//
// There are two kinds of paths, with different replies. A JSONPath begins with $
// and may match any number of values: the result is a slice, with a nil Optional
// for a match of another type than the command requires. A legacy path, such as .
// or .name[0], selects the first value that it leads to: functions whose names end
// with Legacy return that one. If the reply does not depend on the kind, a
// function accepts both.
//
// # Modules
//
// valkey-json and RedisJSON return the same Go values, with [glide.RESP2] and
// [glide.RESP3]. Comments say which commands only one of them supports. The codes
// and messages of their errors differ.
package glidejson
