// Answers of the owner. Any thread makes one; only the worker hands it to libmicrohttpd (request.c calls
// chttp_internal_answer_queue), either when `handle` returns or when the parked connection was woken.
#include "engine.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

/// Fields that the engine writes itself.
static bool is_own_field(const char *name) {
  return strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0 ||
         strcasecmp(name, "Date") == 0;
}

void chttp_internal_answer_add_fields(struct MHD_Response *response, chttp_fields fields) {
  const char *name = fields.block;
  for (size_t index = 0; index < fields.count; index++) {
    const char *value = name + strlen(name) + 1;
    // Of Connection only `close` makes sense; a field with a line break is refused by libmicrohttpd and left out.
    bool keeps = !is_own_field(name) && (strcasecmp(name, "Connection") != 0 || strcasecmp(value, "close") == 0);
    if (keeps) MHD_add_response_header(response, name, value);
    name = value + strlen(value) + 1;
  }
}

/// Gives the answer to whoever waits for it. Takes over response and stream; false when it came too late.
bool chttp_internal_answer_deliver(chttp_exchange *exchange, uint32_t status, struct MHD_Response *response,
                                   uint64_t size, chttp_internal_stream *stream) {
  if (response == NULL) {
    // Out of memory. Answering nothing would leave the client waiting, so the connection is given up.
    chttp_internal_stream_free(stream);
    chttp_internal_exchange_hang_up(exchange);
    return false;
  }
  pthread_mutex_lock(&exchange->mutex);
  bool counts = !exchange->answered && !exchange->ended && !exchange->gone;
  if (counts) {
    exchange->answered = true;
    exchange->answer = response;
    exchange->answer_size = size;
    exchange->stream = stream;
    // libmicrohttpd drops the connection for a status it does not know; that is a mistake of the owner.
    exchange->status = status < 200 || status > 999 ? 500 : status;
    chttp_internal_exchange_resume(exchange);
  }
  pthread_mutex_unlock(&exchange->mutex);
  if (!counts) {
    MHD_destroy_response(response);
    chttp_internal_stream_free(stream);
  }
  return counts;
}

static struct MHD_Response *with_fields(struct MHD_Response *response, chttp_fields fields) {
  if (response != NULL) chttp_internal_answer_add_fields(response, fields);
  return response;
}

static struct MHD_Response *persistent(const void *bytes, size_t count) {
  // libmicrohttpd only reads from it; its parameter lacks the const in old versions.
  return MHD_create_response_from_buffer(count, (void *)(uintptr_t)(count == 0 ? "" : bytes), MHD_RESPMEM_PERSISTENT);
}

bool chttp_respond_static(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_bytes body) {
  struct MHD_Response *response = with_fields(persistent(body.bytes, body.count), fields);
  return chttp_internal_answer_deliver(exchange, status, response, body.count, NULL);
}

static void release_buffer(void *buffer) { chttp_buffer_release(buffer); }

bool chttp_respond_buffer(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_buffer *buffer) {
  struct MHD_Response *response;
  size_t count = buffer == NULL ? 0 : buffer->count;
  if (count == 0) {
    chttp_buffer_release(buffer);
    response = persistent(NULL, 0);
  } else {
    response = MHD_create_response_from_buffer_with_free_callback_cls(count, (void *)(uintptr_t)buffer->bytes,
                                                                      release_buffer, buffer);
    if (response == NULL) chttp_buffer_release(buffer);
  }
  return chttp_internal_answer_deliver(exchange, status, with_fields(response, fields), count, NULL);
}

bool chttp_respond_file(chttp_exchange *exchange, uint32_t status, chttp_fields fields, int descriptor, uint64_t offset,
                        uint64_t count) {
  struct MHD_Response *response;
  if (count == 0) {
    close(descriptor);
    response = persistent(NULL, 0);
  } else {
    response = MHD_create_response_from_fd_at_offset64(count, descriptor, offset);
    if (response == NULL) close(descriptor);
  }
  return chttp_internal_answer_deliver(exchange, status, with_fields(response, fields), count, NULL);
}

/// On the worker, inside libmicrohttpd's call: from here on the request's head and body are gone for everybody.
enum MHD_Result chttp_internal_answer_queue(chttp_exchange *exchange, struct MHD_Connection *handle) {
  chttp_server *server = exchange->server;
  chttp_internal_exchange_close_memory(exchange);
  pthread_mutex_lock(&exchange->mutex);
  struct MHD_Response *answer = exchange->answer;
  exchange->answer = NULL;
  bool is_stream = exchange->stream != NULL;
  pthread_mutex_unlock(&exchange->mutex);
  if (answer == NULL) return MHD_NO;

  exchange->queued = true;
  if (exchange->close_after || atomic_load(&server->draining)) {
    MHD_add_response_header(answer, "Connection", "close");
  }
  if (is_stream) {
    chttp_internal_connection_enter(exchange->connection, connection_streaming, 0);
    chttp_internal_connection_attend(exchange->connection, exchange);
    chttp_internal_stream_start(exchange);
  } else {
    // Time for the client to take it at the slowest rate that is still waited for.
    uint64_t slowest = exchange->answer_size / chttp_internal_slowest_reader * 1000;
    chttp_internal_connection_enter(exchange->connection, connection_answering,
                                    server->options.idle_timeout_ms + slowest);
  }
  enum MHD_Result result = MHD_queue_response(handle, exchange->status, answer);
  MHD_destroy_response(answer);
  return result;
}
