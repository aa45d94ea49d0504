// One request and its answer: reference count, memory, and the one end.
//
// State of an exchange, all under its mutex:
//
//   answered   somebody gave the answer; only the first counts.
//   parked     libmicrohttpd has suspended the connection. Whoever clears the flag resumes, so a connection is resumed
//              exactly once for each time it was suspended (a resume too many would make the next suspend a no-op).
//   gone       the client left or the server gave up; the worker closes as soon as it is called.
//   ended      libmicrohttpd has forgotten the request; nothing of it may be touched any more.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

chttp_exchange *chttp_internal_exchange_create(chttp_server *server, chttp_internal_connection *connection) {
  chttp_exchange *exchange = malloc(sizeof *exchange);
  if (exchange == NULL) return NULL;
  // The arrays at the end are not worth clearing for every request.
  memset(exchange, 0, offsetof(struct chttp_exchange, inline_target));
  atomic_init(&exchange->references, 1);
  pthread_mutex_init(&exchange->mutex, NULL);
  pthread_mutex_init(&exchange->memory_mutex, NULL);
  exchange->server = server;
  exchange->connection = connection;
  exchange->fields = exchange->inline_fields;
  exchange->field_capacity = chttp_internal_inline_fields;
  exchange->target = exchange->inline_target;
  exchange->method = "";
  memcpy(exchange->peer, connection->peer, sizeof exchange->peer);
  return exchange;
}

void chttp_exchange_retain(chttp_exchange *exchange) {
  atomic_fetch_add_explicit(&exchange->references, 1, memory_order_relaxed);
}

void chttp_exchange_release(chttp_exchange *exchange) {
  if (exchange == NULL) return;
  if (atomic_fetch_sub_explicit(&exchange->references, 1, memory_order_acq_rel) != 1) return;
  // Everything else was given back at the end, which always comes before the engine's own reference goes.
  pthread_mutex_destroy(&exchange->mutex);
  pthread_mutex_destroy(&exchange->memory_mutex);
  free(exchange);
}

// MARK: Memory

bool chttp_exchange_lock(chttp_exchange *exchange) {
  pthread_mutex_lock(&exchange->memory_mutex);
  if (exchange->readable) return true;
  pthread_mutex_unlock(&exchange->memory_mutex);
  return false;
}

void chttp_exchange_unlock(chttp_exchange *exchange) { pthread_mutex_unlock(&exchange->memory_mutex); }

/// Before libmicrohttpd may reuse the memory of the head: waits for a reader and lets in no other.
void chttp_internal_exchange_close_memory(chttp_exchange *exchange) {
  pthread_mutex_lock(&exchange->memory_mutex);
  exchange->readable = false;
  uint8_t *body = exchange->body;
  char *target = exchange->target == exchange->inline_target ? NULL : exchange->target;
  head_field *fields = exchange->fields == exchange->inline_fields ? NULL : exchange->fields;
  exchange->body = NULL;
  exchange->body_count = 0;
  exchange->target = exchange->inline_target;
  exchange->target_count = 0;
  exchange->fields = exchange->inline_fields;
  exchange->field_count = 0;
  exchange->method = "";
  pthread_mutex_unlock(&exchange->memory_mutex);
  free(body);
  free(target);
  free(fields);
}

chttp_bytes chttp_exchange_method(chttp_exchange *exchange) {
  return (chttp_bytes){.bytes = (const uint8_t *)exchange->method, .count = strlen(exchange->method)};
}

chttp_bytes chttp_exchange_target(chttp_exchange *exchange) {
  return (chttp_bytes){.bytes = (const uint8_t *)exchange->target, .count = exchange->target_count};
}

chttp_bytes chttp_exchange_header(chttp_exchange *exchange, const char *name, size_t name_count) {
  for (size_t index = 0; index < exchange->field_count; index++) {
    const head_field *field = &exchange->fields[index];
    if (chttp_internal_equal_ignoring_case(field->name, field->name_count, name, name_count)) {
      return (chttp_bytes){.bytes = (const uint8_t *)field->value, .count = field->value_count};
    }
  }
  return (chttp_bytes){0};
}

