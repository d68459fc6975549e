// Package glidesearch has the commands of search modules: valkey-search and
// RediSearch. They maintain indexes of hashes or JSON documents, and find the
// documents that match a query: words, tags, ranges of numbers, and the nearest
// vectors.
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
// valkey-search and RediSearch return the same Go values, with [glide.RESP2] and
// [glide.RESP3]. Comments say in parentheses which of them supports a function, if
// only one does. The codes and messages of their errors differ. valkey-search does
// not support the query * for all documents.
//
// # Clusters
//
// A command goes to the node that serves the slot of the name of the index, unless
// [glide.ClusterClient.Node] selects another one. With valkey-search, and with
// RediSearch that is configured for clusters, any node answers for all nodes.
// Otherwise each node has separate indexes of its keys: an index "{user}index" is
// on the node of the keys "{user}1", "{user}2".
//
// A pipeline of a [glide.ClusterClient] sends a query after the commands before it
// have been answered, so that it finds what they wrote.
//
// Between MULTI and EXEC, and in scripts, modules do not ask other nodes: the result
// would be that of one node, or an error. So transactions of a [glide.ClusterClient] refuse
// [Search], [Aggregate] and profiles, unless the name of the index has a hash tag, as
// in "{user}index". The keys of such an index are on one node, if its prefixes have the
// same tag; valkey-search requires that since version 1.2. Scripts that search are
// not refused: make sure that their index belongs to one slot.
//
// # Custom commands
//
// Do returns replies to FT.SEARCH, FT.AGGREGATE, FT.PROFILE and FT.INFO as the server
// sends them, in a form that depends on the module and the protocol. FT.AGGREGATE with
// WITHCURSOR and FT.CURSOR go to the primary that serves the slot of the name of the
// index, so that a cursor is found again. Such an aggregation is never sent twice,
// because each one creates a cursor. A client with ReadOnly refuses it.
package glidesearch
