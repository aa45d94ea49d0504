// A small server over the engine for the tests: each path shows one behaviour. Its options come from the command
// line (`--head-ms 500`), it prints its port, and SIGTERM makes it drain and print what it has counted.
#include "chttp.h"
#include "background.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { echo_limit = 65536, fan_limit = 8192 };

static chttp_server *server;
static const char *file_path;

static _Atomic uint64_t registered, ended_finished, ended_unfinished, refused_calls, overflows, late_reads;

static const chttp_fields text = {.block = "Content-Type\0text/plain", .count = 1};
static const chttp_fields events = {.block = "Content-Type\0text/event-stream\0Cache-Control\0no-store", .count = 2};

// MARK: Small helpers

static bool is(chttp_bytes bytes, const char *wanted) {
  return bytes.count == strlen(wanted) && memcmp(bytes.bytes, wanted, bytes.count) == 0;
}

static bool path_is(chttp_bytes target, const char *path) {
  const uint8_t *query = target.count == 0 ? NULL : memchr(target.bytes, '?', target.count);
  if (query != NULL) target.count = (size_t)(query - target.bytes);
  return is(target, path);
}

/// The number after `name=` in the query.
static unsigned long number(chttp_bytes target, const char *name, unsigned long fallback) {
  char copy[512];
  size_t count = target.count < sizeof copy - 1 ? target.count : sizeof copy - 1;
  memcpy(copy, target.bytes, count);
  copy[count] = '\0';
  const char *found = strstr(copy, name);
  return found == NULL ? fallback : strtoul(found + strlen(name) + 1, NULL, 10);
}

static void say(chttp_exchange *exchange, uint32_t status, const char *sentence) {
  chttp_respond_static(exchange, status, text, (chttp_bytes){(const uint8_t *)sentence, strlen(sentence)});
}

static void ended(void *context, bool finished) {
  // Calling back into the engine must be possible here.
  chttp_exchange *exchange = context;
  chttp_stream_finish(exchange);
  if (chttp_exchange_lock(exchange)) abort();
  say(exchange, 500, "too late\n");
  atomic_fetch_add(finished ? &ended_finished : &ended_unfinished, 1);
  chttp_exchange_release(exchange);
}

static void follow(chttp_exchange *exchange) {
  atomic_fetch_add(&registered, 1);
  chttp_exchange_retain(exchange);
  chttp_exchange_on_end(exchange, exchange, ended);
}

static chttp_buffer *event(const char *name, unsigned long size) {
  char *bytes = malloc(size + 64);
  int count = snprintf(bytes, 64, "data: %s ", name);
  memset(bytes + count, 'x', size);
  memcpy(bytes + count + size, "\n\n", 2);
  // Wrapped, so that the release function is exercised.
  return chttp_buffer_wrap(bytes, (size_t)count + size + 2, bytes, free);
}

// MARK: What happens on other threads

static void answer_later(chttp_exchange *exchange, unsigned long first, unsigned long second) {
  (void)first;
  (void)second;
  // The head must still be readable here, and only here.
  if (chttp_exchange_lock(exchange)) {
    chttp_bytes host = chttp_exchange_header(exchange, "hOsT", 4);
    if (host.count == 0) abort();
    chttp_exchange_unlock(exchange);
  }
  say(exchange, 200, "later\n");
  if (chttp_exchange_lock(exchange)) {
    atomic_fetch_add(&late_reads, 1);
    chttp_exchange_unlock(exchange);
  }
  chttp_exchange_release(exchange);
}

static void push_events(chttp_exchange *exchange, unsigned long count, unsigned long size) {
  for (unsigned long index = 0; index < count; index++) {
    char name[24];
    snprintf(name, sizeof name, "%lu", index);
    chttp_buffer *buffer = event(name, size);
    chttp_push_result result = chttp_stream_push(exchange, buffer);
    chttp_buffer_release(buffer);
    if (result == CHTTP_PUSH_OVERFLOW) atomic_fetch_add(&overflows, 1);
    if (result != CHTTP_PUSH_QUEUED) break;
  }
  chttp_stream_finish(exchange);
  chttp_exchange_release(exchange);
}

// MARK: Fan-out

static pthread_mutex_t fan_mutex = PTHREAD_MUTEX_INITIALIZER;
static chttp_exchange *fan[fan_limit];
static size_t fan_count;

static void subscribe(chttp_exchange *exchange) {
  chttp_exchange_retain(exchange);
  pthread_mutex_lock(&fan_mutex);
  if (fan_count < fan_limit) fan[fan_count++] = exchange;
  pthread_mutex_unlock(&fan_mutex);
}

