// Package glidesearch has the commands of search modules: valkey-search and
// RediSearch. They keep indexes of hashes or JSON documents, and find in them
// what fits a query: words, labels, ranges of numbers, and the nearest vectors.
//
//	err := glidesearch.Create(ctx, client, "articles", []glidesearch.Field{
//		glidesearch.TagField{Name: "topic"},
//		glidesearch.HNSWField{Name: "meaning", Dimensions: 384, Metric: glidesearch.Cosine},
//	}, glidesearch.Prefixes("article:"))
//
//	client.HSet(ctx, "article:1", map[string]string{"topic": "go", "meaning": glidesearch.EncodeVector(vector)})
//
//	found, err := glidesearch.Search(ctx, client, "articles", "@topic:{go}=>[KNN 10 @meaning $near AS distance]",
//		glidesearch.Vector("near", question), glidesearch.SortBy("distance", glidesearch.Ascending), glidesearch.Dialect(2))
//	for _, document := range found.Documents {
//		fmt.Println(document.Key, document.Fields["distance"])
//	}
//
// Every function runs on a [glide.Client], a [glide.ClusterClient] or a
// [glide.Node], and [In] adds the same commands to a transaction or pipeline.
//
// # Modules
//
// The same Go values come back from valkey-search and RediSearch, with
// [glide.RESP2] and [glide.RESP3]. They differ in what they have, which is said
// where it is so, and in the codes and texts of errors. valkey-search has no
// query * for everything.
//
// # Clusters
//
// A command goes to the node that has the slot of the index's name, unless it
// is sent to another with [glide.ClusterClient.Node]. With valkey-search, and
// with RediSearch that is set up for clusters, any node answers for all. With
// RediSearch that is not, each node has its own indexes of its keys: an
// index "{user}index" is on the node of the keys "{user}1", "{user}2".
//
// In a pipeline of a [glide.ClusterClient] a query is sent when what is before it
// is answered, so that it finds what that has written.
//
// Between MULTI and EXEC, and in scripts, modules ask no other node: one node would
// answer for all, or refuse. So transactions of a [glide.ClusterClient] refuse
// [Search], [Aggregate] and profiles, unless the name of the index has a hash tag, as
// in "{user}index". The keys of such an index are on one node, if its prefixes have the
// same tag; valkey-search requires that since version 1.2. Scripts of your own
// that search are not refused: take care that their index is of one slot.
//
// # Custom commands
//
// Replies to FT.SEARCH, FT.AGGREGATE, FT.PROFILE and FT.INFO that are sent with Do come
// as the server sends them, in a form that depends on the module and the
// protocol. FT.AGGREGATE with WITHCURSOR and FT.CURSOR go to the primary that has the
// slot of the index's name, so that a cursor is found again. Such an aggregation is
// never sent twice: each would leave a cursor. A client that is ReadOnly refuses it.
package glidesearch
