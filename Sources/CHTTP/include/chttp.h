// CHTTP: an HTTP/1.1 server engine behind one header.
//
// It owns sockets, framing, limits, deadlines and long-lived response bodies. libmicrohttpd does the parsing and the
// polling and stays hidden: nothing of it appears here. The engine knows nothing of what it serves.
//
// Words
//   server     listeners, a pool of worker threads, one monitor thread (deadlines, keepalives, hang-ups).
//   exchange   one request and its answer. Reference counted: the engine holds one reference until the answer is
//              sent or the client is gone; whoever wants to keep the pointer takes another.
//   buffer     immutable bytes with a reference count, so that one event can be queued to thousands of streams.
//
// Life of an exchange: head parsed -> guard (framing that two servers could read differently: 400, close) ->
// `accept` callback gives the body's limit (over it: 413 before the rest is read) -> body -> `handle` callback, on a
// worker thread -> chttp_respond*() from any thread, at once or later. If `handle` returns without an answer the
// connection is parked and costs no thread. Exactly one answer counts; later ones return false.
//
// Threads: every function may be called from any thread unless it says otherwise. Callbacks must not block.
#ifndef CHTTP_H
#define CHTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct chttp_server chttp_server;
typedef struct chttp_exchange chttp_exchange;
typedef struct chttp_buffer chttp_buffer;

/// Borrowed bytes; not NUL terminated. `bytes` may be null when `count` is 0.
typedef struct chttp_bytes {
  const uint8_t *bytes;
  size_t count;
} chttp_bytes;

// MARK: Server

/// Everything that bounds a server. chttp_options_default() fills in the defaults given here.
typedef struct chttp_options {
  uint32_t workers;                   ///< Worker threads; 0 = clamp(cores, 2, 4).
  uint32_t connection_limit;          ///< Open connections; over it a new one gets a bare 503. 0 = min(descriptor limit - 256, 16384).
  uint32_t connection_memory;         ///< Bytes a connection may use for its head. Default 16384.
  uint32_t head_deadline_ms;          ///< From the accept, or from the first line of a later request, to the end of the head. Default 10000.
  uint32_t body_deadline_ms;          ///< From the end of the head to the end of the body. Default 60000.
  uint32_t idle_timeout_ms;           ///< From an answer to the first line of the next request, and the longest stall of a write. Default 30000.
  uint32_t write_stall_ms;            ///< A stream whose client takes nothing for this long is dropped. Default 20000.
  size_t stream_queue_limit;          ///< Bytes that may wait for one stream's client before one more buffer. Default 4 MiB.
  uint32_t keepalive_idle_s;          ///< TCP keepalive: idle before the first probe. Default 10 (domain 3.11).
  uint32_t keepalive_interval_s;      ///< TCP keepalive: between probes. Default 5.
  uint32_t keepalive_count;           ///< TCP keepalive: probes before the peer is dead. Default 3.
  uint32_t backlog;                   ///< listen(2) backlog. Default 1024.
} chttp_options;

/// Why an exchange was answered by the engine itself, for the log.
typedef enum chttp_refusal {
  CHTTP_REFUSAL_BAD_REQUEST = 400,
  CHTTP_REFUSAL_TOO_LARGE = 413,
  CHTTP_REFUSAL_EXPECTATION = 417,
  CHTTP_REFUSAL_HEAD_TOO_LARGE = 431,
  CHTTP_REFUSAL_NOT_IMPLEMENTED = 501,
  CHTTP_REFUSAL_UNAVAILABLE = 503,
  CHTTP_REFUSAL_VERSION = 505
} chttp_refusal;

/// What the owner of a server supplies. `context` is handed to each callback.
typedef struct chttp_callbacks {
  void *context;
  /// The head has passed the guard and no byte of the body was read. Returns the largest body in bytes that this
  /// request may have. Worker thread; must be quick.
  uint64_t (*accept)(void *context, chttp_exchange *exchange);
  /// The request is complete. Worker thread. Answer now with chttp_respond*(), or retain the exchange and answer later.
  void (*handle)(void *context, chttp_exchange *exchange);
  /// The engine refused a request before `handle` (may be null). `reason` is a static sentence without user data;
  /// `peer` is empty for a connection over the limit.
  void (*refused)(void *context, chttp_refusal status, const char *reason, const char *peer);
} chttp_callbacks;

/// The defaults named above.
chttp_options chttp_options_default(void);

/// Makes a server that does not listen yet. Null and `error` (a sentence, NUL terminated) when it cannot.
chttp_server *chttp_server_create(chttp_options options, chttp_callbacks callbacks, char *error, size_t error_capacity);

/// Opens a TCP listener on a numeric address ("127.0.0.1", "::1"). Port 0 lets the system choose. Returns the real
/// port, or -1 and a sentence in `error` (which says when the address is in use). Call before chttp_server_start().
int chttp_server_listen_tcp(chttp_server *server, const char *address, uint16_t port, char *error, size_t error_capacity);

/// Starts the workers, the monitor and one accept thread a listener. False and a sentence on failure.
bool chttp_server_start(chttp_server *server, char *error, size_t error_capacity);

/// Stops: no new connections; idle ones are closed; running requests may finish; streams end after what is queued;
/// whatever is left after `deadline_ms` is cut. Blocks until every thread has ended. Idempotent. Never call it from a callback.
void chttp_server_stop(chttp_server *server, uint32_t deadline_ms);

/// Frees a stopped server. Exchanges that somebody still retains stay valid and answer "gone" to everything.
void chttp_server_destroy(chttp_server *server);

