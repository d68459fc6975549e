// Package glidejson has the commands of JSON modules: valkey-json and
// RedisJSON. A document is the value of a key; commands read and change parts
// of it where it is.
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
// functions such as [GetIn] those that take a type:
//
//	batch := glide.NewTransaction()
//	glidejson.In(batch).NumIncrBy("user:1", "$.visits", 1).ArrLen("user:1", "$.tags")
//	glidejson.GetIn[User](batch, "user:1")
//	results, err := client.Exec(ctx, batch)
//	user, err := glide.Result[glide.Optional[User]](results, 2)
//
// # Values
//
// Values are written and read by encoding/json. So a Go string is a JSON
// string; a [json.RawMessage] is JSON as it stands, which is checked before it
// is sent.
//
// # Paths
//
// There are two kinds of paths, and they are replied to otherwise. A JSONPath
// begins with $ and may match any number of values: what it returns is a
// slice, with nil for a match that is of another type than the command is
// about. A legacy path, such as . or .name[0], means the first value it leads
// to: what it returns is that one, by the functions whose names end with
// Legacy. Where it makes no difference to the reply a function takes both.
//
// # Modules
//
// The same Go values come back from valkey-json and RedisJSON, with [glide.RESP2]
// and [glide.RESP3]. They differ in what they have, which is said where it is so,
// and in the codes and texts of errors.
package glidejson
