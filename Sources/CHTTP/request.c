// What libmicrohttpd calls on the way of a request: its first line, its head, its body, its end.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

/// The request line has come. The target is copied, because libmicrohttpd takes its query apart in place.
void *chttp_internal_request_begin(void *context, const char *target, struct MHD_Connection *handle) {
  chttp_server *server = context;
  chttp_internal_connection *connection = chttp_internal_connection_of(handle);
  if (connection == NULL) return NULL;
  chttp_exchange *exchange = chttp_internal_exchange_create(server, connection);
  if (exchange == NULL) return NULL;
  exchange->raw_target = target;
  exchange->raw_target_count = target == NULL ? 0 : strlen(target);
  if (exchange->raw_target_count > sizeof exchange->inline_target) {
    exchange->target = malloc(exchange->raw_target_count);
    if (exchange->target == NULL) {
      exchange->target = exchange->inline_target;
      chttp_internal_exchange_end(exchange, false);
      return NULL;
    }
  }
  if (exchange->raw_target_count > 0) memcpy(exchange->target, target, exchange->raw_target_count);
  exchange->target_count = exchange->raw_target_count;

  // The first head has to be complete so long after the accept, a later one so long after its first line.
  if (connection->first_request) {
    connection->first_request = false;
    atomic_store(&connection->phase, (int)connection_head);
  } else {
    chttp_internal_connection_enter(connection, connection_head, server->options.head_deadline_ms);
  }
  return exchange;
}

/// First call: the head is complete and nothing of the body was handed out.
static enum MHD_Result take_head(chttp_exchange *exchange, struct MHD_Connection *handle, const char *method,
                                 const char *version) {
  chttp_server *server = exchange->server;
  exchange->accepted = true;
  exchange->method = method;
  exchange->is_head = strcmp(method, "HEAD") == 0;
  chttp_internal_verdict verdict = chttp_internal_guard_head(exchange, handle, method, version);
  if (verdict.status != 0) return chttp_internal_refuse(exchange, handle, verdict.status, verdict.reason);

  // See guard.c: before 1.0 the framing of chunks cannot be trusted to be what a server in front has seen.
  exchange->close_after = exchange->chunked && !CHTTP_STRICT_PARSER;

  // Others may read the head while the owner looks at it; while the body is read they may not (an error in the body
  // makes libmicrohttpd drop the head without telling us).
  pthread_mutex_lock(&exchange->memory_mutex);
  exchange->readable = true;
  pthread_mutex_unlock(&exchange->memory_mutex);
  exchange->body_limit = server->callbacks.accept == NULL
                             ? 0 : server->callbacks.accept(server->callbacks.context, exchange);
  pthread_mutex_lock(&exchange->memory_mutex);
  exchange->readable = false;
  pthread_mutex_unlock(&exchange->memory_mutex);

  if (exchange->announced > exchange->body_limit) {
    return chttp_internal_refuse(exchange, handle, CHTTP_REFUSAL_TOO_LARGE, "the body is larger than allowed here");
  }
  bool has_body = exchange->chunked || exchange->announced > 0;
  chttp_internal_connection_enter(exchange->connection, connection_body,
                                  has_body ? server->options.body_deadline_ms : 0);
  return MHD_YES;
}

/// Makes room for more of the body. The announced length is no reason to allocate it: it grows with what comes.
static bool make_room(chttp_exchange *exchange, size_t count) {
  size_t needed = exchange->body_count + count;
  if (needed <= exchange->body_capacity) return true;
  size_t capacity = exchange->body_capacity < 4096 ? 4096 : exchange->body_capacity * 2;
  if (capacity < needed) capacity = needed;
  if (exchange->announced > 0 && capacity > exchange->announced) capacity = (size_t)exchange->announced;
  uint8_t *larger = realloc(exchange->body, capacity);
  if (larger == NULL) return false;
  exchange->body = larger;
  exchange->body_capacity = capacity;
  return true;
}

/// A piece of the body. Returning no closes the connection.
static enum MHD_Result take_body(chttp_exchange *exchange, const char *bytes, size_t count) {
  if (exchange->refused || exchange->queued) return MHD_YES;
  if (exchange->chunked && !chttp_internal_guard_framing(exchange, bytes, count)) {
    chttp_internal_refuse_raw(exchange, CHTTP_REFUSAL_BAD_REQUEST, "a chunk does not end with CR LF");
    return MHD_NO;
  }
  if (count > exchange->body_limit - exchange->body_count) {
    chttp_internal_refuse_raw(exchange, CHTTP_REFUSAL_TOO_LARGE, "the body is larger than allowed here");
    return MHD_NO;
  }
  if (!make_room(exchange, count)) {
    chttp_internal_refuse_raw(exchange, CHTTP_REFUSAL_UNAVAILABLE, "there is no memory for the body");
    return MHD_NO;
  }
  memcpy(exchange->body + exchange->body_count, bytes, count);
  exchange->body_count += count;
  return MHD_YES;
}