void chttp_exchange_each_header(chttp_exchange *exchange, void *context,
                                bool (*visit)(void *context, chttp_bytes name, chttp_bytes value)) {
  for (size_t index = 0; index < exchange->field_count; index++) {
    const head_field *field = &exchange->fields[index];
    chttp_bytes name = {.bytes = (const uint8_t *)field->name, .count = field->name_count};
    chttp_bytes value = {.bytes = (const uint8_t *)field->value, .count = field->value_count};
    if (!visit(context, name, value)) return;
  }
}

chttp_bytes chttp_exchange_body(chttp_exchange *exchange) {
  return (chttp_bytes){.bytes = exchange->body, .count = exchange->body_count};
}

const char *chttp_exchange_peer(chttp_exchange *exchange) { return exchange->peer; }

bool chttp_exchange_is_http10(chttp_exchange *exchange) { return exchange->http10; }

// MARK: The end

void chttp_exchange_on_end(chttp_exchange *exchange, void *context, void (*ended)(void *context, bool finished)) {
  pthread_mutex_lock(&exchange->mutex);
  end_listener *listener = exchange->first_listener_used ? malloc(sizeof *listener) : &exchange->first_listener;
  // Out of memory: telling too early beats never telling.
  bool now = exchange->ended || listener == NULL;
  bool finished = exchange->finished;
  if (!now) {
    exchange->first_listener_used = true;
    *listener = (end_listener){.next = exchange->listeners, .context = context, .ended = ended};
    exchange->listeners = listener;
  } else if (listener != &exchange->first_listener) {
    free(listener);
  }
  pthread_mutex_unlock(&exchange->mutex);
  if (now) ended(context, finished);
}

/// Called once, by the worker, when libmicrohttpd is done with the request. Gives the engine's reference back.
void chttp_internal_exchange_end(chttp_exchange *exchange, bool finished) {
  chttp_internal_exchange_close_memory(exchange);
  pthread_mutex_lock(&exchange->mutex);
  chttp_server *server = exchange->server;
  chttp_internal_stream *stream = exchange->stream;
  struct MHD_Response *answer = exchange->answer;
  end_listener *listener = exchange->listeners;
  finished = stream == NULL ? finished : stream->complete || (finished && !exchange->gone && !stream->cut);
  exchange->ended = true;
  exchange->finished = finished;
  exchange->parked = false;
  exchange->connection = NULL;
  exchange->server = NULL;
  exchange->stream = NULL;
  exchange->answer = NULL;
  exchange->listeners = NULL;
  pthread_mutex_unlock(&exchange->mutex);

  if (stream != NULL) {
    if (stream->started) atomic_fetch_sub(&server->open_streams, 1);
    chttp_internal_stream_free(stream);
  }
  if (answer != NULL) MHD_destroy_response(answer);
  while (listener != NULL) {
    end_listener this = *listener;
    if (listener != &exchange->first_listener) free(listener);
    listener = this.next;
    this.ended(this.context, finished);
  }
  chttp_exchange_release(exchange);
}

/// Wakes a parked connection; with the exchange's mutex held.
void chttp_internal_exchange_resume(chttp_exchange *exchange) {
  if (!exchange->parked) return;
  exchange->parked = false;
  if (exchange->stream != NULL) exchange->stream->last_call = chttp_internal_now();
  MHD_resume_connection(exchange->connection->handle);
}

/// The client has left, or the server will not wait any longer: the worker closes the connection.
void chttp_internal_exchange_hang_up(chttp_exchange *exchange) {
  pthread_mutex_lock(&exchange->mutex);
  exchange->gone = true;
  if (exchange->stream != NULL) exchange->stream->cut = true;
  chttp_internal_exchange_resume(exchange);
  pthread_mutex_unlock(&exchange->mutex);
}