/// Numbers for metrics; all since start except the two `open_` ones.
typedef struct chttp_counters {
  uint64_t connections_accepted;
  uint64_t connections_refused;
  uint64_t requests;
  uint64_t refusals;
  uint64_t deadline_cuts;
  uint64_t open_connections;
  uint64_t open_streams;
} chttp_counters;
chttp_counters chttp_server_counters(chttp_server *server);

/// The version of libmicrohttpd at run time, e.g. "0.9.75".
const char *chttp_engine_version(void);

// MARK: The request

void chttp_exchange_retain(chttp_exchange *exchange);
void chttp_exchange_release(chttp_exchange *exchange);

/// Locks the request's head and body in memory; false when they are gone (answered, or the client left). While locked
/// every chttp_bytes handed out stays valid. Keep it short and always unlock. Not recursive. Inside `accept` and
/// `handle` it always succeeds; between the two, while the body is read, it fails.
bool chttp_exchange_lock(chttp_exchange *exchange);
void chttp_exchange_unlock(chttp_exchange *exchange);

// Only between lock and unlock:
chttp_bytes chttp_exchange_method(chttp_exchange *exchange);
/// The request target as it came: path and query, percent-encoding untouched. Absolute form is reduced to its path
/// and query after its authority was found equal to Host.
chttp_bytes chttp_exchange_target(chttp_exchange *exchange);
/// First value of a header field; the name is matched without case. `bytes` is null when there is none.
chttp_bytes chttp_exchange_header(chttp_exchange *exchange, const char *name, size_t name_count);
/// Calls `visit` for each header field in order until it returns false.
void chttp_exchange_each_header(chttp_exchange *exchange, void *context,
                                bool (*visit)(void *context, chttp_bytes name, chttp_bytes value));
/// The body; complete once `handle` was called.
chttp_bytes chttp_exchange_body(chttp_exchange *exchange);

// At any time:
/// The peer's numeric address, NUL terminated, e.g. "127.0.0.1".
const char *chttp_exchange_peer(chttp_exchange *exchange);
/// True for HTTP/1.0 requests.
bool chttp_exchange_is_http10(chttp_exchange *exchange);
/// `ended` is called with the owner's pointer once, when the exchange ends (answer sent, client gone, or server
/// stopped), on whatever thread notices; at once if it has ended already. `finished` is true when the answer was sent
/// completely. Used to cancel work for a client that has left: a client that closes its side of the connection while
/// it waits for an answer or for more of a stream counts as gone.
void chttp_exchange_on_end(chttp_exchange *exchange, void *context, void (*ended)(void *context, bool finished));

// MARK: The answer

/// Header fields as one block: name NUL value NUL name NUL value NUL ... `count` pairs. The engine adds Date,
/// Content-Length, Transfer-Encoding and Connection itself.
typedef struct chttp_fields {
  const char *block;
  size_t count;
} chttp_fields;

/// Answers with bytes that live as long as the program. False if the exchange is already answered or gone (also for
/// the functions below; ownership of the body passes in every case).
bool chttp_respond_static(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_bytes body);
/// Answers with a buffer; takes over one reference of it. `buffer` may be null for an empty body.
bool chttp_respond_buffer(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_buffer *buffer);
/// Answers with `count` bytes of an open file from `offset`; the engine closes the descriptor.
bool chttp_respond_file(chttp_exchange *exchange, uint32_t status, chttp_fields fields, int descriptor, uint64_t offset,
                        uint64_t count);

/// How a stream stays alive: after `interval_ms` without output the bytes of `comment` are sent. Both are required.
typedef struct chttp_keepalive {
  chttp_buffer *comment;  ///< The engine takes a reference of its own.
  uint32_t interval_ms;
} chttp_keepalive;

/// Answers with a body of unknown length that is fed by chttp_stream_push(). For a HEAD request the head is sent and
/// the stream is closed at once. `close_connection`: add `Connection: close` and end with the socket.
bool chttp_respond_stream(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_keepalive keepalive,
                          bool close_connection);

typedef enum chttp_push_result {
  CHTTP_PUSH_QUEUED = 0,
  CHTTP_PUSH_GONE = 1,      ///< The client left, or the stream was finished.
  CHTTP_PUSH_OVERFLOW = 2   ///< The queue limit is reached: the stream is cut and the connection closed.
} chttp_push_result;

/// Queues bytes to a stream; takes a reference of its own. Never blocks.
chttp_push_result chttp_stream_push(chttp_exchange *exchange, chttp_buffer *buffer);
/// How many bytes of a stream wait for its client; 0 when nothing will arrive any more.
size_t chttp_stream_backlog(chttp_exchange *exchange);
/// Ends the stream after what is queued. Idempotent.
void chttp_stream_finish(chttp_exchange *exchange);

// MARK: Buffers

/// Copies the bytes into a new buffer with one reference.
chttp_buffer *chttp_buffer_copy(const void *bytes, size_t count);
/// Wraps bytes that somebody else owns; `free_bytes(free_context)` runs when the last reference goes (any thread).
chttp_buffer *chttp_buffer_wrap(const void *bytes, size_t count, void *free_context, void (*free_bytes)(void *));
void chttp_buffer_retain(chttp_buffer *buffer);
void chttp_buffer_release(chttp_buffer *buffer);
chttp_bytes chttp_buffer_bytes(chttp_buffer *buffer);

#ifdef __cplusplus
}
#endif
#endif
