// Answers of unknown length. The owner pushes retained buffers into a queue; a worker takes as much as fits whenever
// libmicrohttpd asks for bytes. When there is nothing to take the connection is suspended under the same mutex that
// push takes, so that no push falls between looking and sleeping.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

/// So many buffers are given back after one call; more than that and libmicrohttpd asks again.
enum { taken_limit = 64, first_capacity = 8 };

// MARK: The queue

static bool queue_append(chttp_internal_stream *stream, chttp_buffer *buffer) {
  if (stream->used == stream->capacity) {
    size_t capacity = stream->capacity == 0 ? first_capacity : stream->capacity * 2;
    chttp_buffer **slots = malloc(capacity * sizeof(chttp_buffer *));
    if (slots == NULL) return false;
    for (size_t index = 0; index < stream->used; index++) {
      slots[index] = stream->slots[(stream->first + index) % stream->capacity];
    }
    free(stream->slots);
    stream->slots = slots;
    stream->capacity = capacity;
    stream->first = 0;
  }
  chttp_buffer_retain(buffer);
  stream->slots[(stream->first + stream->used) % stream->capacity] = buffer;
  stream->used++;
  stream->queued_bytes += buffer->count;
  return true;
}

/// Copies what fits. Buffers that are used up are put into `taken`, to be given back without the mutex.
static size_t queue_take(chttp_internal_stream *stream, char *bytes, size_t room, chttp_buffer **taken,
                         size_t *taken_count) {
  size_t copied = 0;
  while (stream->used > 0 && copied < room && *taken_count < taken_limit) {
    chttp_buffer *buffer = stream->slots[stream->first];
    size_t left = buffer->count - stream->offset;
    size_t count = left < room - copied ? left : room - copied;
    memcpy(bytes + copied, buffer->bytes + stream->offset, count);
    copied += count;
    stream->offset += count;
    stream->queued_bytes -= count;
    if (stream->offset < buffer->count) break;
    taken[(*taken_count)++] = buffer;
    stream->offset = 0;
    stream->first = (stream->first + 1) % stream->capacity;
    stream->used--;
  }
  return copied;
}

void chttp_internal_stream_free(chttp_internal_stream *stream) {
  if (stream == NULL) return;
  for (size_t index = 0; index < stream->used; index++) {
    chttp_buffer_release(stream->slots[(stream->first + index) % stream->capacity]);
  }
  chttp_buffer_release(stream->comment);
  free(stream->slots);
  free(stream);
}

// MARK: The worker's side

/// Ends the connection from inside the callback. Returning an error from it would leave a connection that was suspended
/// before closed but not cleaned up, out of every list that libmicrohttpd 0.9 looks at. A byte that cannot be sent,
/// because the socket is shut for writing, takes the way of every failed send instead.
static ssize_t fail_to_send(chttp_exchange *exchange, int how, char *bytes) {
  shutdown(exchange->connection->descriptor, how);
  bytes[0] = '\n';
  return 1;
}

/// What libmicrohttpd calls for more bytes. It never gets 0 without being suspended: it would ask again at once.
static ssize_t read_content(void *context, uint64_t position, char *bytes, size_t room) {
  (void)position;
  chttp_exchange *exchange = context;
  chttp_buffer *taken[taken_limit];
  size_t taken_count = 0;
  ssize_t result;

  pthread_mutex_lock(&exchange->mutex);
  // Both are there until the request is over, and libmicrohttpd does not ask after that.
  chttp_internal_stream *stream = exchange->stream;
  chttp_internal_connection *connection = exchange->connection;
  stream->last_call = chttp_internal_now();
  size_t copied = exchange->gone || stream->cut ? 0 : queue_take(stream, bytes, room, taken, &taken_count);
  if (copied > 0) {
    stream->last_output = stream->last_call;
    result = (ssize_t)copied;
  } else if (exchange->gone || stream->cut || atomic_load(&connection->hung_up)) {
    exchange->gone = true;
    result = fail_to_send(exchange, SHUT_RDWR, bytes);
  } else if (stream->finished && exchange->http10) {
    // The end of the connection is the end of the answer, and the same trap as above lies there.
    stream->complete = true;
    result = fail_to_send(exchange, SHUT_WR, bytes);
  } else if (stream->finished) {
    result = MHD_CONTENT_READER_END_OF_STREAM;
  } else if (atomic_load(&exchange->server->closing)) {
    exchange->gone = true;
    result = fail_to_send(exchange, SHUT_RDWR, bytes);
  } else {
    exchange->parked = true;
    MHD_suspend_connection(connection->handle);
    result = 0;
  }
  pthread_mutex_unlock(&exchange->mutex);
  for (size_t index = 0; index < taken_count; index++) chttp_buffer_release(taken[index]);
  return result;
}

/// libmicrohttpd frees the response only after it has told us that the request is over.
static void forget_content(void *context) { chttp_exchange_release(context); }

