// The one thread that watches the clock and the peers of connections that nobody reads from.
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { event_batch = 256, longest_tick_ms = 250, shortest_tick_ms = 20 };

uint64_t chttp_internal_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void chttp_internal_explain(char *error, size_t capacity, const char *format, ...) {
  if (error == NULL || capacity == 0) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, capacity, format, arguments);
  va_end(arguments);
}

void chttp_internal_monitor_wake(chttp_server *server) {
  uint64_t one = 1;
  (void)!write(server->wake_event, &one, sizeof one);
}

/// Makes the clock tick often enough for something that is due after `interval_ms`.
void chttp_internal_monitor_quicken(chttp_server *server, uint32_t interval_ms) {
  uint32_t wanted = interval_ms / 8;
  if (wanted < shortest_tick_ms) wanted = shortest_tick_ms;
  unsigned current = atomic_load(&server->tick_ms);
  while (interval_ms > 0 && wanted < current) {
    if (atomic_compare_exchange_weak(&server->tick_ms, &current, wanted)) break;
  }
}

/// The peer has closed its side. That is taken for good: a client that still wants an answer keeps its side open.
static void hang_up(chttp_internal_connection *connection) {
  atomic_store(&connection->hung_up, true);
  chttp_exchange *exchange = chttp_internal_connection_exchange(connection);
  if (exchange == NULL) return;
  chttp_internal_exchange_hang_up(exchange);
  chttp_exchange_release(exchange);
}

/// Version 0.9 misses the end of a connection that came together with the last bytes, and would wait for the rest of
/// the request. Shutting what is shut already raises the event again; what has come can still be read.
static void remind(chttp_internal_connection *connection) {
  int phase = atomic_load_explicit(&connection->phase, memory_order_relaxed);
  if (phase == connection_idle || phase == connection_head || phase == connection_body) {
    shutdown(connection->descriptor, SHUT_RD);
  }
}

/// Looks at every connection; true when there is any.
static bool look_around(chttp_server *server) {
  uint64_t now = chttp_internal_now();
  pthread_mutex_lock(&server->connections_mutex);
  for (chttp_internal_connection *connection = server->connections; connection != NULL;
       connection = connection->next) {
    uint64_t deadline = atomic_load_explicit(&connection->deadline, memory_order_relaxed);
    if (deadline != 0 && now > deadline) {
      // The descriptor cannot be closed while the connection is in the list. If the worker has just set a new
      // deadline the exchange fails, and the connection lives on.
      if (!atomic_compare_exchange_strong(&connection->deadline, &deadline, 0)) continue;
      atomic_fetch_add(&server->deadline_cuts, 1);
      shutdown(connection->descriptor, SHUT_RDWR);
    }
    if (atomic_load_explicit(&connection->hung_up, memory_order_relaxed)) remind(connection);
    if (atomic_load_explicit(&connection->phase, memory_order_relaxed) != connection_streaming) continue;
    chttp_exchange *exchange = chttp_internal_connection_exchange(connection);
    if (exchange == NULL) continue;
    if (chttp_internal_stream_tend(exchange, now)) atomic_fetch_add(&server->deadline_cuts, 1);
    chttp_exchange_release(exchange);
  }
  bool any = server->connections != NULL;
  pthread_mutex_unlock(&server->connections_mutex);
  return any;
}

static void *run(void *context) {
  chttp_server *server = context;
  struct epoll_event events[event_batch];
  uint64_t next_look = 0;
  bool any = false;
  while (!atomic_load(&server->monitor_stop)) {
    chttp_internal_connections_free_dead(server);
    uint64_t now = chttp_internal_now();
    if (now >= next_look) {
      any = look_around(server);
      next_look = now + atomic_load(&server->tick_ms);
    }
    // Without connections there is nothing to wait for but the first one.
    int timeout = any ? (int)(next_look - now) : -1;
    int count = epoll_wait(server->watch, events, event_batch, timeout);
    if (count < 0 && errno != EINTR) break;
    for (int index = 0; index < count; index++) {
      if (events[index].data.ptr != NULL) {
        hang_up(events[index].data.ptr);
      } else {
        uint64_t ignored;
        (void)!read(server->wake_event, &ignored, sizeof ignored);
        next_look = 0;
      }
    }
  }
  return NULL;
}

bool chttp_internal_monitor_start(chttp_server *server) {
  const chttp_options *options = &server->options;
  atomic_store(&server->tick_ms, longest_tick_ms);
  chttp_internal_monitor_quicken(server, options->head_deadline_ms);
  chttp_internal_monitor_quicken(server, options->body_deadline_ms);
  chttp_internal_monitor_quicken(server, options->idle_timeout_ms);
  chttp_internal_monitor_quicken(server, options->write_stall_ms);
  struct epoll_event wake = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(server->watch, EPOLL_CTL_ADD, server->wake_event, &wake) != 0) return false;
  server->monitor_running = pthread_create(&server->monitor, NULL, run, server) == 0;
  return server->monitor_running;
}

void chttp_internal_monitor_stop(chttp_server *server) {
  if (!server->monitor_running) return;
  atomic_store(&server->monitor_stop, true);
  chttp_internal_monitor_wake(server);
  pthread_join(server->monitor, NULL);
  server->monitor_running = false;
}