static void hand_over(chttp_exchange *exchange) {
  chttp_server *server = exchange->server;
  exchange->handled = true;
  pthread_mutex_lock(&exchange->memory_mutex);
  exchange->readable = true;
  pthread_mutex_unlock(&exchange->memory_mutex);
  chttp_internal_connection_enter(exchange->connection, connection_handling, 0);
  atomic_fetch_add_explicit(&server->requests, 1, memory_order_relaxed);
  server->callbacks.handle(server->callbacks.context, exchange);
}

/// The request is complete, or a parked one was woken, or libmicrohttpd just calls once more: all the same here.
static enum MHD_Result give_answer(chttp_exchange *exchange, struct MHD_Connection *handle) {
  if (exchange->queued) return MHD_YES;
  if (!exchange->handled) hand_over(exchange);

  chttp_internal_connection *connection = exchange->connection;
  pthread_mutex_lock(&exchange->mutex);
  bool answered = exchange->answered;
  pthread_mutex_unlock(&exchange->mutex);
  if (!answered) {
    // Before the state is looked at once more, so that a hang-up seen in between is not lost.
    chttp_internal_connection_attend(connection, exchange);
  }
  pthread_mutex_lock(&exchange->mutex);
  answered = exchange->answered;
  bool gone = exchange->gone || (!answered && atomic_load(&connection->hung_up));
  bool closing = atomic_load(&exchange->server->closing);
  exchange->gone = gone;
  exchange->parked = !answered && !gone && !closing;
  // A suspended connection is only touched again after a resume, which needs this mutex.
  if (exchange->parked) MHD_suspend_connection(handle);
  if (closing && !answered) exchange->answered = true;
  bool parked = exchange->parked;
  pthread_mutex_unlock(&exchange->mutex);

  if (parked) return MHD_YES;
  if (gone) return MHD_NO;
  if (answered) return chttp_internal_answer_queue(exchange, handle);
  return chttp_internal_refuse(exchange, handle, CHTTP_REFUSAL_UNAVAILABLE, "the server is stopping");
}

enum MHD_Result chttp_internal_request_handle(void *context, struct MHD_Connection *handle, const char *url,
                                              const char *method, const char *version, const char *bytes, size_t *count,
                                              void **request) {
  (void)context;
  (void)url;
  chttp_exchange *exchange = *request;
  if (exchange == NULL) return MHD_NO;
  if (!exchange->accepted) return take_head(exchange, handle, method, version);
  if (*count > 0) {
    enum MHD_Result result = take_body(exchange, bytes, *count);
    *count = 0;
    return result;
  }
  return give_answer(exchange, handle);
}

/// Requests that libmicrohttpd has refused itself are only known from the status that it has sent.
static void count_foreign_refusal(chttp_exchange *exchange, struct MHD_Connection *handle) {
  if (exchange->refused || exchange->handled) return;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_HTTP_STATUS);
  unsigned status = info == NULL ? 0 : info->http_status;
  if (status == 414) status = CHTTP_REFUSAL_HEAD_TOO_LARGE;
  switch (status) {
    case CHTTP_REFUSAL_BAD_REQUEST:
    case CHTTP_REFUSAL_TOO_LARGE:
    case CHTTP_REFUSAL_HEAD_TOO_LARGE:
    case CHTTP_REFUSAL_VERSION:
      chttp_internal_refusal_count(exchange->server, (chttp_refusal)status, "the request is malformed", exchange->peer);
      break;
    default: break;
  }
}

/// libmicrohttpd is done with the request, one way or the other; its memory is still there.
void chttp_internal_request_completed(void *context, struct MHD_Connection *handle, void **request,
                                      enum MHD_RequestTerminationCode code) {
  chttp_server *server = context;
  chttp_exchange *exchange = *request;
  *request = NULL;
  if (exchange == NULL) return;
  chttp_internal_connection *connection = exchange->connection;
  chttp_internal_connection_attend(connection, NULL);
  count_foreign_refusal(exchange, handle);
  // A connection that is used again is idle now; one that is not is closed next.
  chttp_internal_connection_enter(connection, connection_idle, server->options.idle_timeout_ms);
  if (atomic_load(&server->draining)) shutdown(connection->descriptor, SHUT_RD);
  chttp_internal_exchange_end(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}
