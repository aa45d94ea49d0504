// What the source files of the engine share. Nothing here is seen outside the target.
//
// Locks, in the order in which they may be held together:
//   1. server.lifecycle_mutex      start and stop.
//   2. server.connections_mutex    the list of connections; a descriptor is open while its connection is in the list.
//   3. connection.mutex            the exchange that the monitor should look after.
//   4. exchange.mutex              the state of one exchange. While it is held and `connection` is not null, the
//                                  descriptor is open and libmicrohttpd's connection is alive.
//   5. libmicrohttpd's own.        It calls back without holding any that suspend or resume take.
// exchange.memory_mutex guards the request's bytes, may be held for as long as a caller reads them, and is only ever
// taken alone or before exchange.mutex. No callback of the owner runs while one of these is held.
#ifndef CHTTP_ENGINE_H
#define CHTTP_ENGINE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "chttp.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

// Versions before 1.0 have no strict parser; the guard reads their traces in memory instead (guard.c).
#if MHD_VERSION >= 0x01000000
#define CHTTP_STRICT_PARSER 1
#else
#define CHTTP_STRICT_PARSER 0
#endif

enum {
  chttp_internal_peer_capacity = INET6_ADDRSTRLEN,
  chttp_internal_target_capacity = 240,
  chttp_internal_inline_fields = 24,
  chttp_internal_listener_limit = 8,
};

/// A client that takes an answer slower than this is not waited for.
enum { chttp_internal_slowest_reader = 8192 };

// MARK: Buffers

struct chttp_buffer {
  atomic_size_t references;
  const uint8_t *bytes;
  size_t count;
  void *free_context;
  void (*free_bytes)(void *);
};

// MARK: Connections

/// What a connection is busy with, as far as deadlines and the drain care.
typedef enum connection_phase {
  connection_idle,      ///< Between requests, or before the first request line.
  connection_head,      ///< A request line has come.
  connection_body,      ///< The head was accepted.
  connection_handling,  ///< The owner has the exchange.
  connection_answering,
  connection_streaming,
} connection_phase;

/// One open socket. The worker that serves it makes and unlinks it; the monitor frees it, so that an event the
/// monitor has fetched just before never points to freed memory.
typedef struct chttp_internal_connection {
  struct chttp_internal_connection *next;
  struct chttp_internal_connection *previous;
  chttp_server *server;
  struct MHD_Connection *handle;
  int descriptor;
  bool watched;               ///< In the monitor's epoll.
  bool first_request;         ///< No request line came yet. Only the worker looks.
  atomic_int phase;
  _Atomic uint64_t deadline;  ///< Monotonic milliseconds; 0 = none.
  atomic_bool hung_up;        ///< The peer has closed. Never reset.
  pthread_mutex_t mutex;
  chttp_exchange *exchange;   ///< Parked or streaming; guarded by `mutex`.
  char peer[chttp_internal_peer_capacity];
} chttp_internal_connection;

// MARK: Exchanges

/// A header field as it lies in libmicrohttpd's memory.
typedef struct head_field {
  const char *name;
  const char *value;
  size_t name_count;
  size_t value_count;
} head_field;

/// The queue and the clock of one stream; all of it is guarded by the exchange's mutex.
typedef struct chttp_internal_stream {
  chttp_buffer **slots;       ///< A ring.
  size_t capacity;
  size_t first;
  size_t used;
  size_t offset;              ///< Bytes of the first buffer that were taken.
  size_t queued_bytes;
  chttp_buffer *comment;
  uint32_t interval_ms;
  uint64_t last_output;       ///< When bytes were handed to libmicrohttpd.
  uint64_t last_call;         ///< When libmicrohttpd asked for bytes, or was woken.
  uint64_t finish_deadline;   ///< Of a finished stream with a queue; 0 = none.
  bool started;               ///< The answer is queued at libmicrohttpd.
  bool finished;
  bool complete;              ///< Ended by the socket, with all bytes on their way.
  bool cut;
} chttp_internal_stream;

