/* Generated from ffi/src by ffi/build.rs. The contract stands at the top of ffi/src/lib.rs. */

#ifndef GLIDE_FFI_H
#define GLIDE_FFI_H

#include <stdint.h>
#include <stddef.h>

// Changes with every change of this ABI, the messages included.
#define GLIDE_ABI_VERSION 5

// The bit of a ticket that says that its command may wait on the server for
// long. Such completions are counted apart.
#define GLIDE_BLOCKING_TICKET 9223372036854775808ull

// Opaque: a runtime, its clients and its completions.
typedef struct GlideEngine GlideEngine;

// Opaque: the memory behind a `GlideReplies`.
typedef struct GlideReplyBuffer GlideReplyBuffer;

// What can be subscribed to.
typedef struct Kind Kind;

// A string that stays where it is until its buffer is released.
typedef struct {
  const uint8_t *data;
  size_t len;
} GlideSlice;

// Replies that were handed out; see reply.rs for their form.
typedef struct {
  const uint8_t *data;
  size_t len;
  // The strings that entries name by index.
  const GlideSlice *shared;
  size_t shared_len;
  // For `glide_release`; null if there are no replies.
  GlideReplyBuffer *owner;
  // How many entries complete a ticket.
  uint32_t completed;
  // How many of those are of blocking commands.
  uint32_t blocking;
  // 1 if the driver's own ticket is among them, or else 0. It may be 0 for
  // one that was completed before the drive in which it was named.
  uint32_t own;
} GlideReplies;



#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Gives the version of the ABI that this library was built with.
//
// Borrowed: nothing. Kept: nothing. Threads: any.
uint32_t glide_abi_version(void);

// Starts an engine and writes it to `*engine`.
//
// `ready(context)` is called when completions can be taken and nobody drives.
//
// Borrowed: `engine`. Kept: `ready` and `context`, for good. Threads: any.
//
// # Safety
// `engine` must be null or writable; `ready` must be callable as long as the
// process lives.
int32_t glide_engine_start(void (*ready)(size_t context),
                           size_t context,
                           const GlideEngine **engine);

// Begins to connect a client (a `ConnectionRequest`), writes its handle to
// `*client` and completes `ticket` when it is connected, or is not to be.
// The handle is to be closed in either case.
//
// Borrowed: `request`, `client`. Kept: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `request` must be
// null or point to `len` bytes; `client` must be null or writable.
int32_t glide_connect(const GlideEngine *engine,
                      const uint8_t *request,
                      size_t len,
                      uint64_t ticket,
                      uint64_t *client);

// Submits requests (a `Submission`) of a client. Without any it only makes
// sure that somebody drives.
//
// Borrowed: `submission`. Kept: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `submission` must
// be null or point to `len` bytes.
int32_t glide_submit(const GlideEngine *engine,
                     uint64_t client,
                     const uint8_t *submission,
                     size_t len);

// Submits like `glide_submit` and then drives the event loop on this thread
// until something is completed or `glide_interrupt` is called, at most for
// `budget_us` microseconds unless that is 0, and hands the completions out.
// For the first `spin_us` of them it looks for replies without sleeping, if
// that has paid off of late. `own` is a ticket whose completion is reported,
// in this drive and the following ones until another is named; 0 is none. If
// somebody else drives it answers NOT_DRIVING: the requests are submitted, and their
// completions go to the other driver or to the ready callback.
//
// Borrowed: `submission`, `replies`. Kept: nothing. Threads: any; this one
// blocks.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `submission` must
// be null or point to `len` bytes; `replies` must be null or writable.
int32_t glide_drive(const GlideEngine *engine,
                    uint64_t client,
                    const uint8_t *submission,
                    size_t len,
                    uint32_t budget_us,
                    uint32_t spin_us,
                    uint64_t own,
                    GlideReplies *replies);

// Ends the drive that is under way on another thread, or else the next one,
// before anything is completed. It may be called for a drive that has ended:
// a driver that finds nothing completed drives again.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int32_t glide_interrupt(const GlideEngine *engine);

// Hands out the completions that have gathered, if any.
//
// Borrowed: `replies`. Kept: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `replies` must be
// null or writable.
int32_t glide_take(const GlideEngine *engine, GlideReplies *replies);

// Releases replies by their `owner`; null is nothing to release.
//
// Borrowed: nothing; `owner` is consumed. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `owner` must be
// null or an owner that this engine handed out and that was not released.
int32_t glide_release(const GlideEngine *engine, GlideReplyBuffer *owner);

// Closes a client: every ticket of it that is outstanding is completed, then
// its connections are closed. Its handle names nobody from here on.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int32_t glide_close(const GlideEngine *engine, uint64_t client);

// Answers a question by its number, with an `Answer`. It gives CLOSED if nobody
// waits for it (any more): it was answered, its time is over, or its client is
// closed.
//
// Borrowed: `answer`, which may be wiped afterwards. Kept: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`; `answer` must be
// null or point to `len` bytes.
int32_t glide_answer(const GlideEngine *engine,
                     uint64_t question,
                     const uint8_t *answer,
                     size_t len);

// Sets how much of the core's log becomes completions, for the process: 0 is
// nothing, 1 errors, 2 warnings, 3 information, 4 debugging, 5 everything.
//
// Borrowed: nothing. Threads: any.
int32_t glide_log_level(uint32_t level);

// Drops the state of a scan by its name; one that is not there is no error.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int32_t glide_drop_scan(const GlideEngine *engine, uint64_t name);

// Begins a hold on a connection of its own, under a name that no request has
// as its ticket. The connection is taken with the first request that names
// it. The hold is to be ended.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int32_t glide_begin(const GlideEngine *engine, uint64_t client, uint64_t name);

// Ends a hold by its name; that of a request which has a connection for
// itself alone is its ticket. By its ticket, which is to be no hold's name, a
// request that waits for a permit gives up its place: then the status is
// `GaveUp`, and the request is never sent. If a request is under way
// there, the connection is closed and the request ends; else it is used again
// by others, if nobody can tell. A hold that is not there is no error.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int32_t glide_end(const GlideEngine *engine, uint64_t client, uint64_t name);

// Counts what is alive: 0 tickets, 1 reply buffers handed out, 2 clients, 3
// states of scans, 4 connected subscribers, 5 connections that are not shared,
// 6 questions that are not answered. Gives -1 for anything else.
//
// Borrowed: nothing. Threads: any.
//
// # Safety
// `engine` must be null or come from `glide_engine_start`.
int64_t glide_count(const GlideEngine *engine, uint32_t what);

// A ready callback that writes to a descriptor, for callers that watch one:
// `context` is an eventfd or the writing end of a pipe.
//
// Borrowed: nothing. Threads: any.
void glide_ring(size_t context);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GLIDE_FFI_H */