/// On the worker, just before the answer is queued.
void chttp_internal_stream_start(chttp_exchange *exchange) {
  chttp_server *server = exchange->server;
  pthread_mutex_lock(&exchange->mutex);
  chttp_internal_stream *stream = exchange->stream;
  stream->started = true;
  stream->last_call = stream->last_output = chttp_internal_now();
  uint32_t interval_ms = stream->interval_ms;
  // Too late for a new stream: its client gets what is queued.
  if (atomic_load(&server->draining)) stream->finished = true;
  pthread_mutex_unlock(&exchange->mutex);
  atomic_fetch_add(&server->open_streams, 1);
  chttp_internal_monitor_quicken(server, interval_ms);
}

// MARK: The owner's side

bool chttp_respond_stream(chttp_exchange *exchange, uint32_t status, chttp_fields fields, chttp_keepalive keepalive,
                          bool close_connection) {
  chttp_internal_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) return chttp_internal_answer_deliver(exchange, status, NULL, 0, NULL);
  if (keepalive.comment != NULL) chttp_buffer_retain(keepalive.comment);
  stream->comment = keepalive.comment;
  stream->interval_ms = keepalive.interval_ms;

  // The block is only used for HTTP/1.0; chunks are made in the connection's own memory.
  chttp_exchange_retain(exchange);
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, exchange->http10 ? 4096 : 64, read_content, exchange,
                                        forget_content);
  if (response == NULL) {
    chttp_exchange_release(exchange);
  } else {
    chttp_internal_answer_add_fields(response, fields);
    if (close_connection) MHD_add_response_header(response, "Connection", "close");
    if (exchange->is_head) {
      // libmicrohttpd would end the head of a chunked answer with the last chunk, which no client of HEAD expects.
      // An answer in the manner of 1.0 has no framing at all and closes.
      MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
      stream->finished = true;
    }
  }
  return chttp_internal_answer_deliver(exchange, status, response, 0, stream);
}

chttp_push_result chttp_stream_push(chttp_exchange *exchange, chttp_buffer *buffer) {
  chttp_push_result result = CHTTP_PUSH_QUEUED;
  pthread_mutex_lock(&exchange->mutex);
  chttp_internal_stream *stream = exchange->stream;
  if (stream == NULL || exchange->gone || stream->finished || stream->cut) {
    result = CHTTP_PUSH_GONE;
  } else if (buffer->count > 0) {
    // A buffer goes into a queue that is not full, however large it is: it is there already, and a client that comes
    // back for it would never get past it.
    bool fits = stream->queued_bytes <= exchange->server->options.stream_queue_limit;
    if (fits && queue_append(stream, buffer)) {
      chttp_internal_exchange_resume(exchange);
    } else {
      chttp_internal_stream_cut(exchange);
      result = CHTTP_PUSH_OVERFLOW;
    }
  }
  pthread_mutex_unlock(&exchange->mutex);
  return result;
}

size_t chttp_stream_backlog(chttp_exchange *exchange) {
  pthread_mutex_lock(&exchange->mutex);
  chttp_internal_stream *stream = exchange->stream;
  size_t backlog = stream == NULL || exchange->gone || stream->cut ? 0 : stream->queued_bytes;
  pthread_mutex_unlock(&exchange->mutex);
  return backlog;
}

void chttp_stream_finish(chttp_exchange *exchange) {
  pthread_mutex_lock(&exchange->mutex);
  chttp_internal_stream *stream = exchange->stream;
  if (stream != NULL && !stream->finished) {
    stream->finished = true;
    // From now on nothing but the client's pace holds the connection, so it gets an absolute deadline.
    stream->finish_deadline = chttp_internal_now() + exchange->server->options.write_stall_ms +
                              stream->queued_bytes * 1000 / chttp_internal_slowest_reader;
    chttp_internal_exchange_resume(exchange);
  }
  pthread_mutex_unlock(&exchange->mutex);
}

/// Ends the stream and its connection without the final chunk; with the exchange's mutex held.
void chttp_internal_stream_cut(chttp_exchange *exchange) {
  exchange->stream->cut = true;
  // A worker that is still sending fails at the next byte; a parked one finds the mark when it is woken.
  if (exchange->stream->started) shutdown(exchange->connection->descriptor, SHUT_RDWR);
  chttp_internal_exchange_resume(exchange);
}

// MARK: The monitor's side

/// Sends a comment into silence, and cuts a stream whose client takes nothing. True when it was cut.
bool chttp_internal_stream_tend(chttp_exchange *exchange, uint64_t now) {
  bool was_cut = false;
  pthread_mutex_lock(&exchange->mutex);
  chttp_internal_stream *stream = exchange->stream;
  if (stream != NULL && stream->started && !stream->cut && !exchange->gone) {
    // Parked means that libmicrohttpd has sent everything it was given.
    bool stalled = !exchange->parked && now > stream->last_call + exchange->server->options.write_stall_ms;
    bool late = stream->finish_deadline != 0 && now > stream->finish_deadline;
    if (stalled || late) {
      chttp_internal_stream_cut(exchange);
      was_cut = true;
    } else if (exchange->parked && stream->comment != NULL && stream->interval_ms > 0 &&
               now >= stream->last_output + stream->interval_ms) {
      if (queue_append(stream, stream->comment)) chttp_internal_exchange_resume(exchange);
    }
  }
  pthread_mutex_unlock(&exchange->mutex);
  return was_cut;
}
