// A server's life up to the moment it stops (drain.c).
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { spare_descriptors = 256, highest_connection_limit = 16384, fewest_workers = 2, most_default_workers = 4 };

chttp_options chttp_options_default(void) {
  return (chttp_options){
      .connection_memory = 16384,
      .head_deadline_ms = 10000,
      .body_deadline_ms = 60000,
      .idle_timeout_ms = 30000,
      .write_stall_ms = 20000,
      .stream_queue_limit = (size_t)4 << 20,
      .keepalive_idle_s = 10,
      .keepalive_interval_s = 5,
      .keepalive_count = 3,
      .backlog = 1024,
  };
}

static uint32_t default_workers(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (cores < fewest_workers) return fewest_workers;
  return cores > most_default_workers ? most_default_workers : (uint32_t)cores;
}

static uint32_t default_connection_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return highest_connection_limit;
  if (limit.rlim_cur <= 2 * (rlim_t)spare_descriptors) return (uint32_t)(limit.rlim_cur / 2);
  rlim_t left = limit.rlim_cur - spare_descriptors;
  return left > highest_connection_limit ? highest_connection_limit : (uint32_t)left;
}

chttp_server *chttp_server_create(chttp_options options, chttp_callbacks callbacks, char *error, size_t error_capacity) {
  if (callbacks.handle == NULL) {
    chttp_internal_explain(error, error_capacity, "A server needs a handle callback.");
    return NULL;
  }
  chttp_server *server = calloc(1, sizeof *server);
  if (server == NULL) {
    chttp_internal_explain(error, error_capacity, "There is no memory for a server.");
    return NULL;
  }
  if (options.workers == 0) options.workers = default_workers();
  if (options.connection_limit == 0) options.connection_limit = default_connection_limit();
  server->options = options;
  server->callbacks = callbacks;
  server->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  server->wake_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  server->watch = epoll_create1(EPOLL_CLOEXEC);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&server->connections_condition, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&server->connections_mutex, NULL);
  pthread_mutex_init(&server->lifecycle_mutex, NULL);
  if (server->stop_event < 0 || server->wake_event < 0 || server->watch < 0) {
    chttp_internal_explain(error, error_capacity, "Cannot make the server's descriptors: %s.", strerror(errno));
    chttp_server_destroy(server);
    return NULL;
  }
  return server;
}

void chttp_server_destroy(chttp_server *server) {
  if (server == NULL) return;
  chttp_server_stop(server, 0);
  if (server->stop_event >= 0) close(server->stop_event);
  if (server->wake_event >= 0) close(server->wake_event);
  if (server->watch >= 0) close(server->watch);
  pthread_cond_destroy(&server->connections_condition);
  pthread_mutex_destroy(&server->connections_mutex);
  pthread_mutex_destroy(&server->lifecycle_mutex);
  free(server);
}

/// Targets are decoded by the owner; libmicrohttpd would cut one at an escaped NUL.
static size_t leave_escaped(void *context, struct MHD_Connection *handle, char *text) {
  (void)context;
  (void)handle;
  return strlen(text);
}

static struct MHD_Daemon *start_daemon(chttp_server *server) {
  const chttp_options *options = &server->options;
  // libmicrohttpd divides its limit among the workers and drops what is over it without a word. The real limit is
  // kept by the accept threads, so this one is never reached.
  uint64_t limit = ((uint64_t)options->connection_limit + 64) * options->workers;
  unsigned daemon_limit = limit > 0x7fffffff ? 0x7fffffff : (unsigned)limit;
  // In whole seconds and only after the monitor had its chance.
  unsigned timeout = options->idle_timeout_ms / 1000 + 2;
  struct MHD_OptionItem items[] = {
#if CHTTP_STRICT_PARSER
      {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL},
#else
      {MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL},
#endif
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_memory, NULL},
      {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)daemon_limit, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)timeout, NULL},
      {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)chttp_internal_request_begin, server},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, server},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)chttp_internal_request_completed, server},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)chttp_internal_connection_notify, server},
      // A pool of one is no pool.
      {options->workers > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)options->workers, NULL},
      {MHD_OPTION_END, 0, NULL},
  };
  // Without MHD_USE_ERROR_LOG it writes nothing anywhere.
  unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
  return MHD_start_daemon(flags, 0, NULL, NULL, chttp_internal_request_handle, server, MHD_OPTION_ARRAY, items,
                          MHD_OPTION_END);
}

bool chttp_server_start(chttp_server *server, char *error, size_t error_capacity) {
  pthread_mutex_lock(&server->lifecycle_mutex);
  bool usable = !server->started && !server->stopped && server->listener_count > 0;
  bool running = false;
  if (!usable) {
    chttp_internal_explain(error, error_capacity, "A server starts once, and only with a listener.");
  } else {
    server->started = true;
    server->daemon = start_daemon(server);
    running = server->daemon != NULL && chttp_internal_monitor_start(server);
    for (size_t index = 0; running && index < server->listener_count; index++) {
      running = chttp_internal_listener_start(&server->listeners[index]);
    }
    if (!running) chttp_internal_explain(error, error_capacity, "Cannot start the server's threads.");
  }
  pthread_mutex_unlock(&server->lifecycle_mutex);
  if (usable && !running) chttp_server_stop(server, 0);
  return running;
}

chttp_counters chttp_server_counters(chttp_server *server) {
  return (chttp_counters){
      .connections_accepted = atomic_load(&server->connections_accepted),
      .connections_refused = atomic_load(&server->connections_refused),
      .requests = atomic_load(&server->requests),
      .refusals = atomic_load(&server->refusals),
      .deadline_cuts = atomic_load(&server->deadline_cuts),
      .open_connections = atomic_load(&server->open_connections),
      .open_streams = atomic_load(&server->open_streams),
  };
}

const char *chttp_engine_version(void) { return MHD_get_version(); }
