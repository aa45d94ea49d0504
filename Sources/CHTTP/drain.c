// Stopping. The order is what keeps libmicrohttpd from aborting: it must not be stopped while a connection is
// suspended, so that first everything is finished or woken, then nothing may be parked any more, and only when the
// list of connections is empty the workers are ended.
#include "engine.h"

#include <time.h>

enum { step_ms = 20, parting_ms = 250, handover_ms = 2000 };

/// Visits each connection; with connections_mutex held its descriptor stays open.
static void for_each_connection(chttp_server *server, void (*visit)(chttp_internal_connection *connection)) {
  pthread_mutex_lock(&server->connections_mutex);
  for (chttp_internal_connection *connection = server->connections; connection != NULL;
       connection = connection->next) {
    visit(connection);
  }
  pthread_mutex_unlock(&server->connections_mutex);
}

/// Waits until no connection is left; false when time is up first.
static bool wait_for_empty(chttp_server *server, uint64_t milliseconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  uint64_t nanoseconds = (uint64_t)until.tv_nsec + milliseconds % 1000 * 1000000;
  until.tv_sec += (time_t)(milliseconds / 1000 + nanoseconds / 1000000000);
  until.tv_nsec = (long)(nanoseconds % 1000000000);
  pthread_mutex_lock(&server->connections_mutex);
  while (server->connections != NULL) {
    if (pthread_cond_timedwait(&server->connections_condition, &server->connections_mutex, &until) != 0) break;
  }
  bool empty = server->connections == NULL;
  pthread_mutex_unlock(&server->connections_mutex);
  return empty;
}

/// First step: idle connections are closed, streams end after what is queued, the rest may go on.
static void ask_to_end(chttp_internal_connection *connection) {
  // What the client has already sent can still be read and is answered.
  if (atomic_load(&connection->phase) == connection_idle) shutdown(connection->descriptor, SHUT_RD);
  chttp_exchange *exchange = chttp_internal_connection_exchange(connection);
  if (exchange == NULL) return;
  chttp_stream_finish(exchange);
  chttp_exchange_release(exchange);
}

/// Second step, time is up: whoever still waits for an answer gets one, streams are cut.
static void give_up(chttp_internal_connection *connection) {
  chttp_exchange *exchange = chttp_internal_connection_exchange(connection);
  if (exchange == NULL) {
    int phase = atomic_load(&connection->phase);
    if (phase == connection_head || phase == connection_body) shutdown(connection->descriptor, SHUT_RDWR);
    return;
  }
  pthread_mutex_lock(&exchange->mutex);
  if (exchange->stream != NULL) {
    chttp_internal_stream_cut(exchange);
  } else {
    // The worker finds `closing` set and refuses with 503 (request.c).
    chttp_internal_exchange_resume(exchange);
  }
  pthread_mutex_unlock(&exchange->mutex);
  chttp_exchange_release(exchange);
}

/// Last step: whatever is left is cut.
static void cut(chttp_internal_connection *connection) {
  shutdown(connection->descriptor, SHUT_RDWR);
  chttp_exchange *exchange = chttp_internal_connection_exchange(connection);
  if (exchange == NULL) return;
  chttp_internal_exchange_hang_up(exchange);
  chttp_exchange_release(exchange);
}

/// Sockets that were accepted but that no worker has taken yet are in no list; there are only ever a few of them and
/// they are never suspended.
static bool handover_done(chttp_server *server, uint64_t since) {
  if (atomic_load(&server->open_connections) == 0 || chttp_internal_now() > since + handover_ms) return true;
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  return false;
}

static void drain(chttp_server *server, uint32_t deadline_ms) {
  uint64_t begin = chttp_internal_now();
  atomic_store(&server->draining, true);
  for (;;) {
    // More than once: a connection may just have been between two states.
    for_each_connection(server, ask_to_end);
    uint64_t passed = chttp_internal_now() - begin;
    if (passed >= deadline_ms) break;
    uint64_t left = deadline_ms - passed;
    if (wait_for_empty(server, left < step_ms ? left : step_ms) && handover_done(server, begin)) return;
  }
  atomic_store(&server->closing, true);
  for_each_connection(server, give_up);
  wait_for_empty(server, parting_ms);
  uint64_t parted = chttp_internal_now();
  do {
    for_each_connection(server, cut);
  } while (!wait_for_empty(server, step_ms) || !handover_done(server, parted));
}

void chttp_server_stop(chttp_server *server, uint32_t deadline_ms) {
  pthread_mutex_lock(&server->lifecycle_mutex);
  if (!server->stopped) {
    server->stopped = true;
    chttp_internal_listeners_stop(server);
    if (server->daemon != NULL) {
      drain(server, deadline_ms);
      MHD_stop_daemon(server->daemon);
      server->daemon = NULL;
    }
    chttp_internal_monitor_stop(server);
    chttp_internal_connections_free_dead(server);
  }
  pthread_mutex_unlock(&server->lifecycle_mutex);
}