static size_t publish(unsigned long size) {
  chttp_buffer *buffer = event("fan", size);
  size_t kept = 0;
  pthread_mutex_lock(&fan_mutex);
  for (size_t index = 0; index < fan_count; index++) {
    if (chttp_stream_push(fan[index], buffer) == CHTTP_PUSH_QUEUED) {
      fan[kept++] = fan[index];
    } else {
      chttp_exchange_release(fan[index]);
    }
  }
  fan_count = kept;
  pthread_mutex_unlock(&fan_mutex);
  chttp_buffer_release(buffer);
  return kept;
}

// MARK: Routes

typedef struct listing {
  char *bytes;
  size_t count, capacity;
} listing;

static void append(listing *list, const char *text_bytes, size_t count) {
  if (list->count + count > list->capacity) {
    list->capacity = (list->count + count) * 2;
    list->bytes = realloc(list->bytes, list->capacity);
  }
  memcpy(list->bytes + list->count, text_bytes, count);
  list->count += count;
}

static bool list_field(void *context, chttp_bytes name, chttp_bytes value) {
  append(context, (const char *)name.bytes, name.count);
  append(context, "=", 1);
  append(context, (const char *)value.bytes, value.count);
  append(context, "\n", 1);
  return true;
}

/// Says what was understood of the request.
static void mirror(chttp_exchange *exchange, chttp_bytes method, chttp_bytes target) {
  listing list = {0};
  append(&list, (const char *)method.bytes, method.count);
  append(&list, " ", 1);
  append(&list, (const char *)target.bytes, target.count);
  append(&list, "\n", 1);
  chttp_exchange_each_header(exchange, &list, list_field);
  append(&list, "\n", 1);
  chttp_bytes body = chttp_exchange_body(exchange);
  if (body.count > 0) append(&list, (const char *)body.bytes, body.count);
  chttp_respond_buffer(exchange, 200, text, chttp_buffer_wrap(list.bytes, list.count, list.bytes, free));
}

static void stream(chttp_exchange *exchange, chttp_bytes target) {
  unsigned long interval = number(target, "keepalive", 5000);
  chttp_buffer *comment = chttp_buffer_copy(": keepalive\n\n", 13);
  chttp_keepalive keepalive = {.comment = comment, .interval_ms = (uint32_t)interval};
  follow(exchange);
  chttp_respond_stream(exchange, 200, events, keepalive, number(target, "close", 0) == 1);
  chttp_buffer_release(comment);
  unsigned long count = number(target, "count", 0);
  if (count == 0) {
    subscribe(exchange);
  } else {
    chttp_exchange_retain(exchange);
    background_run(exchange, number(target, "delay", 0), push_events, count, number(target, "size", 10));
  }
}

static void file(chttp_exchange *exchange, chttp_bytes target) {
  int descriptor = open(file_path, O_RDONLY | O_CLOEXEC);
  off_t size = lseek(descriptor, 0, SEEK_END);
  chttp_respond_file(exchange, 200, text, descriptor, number(target, "offset", 0),
                     number(target, "length", (unsigned long)size));
}

static void stats(chttp_exchange *exchange) {
  char line[512];
  chttp_counters counters = chttp_server_counters(server);
  int count = snprintf(line, sizeof line,
                       "{\"registered\":%" PRIu64 ",\"finished\":%" PRIu64 ",\"unfinished\":%" PRIu64
                       ",\"refused\":%" PRIu64 ",\"overflows\":%" PRIu64 ",\"refusals\":%" PRIu64
                       ",\"cuts\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"turned_away\":%" PRIu64
                       ",\"streams\":%" PRIu64 ",\"requests\":%" PRIu64 "}\n",
                       registered, ended_finished, ended_unfinished, refused_calls, overflows, counters.refusals,
                       counters.deadline_cuts, counters.open_connections, counters.connections_refused,
                       counters.open_streams, counters.requests);
  if (exchange == NULL) {
    fputs(line, stdout);
    fflush(stdout);
  } else {
    chttp_respond_buffer(exchange, 200, text, chttp_buffer_copy(line, (size_t)count));
  }
}

static void spin(unsigned long rounds) {
  for (volatile unsigned long round = 0; round < rounds; round++) continue;
}