/// Somebody who wants to hear of the end.
typedef struct end_listener {
  struct end_listener *next;
  void *context;
  void (*ended)(void *context, bool finished);
} end_listener;

struct chttp_exchange {
  atomic_size_t references;

  // Written by the worker before `accept`, constant afterwards.
  bool http10;
  bool is_head;
  bool chunked;
  bool close_after;           ///< The connection must not be used again.
  bool accepted;              ///< The guard let it pass.
  bool refused;
  bool handled;               ///< `handle` was called.
  bool queued;                ///< libmicrohttpd has the answer.
  const char *raw_target;     ///< Where the target lies in libmicrohttpd's memory.
  size_t raw_target_count;
  uint64_t body_limit;
  uint64_t announced;         ///< Content-Length.
  const char *framing;        ///< Where the last piece of a body ended in libmicrohttpd's buffer.
  const char *framing_front;  ///< The front of that buffer.

  pthread_mutex_t mutex;
  chttp_server *server;                   ///< Null after the end, as is `connection`.
  chttp_internal_connection *connection;
  struct MHD_Response *answer;            ///< Given by the owner, not yet taken by the worker.
  chttp_internal_stream *stream;
  end_listener *listeners;
  end_listener first_listener;
  uint64_t answer_size;
  uint32_t status;
  bool answered;
  bool parked;                ///< Suspended; whoever clears it resumes.
  bool gone;                  ///< The client left, or the server gave up; nothing will be sent.
  bool ended;
  bool finished;              ///< With `ended`: the answer was sent completely.
  bool first_listener_used;

  pthread_mutex_t memory_mutex;
  bool readable;              ///< Head and body may be read by others.
  const char *method;
  char *target;
  size_t target_count;
  head_field *fields;
  size_t field_count;
  size_t field_capacity;
  uint8_t *body;
  size_t body_count;
  size_t body_capacity;

  char peer[chttp_internal_peer_capacity];
  char inline_target[chttp_internal_target_capacity];
  head_field inline_fields[chttp_internal_inline_fields];
};

// MARK: Server

typedef struct chttp_internal_listener {
  chttp_server *server;
  int descriptor;
  int reserve;                ///< Closed to be able to accept, and refuse, when descriptors have run out.
  bool running;
  pthread_t thread;
} chttp_internal_listener;

struct chttp_server {
  chttp_options options;
  chttp_callbacks callbacks;
  struct MHD_Daemon *daemon;
  chttp_internal_listener listeners[chttp_internal_listener_limit];
  size_t listener_count;
  int stop_event;             ///< eventfd: the accept threads end.

  pthread_mutex_t lifecycle_mutex;
  bool started;
  bool stopped;
  atomic_bool draining;       ///< Every answer closes its connection.
  atomic_bool closing;        ///< Nothing may be parked any more.

  pthread_mutex_t connections_mutex;
  pthread_cond_t connections_condition;   ///< The list has become empty.
  chttp_internal_connection *connections;
  chttp_internal_connection *dead;        ///< Unlinked; the monitor frees them.

  int watch;                  ///< epoll of the monitor.
  int wake_event;             ///< eventfd in `watch`.
  bool monitor_running;
  atomic_bool monitor_stop;
  atomic_uint tick_ms;
  pthread_t monitor;

  _Atomic uint64_t connections_accepted;
  _Atomic uint64_t connections_refused;
  _Atomic uint64_t requests;
  _Atomic uint64_t refusals;
  _Atomic uint64_t deadline_cuts;
  _Atomic uint64_t open_connections;
  _Atomic uint64_t open_streams;
};

/// Monotonic milliseconds, cheap and a few milliseconds coarse.
uint64_t chttp_internal_now(void);
/// Writes a sentence for the caller of a public function.
void chttp_internal_explain(char *error, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));

