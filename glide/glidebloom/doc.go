// Package glidebloom has the commands of modules for probabilistic data:
// Bloom filters of valkey-bloom and RedisBloom, and the cuckoo filters,
// count-min sketches, top-k lists and t-digests of RedisBloom, which is part of
// Redis since 8.0. They answer questions about many items in little memory, and
// may be wrong in a way that is known:
//
//   - BF…: a Bloom filter knows whether an item was added. It may say so of one
//     that was not.
//   - CF…: a cuckoo filter does the same, and items can be deleted.
//   - CMS…: a count-min sketch counts items. It may count too many.
//   - TopK…: the k items that were counted most.
//   - TDigest…: quantiles and ranks of numbers.
//
// For example:
//
//	err := glidebloom.BFReserve(ctx, client, "seen", 0.001, 1_000_000)
//	added, err := glidebloom.BFAdd(ctx, client, "seen", "user:1")
//	if !added {
//		// It was there already, or, once in a thousand, another item like it.
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
// A server without the module answers with its own error about a command that it
// does not know. valkey-bloom has the commands BF…, but for BFScanDump and
// BFLoadChunk: its filters can be copied with [glide.Client.Dump] and
// [glide.Client.Restore].
package glidebloom