static void handle(void *context, chttp_exchange *exchange) {
  (void)context;
  if (!chttp_exchange_lock(exchange)) abort();
  chttp_bytes target = chttp_exchange_target(exchange);
  chttp_bytes method = chttp_exchange_method(exchange);
  if (path_is(target, "/plain")) {
    say(exchange, 200, "hello\n");
  } else if (path_is(target, "/echo")) {
    chttp_bytes body = chttp_exchange_body(exchange);
    chttp_respond_buffer(exchange, 200, text, chttp_buffer_copy(body.bytes, body.count));
  } else if (path_is(target, "/nothing")) {
    chttp_respond_buffer(exchange, 204, text, NULL);
  } else if (path_is(target, "/later")) {
    follow(exchange);
    chttp_exchange_retain(exchange);
    background_run(exchange, number(target, "delay", 20), answer_later, 0, 0);
  } else if (path_is(target, "/race")) {
    // The answer may come before, while, or after this returns.
    follow(exchange);
    chttp_exchange_retain(exchange);
    unsigned long rounds = number(target, "spin", 1000);
    chttp_exchange_unlock(exchange);
    background_run(exchange, 0, answer_later, 0, 0);
    spin(rounds);
    return;
  } else if (path_is(target, "/never")) {
    follow(exchange);
  } else if (path_is(target, "/stream")) {
    stream(exchange, target);
  } else if (path_is(target, "/publish")) {
    char line[32];
    int count = snprintf(line, sizeof line, "%zu\n", publish(number(target, "size", 10)));
    chttp_respond_buffer(exchange, 200, text, chttp_buffer_copy(line, (size_t)count));
  } else if (path_is(target, "/file")) {
    file(exchange, target);
  } else if (path_is(target, "/large")) {
    unsigned long size = number(target, "size", 1000000);
    char *bytes = calloc(1, size);
    memset(bytes, 'y', size);
    chttp_respond_buffer(exchange, 200, text, chttp_buffer_wrap(bytes, size, bytes, free));
  } else if (path_is(target, "/stats")) {
    stats(exchange);
  } else {
    mirror(exchange, method, target);
  }
  chttp_exchange_unlock(exchange);
}

static uint64_t accept_body(void *context, chttp_exchange *exchange) {
  (void)context;
  if (!chttp_exchange_lock(exchange)) abort();
  chttp_bytes target = chttp_exchange_target(exchange);
  uint64_t limit = path_is(target, "/plain") ? 0 : path_is(target, "/huge") ? (uint64_t)64 << 20 : echo_limit;
  chttp_exchange_unlock(exchange);
  return limit;
}

static void refused(void *context, chttp_refusal status, const char *reason, const char *peer) {
  (void)context;
  if (status < 400 || strlen(reason) == 0 || peer == NULL) abort();
  atomic_fetch_add(&refused_calls, 1);
}

// MARK: Start and stop

static uint32_t option(int count, char **arguments, const char *name, uint32_t fallback) {
  for (int index = 1; index + 1 < count; index++) {
    if (strcmp(arguments[index], name) == 0) return (uint32_t)strtoul(arguments[index + 1], NULL, 10);
  }
  return fallback;
}

int main(int count, char **arguments) {
  file_path = arguments[0];
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);

  chttp_options options = chttp_options_default();
  options.workers = option(count, arguments, "--workers", 0);
  options.connection_limit = option(count, arguments, "--limit", 0);
  options.head_deadline_ms = option(count, arguments, "--head-ms", options.head_deadline_ms);
  options.body_deadline_ms = option(count, arguments, "--body-ms", options.body_deadline_ms);
  options.idle_timeout_ms = option(count, arguments, "--idle-ms", options.idle_timeout_ms);
  options.write_stall_ms = option(count, arguments, "--stall-ms", options.write_stall_ms);
  options.stream_queue_limit = option(count, arguments, "--queue", (uint32_t)options.stream_queue_limit);
  uint32_t stop_ms = option(count, arguments, "--stop-ms", 5000);

  char error[256] = "";
  chttp_callbacks callbacks = {.accept = accept_body, .handle = handle, .refused = refused};
  server = chttp_server_create(options, callbacks, error, sizeof error);
  uint16_t wanted = (uint16_t)option(count, arguments, "--port", 0);
  int port = server == NULL ? -1 : chttp_server_listen_tcp(server, "127.0.0.1", wanted, error, sizeof error);
  background_start();
  if (port < 0 || !chttp_server_start(server, error, sizeof error)) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  printf("%d %s\n", port, chttp_engine_version());
  fflush(stdout);

  int signal_number;
  sigwait(&signals, &signal_number);
  chttp_server_stop(server, stop_ms);
  background_stop();
  while (fan_count > 0) chttp_exchange_release(fan[--fan_count]);
  stats(NULL);
  chttp_server_destroy(server);
  return registered == ended_finished + ended_unfinished ? 0 : 3;
}
