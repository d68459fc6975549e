// Connects to a server, sends GET and prints the reply: what a binding does,
// made from the header alone.
//
//     cc -I ffi/include ffi/tests/client.c target/release/libglide_ffi.so -o client
//     ./client 127.0.0.1 6379 key

#include "glide.h"
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTING = 1, GET = 2 };

// A message in protobuf's form. Fields of bytes are all that is needed here, and
// the ticket of a request.
typedef struct {
  uint8_t data[512];
  size_t len;
} Message;

static void put(Message *m, const void *bytes, size_t len) {
  if (len > sizeof m->data - m->len) {
    fprintf(stderr, "the arguments are too long\n");
    exit(2);
  }
  memcpy(m->data + m->len, bytes, len);
  m->len += len;
}

static void put_varint(Message *m, uint64_t number) {
  for (; number > 127; number >>= 7) put(m, &(uint8_t){(uint8_t)(number | 128)}, 1);
  put(m, &(uint8_t){(uint8_t)number}, 1);
}

static void put_bytes(Message *m, unsigned field, const void *bytes, size_t len) {
  put_varint(m, field << 3 | 2);
  put_varint(m, len);
  put(m, bytes, len);
}

static uint64_t number(const uint8_t *bytes, size_t len) {
  uint64_t value = 0;
  while (len > 0) value = value << 8 | bytes[--len];
  return value;
}

static void check(GlideStatus status) {
  if (status == GLIDE_STATUS_OK) return;
  fprintf(stderr, "status %d\n", (int)status);
  exit(1);
}

// Nobody waits for this callback: main drives until it has what it wants.
static void ready(size_t context) { (void)context; }

static void print_text(FILE *file, const uint8_t *text) {
  fprintf(file, "%.*s", (int)number(text, 4), (const char *)text + 4);
}

static void print_value(const uint8_t *value, const GlideReplies *replies) {
  switch (value[0]) {
  case GLIDE_TAG_NIL:
    printf("(nil)\n");
    break;
  case GLIDE_TAG_STRING:
    print_text(stdout, value + 1);
    printf("\n");
    break;
  case GLIDE_TAG_SHARED: {
    GlideSlice string = replies->shared[number(value + 1, 4)];
    printf("%.*s\n", (int)string.len, (const char *)string.data);
    break;
  }
  default:
    printf("a value with the tag %d\n", value[0]);
  }
}

// Drives until a ticket is completed, and prints the reply to GET.
static void await(const GlideEngine *engine, uint64_t ticket, GlideReplies *replies) {
  for (bool found = false; !found;) {
    check(glide_drive(engine, 0, NULL, 0, 0, 0, ticket, replies));
    for (size_t at = 0; at < replies->len;) {
      const uint8_t *entry = replies->data + at, *body = entry + 13;
      at += 13 + number(entry + 8, 4);
      if (number(entry, 8) != ticket) continue;
      found = true;
      if (entry[12] != GLIDE_OUTCOME_REPLY) {
        fprintf(stderr, "failed with the outcome %d: ", entry[12]);
        print_text(stderr, body + 4 + number(body, 4));
        fprintf(stderr, "\n");
        exit(1);
      }
      if (ticket == GET) print_value(body, replies);
    }
    check(glide_release(engine, replies->owner));
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s host port key\n", argv[0]);
    return 2;
  }
  if (glide_abi_version() != GLIDE_ABI_VERSION) {
    fprintf(stderr, "the library is not that of the header\n");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN); // glide_drive writes to sockets

  const GlideEngine *engine;
  GlideReplies replies;
  uint64_t client;
  check(glide_engine_start(ready, 0, &engine));

  Message address = {.len = 0}, connection = {.len = 0};
  put_bytes(&address, 1, argv[1], strlen(argv[1])); // Address.host
  put_varint(&address, 2 << 3);                     // Address.port
  put_varint(&address, strtoul(argv[2], NULL, 10));
  put_bytes(&connection, 1, address.data, address.len); // ConnectionRequest.addresses
  check(glide_connect(engine, connection.data, connection.len, CONNECTING, &client));
  await(engine, CONNECTING, &replies);

  Message request = {.len = 0}, submission = {.len = 0};
  put_varint(&request, 1 << 3 | 1); // Request.ticket, fixed64
  put(&request, (uint8_t[8]){GET}, 8);
  put_bytes(&request, 3, "GET", 3); // Request.arguments
  put_bytes(&request, 3, argv[3], strlen(argv[3]));
  put_bytes(&submission, 1, request.data, request.len); // Submission.requests
  check(glide_submit(engine, client, submission.data, submission.len));
  await(engine, GET, &replies);
  check(glide_close(engine, client));
  return 0;
}
