// The small answers that the engine gives by itself.
#include "engine.h"

#include <stdio.h>
#include <string.h>

/// `reason` is a sentence of this engine and has nothing that JSON would want escaped.
struct MHD_Response *chttp_internal_refusal_response(const char *reason) {
  char body[160];
  int count = snprintf(body, sizeof body, "{\"error\":\"%s\"}", reason);
  if (count < 0 || (size_t)count >= sizeof body) return NULL;
  struct MHD_Response *response = MHD_create_response_from_buffer((size_t)count, body, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) return NULL;
  MHD_add_response_header(response, "Content-Type", "application/json; charset=utf-8");
  MHD_add_response_header(response, "Cache-Control", "no-store");
  MHD_add_response_header(response, "Connection", "close");
  return response;
}

void chttp_internal_refusal_count(chttp_server *server, chttp_refusal status, const char *reason, const char *peer) {
  atomic_fetch_add_explicit(&server->refusals, 1, memory_order_relaxed);
  if (server->callbacks.refused != NULL) server->callbacks.refused(server->callbacks.context, status, reason, peer);
}

/// Answers at the first call for a request, or at the last; libmicrohttpd closes the connection afterwards.
enum MHD_Result chttp_internal_refuse(chttp_exchange *exchange, struct MHD_Connection *handle, chttp_refusal status,
                                      const char *reason) {
  exchange->refused = true;
  exchange->queued = true;
  chttp_internal_exchange_close_memory(exchange);
  chttp_internal_refusal_count(exchange->server, status, reason, exchange->peer);
  chttp_internal_connection_enter(exchange->connection, connection_answering,
                                  exchange->server->options.idle_timeout_ms);
  struct MHD_Response *response = chttp_internal_refusal_response(reason);
  if (response == NULL) return MHD_NO;
  enum MHD_Result result = MHD_queue_response(handle, (unsigned)status, response);
  MHD_destroy_response(response);
  return result;
}

static const char *phrase(chttp_refusal status) {
  switch (status) {
    case CHTTP_REFUSAL_TOO_LARGE: return "Content Too Large";
    case CHTTP_REFUSAL_UNAVAILABLE: return "Service Unavailable";
    default: return "Bad Request";
  }
}

/// In the middle of a body libmicrohttpd takes no answer before the rest was read. Nothing of an answer is on its way
/// then, so the few bytes are written past it, and the caller closes the connection.
void chttp_internal_refuse_raw(chttp_exchange *exchange, chttp_refusal status, const char *reason) {
  exchange->refused = true;
  chttp_internal_refusal_count(exchange->server, status, reason, exchange->peer);
  char answer[512];
  int count = snprintf(answer, sizeof answer,
                       "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n"
                       "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n{\"error\":\"%s\"}",
                       (int)status, phrase(status), strlen(reason) + strlen("{\"error\":\"\"}"), reason);
  if (count < 0 || (size_t)count >= sizeof answer) return;
  // The socket's buffer is empty, so the answer fits; if it does not, the client just sees the close.
  (void)!send(exchange->connection->descriptor, answer, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);
}