// listener.c
bool chttp_internal_listener_start(chttp_internal_listener *listener);
void chttp_internal_listeners_stop(chttp_server *server);

// connection.c
void chttp_internal_connection_notify(void *context, struct MHD_Connection *handle, void **record,
                                      enum MHD_ConnectionNotificationCode code);
chttp_internal_connection *chttp_internal_connection_of(struct MHD_Connection *handle);
void chttp_internal_connection_enter(chttp_internal_connection *connection, connection_phase phase, uint64_t within_ms);
void chttp_internal_connection_attend(chttp_internal_connection *connection, chttp_exchange *exchange);
chttp_exchange *chttp_internal_connection_exchange(chttp_internal_connection *connection);
void chttp_internal_connections_free_dead(chttp_server *server);

// request.c
void *chttp_internal_request_begin(void *context, const char *target, struct MHD_Connection *handle);
enum MHD_Result chttp_internal_request_handle(void *context, struct MHD_Connection *handle, const char *url,
                                              const char *method, const char *version, const char *bytes, size_t *count,
                                              void **request);
void chttp_internal_request_completed(void *context, struct MHD_Connection *handle, void **request,
                                      enum MHD_RequestTerminationCode code);

// guard.c, target.c
typedef struct chttp_internal_verdict {
  chttp_refusal status;       ///< 0 = let it pass.
  const char *reason;
} chttp_internal_verdict;
chttp_internal_verdict chttp_internal_guard_head(chttp_exchange *exchange, struct MHD_Connection *handle,
                                                 const char *method, const char *version);
chttp_internal_verdict chttp_internal_guard_target(chttp_exchange *exchange, const head_field *host);
bool chttp_internal_guard_framing(chttp_exchange *exchange, const char *bytes, size_t count);
bool chttp_internal_host_valid(const char *bytes, size_t count);
bool chttp_internal_equal_ignoring_case(const char *left, size_t left_count, const char *right, size_t right_count);

// exchange.c
chttp_exchange *chttp_internal_exchange_create(chttp_server *server, chttp_internal_connection *connection);
void chttp_internal_exchange_close_memory(chttp_exchange *exchange);
void chttp_internal_exchange_end(chttp_exchange *exchange, bool finished);
void chttp_internal_exchange_hang_up(chttp_exchange *exchange);
void chttp_internal_exchange_resume(chttp_exchange *exchange);

// answer.c, refusal.c
enum MHD_Result chttp_internal_answer_queue(chttp_exchange *exchange, struct MHD_Connection *handle);
bool chttp_internal_answer_deliver(chttp_exchange *exchange, uint32_t status, struct MHD_Response *response,
                                   uint64_t size, chttp_internal_stream *stream);
void chttp_internal_answer_add_fields(struct MHD_Response *response, chttp_fields fields);
void chttp_internal_refusal_count(chttp_server *server, chttp_refusal status, const char *reason, const char *peer);
enum MHD_Result chttp_internal_refuse(chttp_exchange *exchange, struct MHD_Connection *handle, chttp_refusal status,
                                      const char *reason);
void chttp_internal_refuse_raw(chttp_exchange *exchange, chttp_refusal status, const char *reason);
struct MHD_Response *chttp_internal_refusal_response(const char *reason);

// stream.c
void chttp_internal_stream_start(chttp_exchange *exchange);
void chttp_internal_stream_free(chttp_internal_stream *stream);
void chttp_internal_stream_cut(chttp_exchange *exchange);
bool chttp_internal_stream_tend(chttp_exchange *exchange, uint64_t now);

// monitor.c
bool chttp_internal_monitor_start(chttp_server *server);
void chttp_internal_monitor_stop(chttp_server *server);
void chttp_internal_monitor_wake(chttp_server *server);
void chttp_internal_monitor_quicken(chttp_server *server, uint32_t interval_ms);

#endif
