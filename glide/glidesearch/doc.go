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
// # Scripts
//
// RediSearch returns some replies that glide's core cannot read as they come.
// Such a query travels in a script (EVAL_RO, since version 7.0), which takes the
// right to run scripts. So does every [Search], [Aggregate], [Info] and profile in
// a transaction, and in a pipeline to one server. In a pipeline of a
// [glide.ClusterClient] each is sent by itself, when what is before it is answered,
// so that valkey-search answers for the whole cluster. In a transaction of a
// cluster it may answer for one shard, or refuse. RediSearch that is set up for
// clusters does not run queries in scripts: use [glide.RESP2] there, and no
// transactions for them.
package glidesearch
