// Package glidebloom has the commands of modules for probabilistic data:
// Bloom filters of valkey-bloom and RedisBloom, and the cuckoo filters,
// count-min sketches, top-k lists and t-digests of RedisBloom, which is part of
// Redis since 8.0. They need little memory for many items, and make errors with a
// known probability:
//
//   - BF…: a Bloom filter reports whether an item was added. It may report an
//     item that was not.
//   - CF…: a cuckoo filter is like a Bloom filter from which items can be deleted.
//   - CMS…: a count-min sketch counts items. Its counts may be too high.
//   - TopK…: a top-k list has the k most frequent items.
//   - TDigest…: a t-digest estimates quantiles and ranks of numbers.
//
// For example:
//
//	err := glidebloom.BFReserve(ctx, client, "seen", 0.001, 1_000_000)
//	added, err := glidebloom.BFAdd(ctx, client, "seen", "user:1")
//	if !added {
//		// It was added before, or, once in a thousand, another item was.
//	}
//
// Every function runs on a [glide.Client], a [glide.ClusterClient] or a
// [glide.Node]. [In] adds the same commands to a transaction or pipeline:
//
//	batch := glide.NewPipeline()
//	glidebloom.In(batch).BFAdd("seen", "user:1").CMSIncrBy("visits", glidebloom.Count("user:1", 1))
//	results, err := client.Exec(ctx, batch)
//	added, err := glide.Result[bool](results, 0)
//
// A server without the module returns its error for an unknown command.
// valkey-bloom supports the commands BF… except BFScanDump and BFLoadChunk: copy
// its filters with [glide.Client.Dump] and [glide.Client.Restore].
package glidebloom
