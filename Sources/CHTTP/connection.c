// The records of open sockets: one is made when a worker takes a socket over, and unlinked just before it is closed.
#include "engine.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static void write_peer(char *peer, struct MHD_Connection *handle) {
  peer[0] = '\0';
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == NULL || info->client_addr == NULL) return;
  if (info->client_addr->sa_family == AF_INET) {
    struct sockaddr_in address;
    memcpy(&address, info->client_addr, sizeof address);
    inet_ntop(AF_INET, &address.sin_addr, peer, chttp_internal_peer_capacity);
  } else if (info->client_addr->sa_family == AF_INET6) {
    struct sockaddr_in6 address;
    memcpy(&address, info->client_addr, sizeof address);
    inet_ntop(AF_INET6, &address.sin6_addr, peer, chttp_internal_peer_capacity);
  }
}

/// Has the monitor notice when the peer hangs up. A suspended connection is in no epoll set of libmicrohttpd; and one
/// whose last bytes came together with the end is not looked at again by version 0.9.
static void watch(chttp_internal_connection *connection) {
  struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLET, .data.ptr = connection};
  connection->watched = epoll_ctl(connection->server->watch, EPOLL_CTL_ADD, connection->descriptor, &event) == 0;
}

static void started(chttp_server *server, struct MHD_Connection *handle, void **record) {
  *record = NULL;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
  chttp_internal_connection *connection = calloc(1, sizeof *connection);
  if (info == NULL || connection == NULL) {
    // Without a record nothing could end this connection: its first request is dropped (request.c).
    free(connection);
    return;
  }
  connection->server = server;
  connection->handle = handle;
  connection->descriptor = info->connect_fd;
  connection->first_request = true;
  pthread_mutex_init(&connection->mutex, NULL);
  write_peer(connection->peer, handle);
  chttp_internal_connection_enter(connection, connection_idle, server->options.head_deadline_ms);

  pthread_mutex_lock(&server->connections_mutex);
  bool first = server->connections == NULL;
  connection->next = server->connections;
  if (connection->next != NULL) connection->next->previous = connection;
  server->connections = connection;
  watch(connection);
  pthread_mutex_unlock(&server->connections_mutex);
  *record = connection;
  if (first) chttp_internal_monitor_wake(server);
  // Accepted while the server was stopping: what has come already is answered, more is not read.
  if (atomic_load(&server->draining)) shutdown(connection->descriptor, SHUT_RD);
}

static void closed(chttp_server *server, void **record) {
  chttp_internal_connection *connection = *record;
  if (connection != NULL) {
    *record = NULL;
    pthread_mutex_lock(&server->connections_mutex);
    if (connection->watched) epoll_ctl(server->watch, EPOLL_CTL_DEL, connection->descriptor, NULL);
    if (connection->previous != NULL) {
      connection->previous->next = connection->next;
    } else {
      server->connections = connection->next;
    }
    if (connection->next != NULL) connection->next->previous = connection->previous;
    connection->next = server->dead;
    server->dead = connection;
    if (server->connections == NULL) pthread_cond_broadcast(&server->connections_condition);
    pthread_mutex_unlock(&server->connections_mutex);
  }
  atomic_fetch_sub(&server->open_connections, 1);
}

void chttp_internal_connection_notify(void *context, struct MHD_Connection *handle, void **record,
                                      enum MHD_ConnectionNotificationCode code) {
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    started(context, handle, record);
  } else {
    closed(context, record);
  }
}

chttp_internal_connection *chttp_internal_connection_of(struct MHD_Connection *handle) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

/// Sets what the connection does now and by when it has to be done; 0 = no deadline.
void chttp_internal_connection_enter(chttp_internal_connection *connection, connection_phase phase, uint64_t within_ms) {
  atomic_store_explicit(&connection->deadline, within_ms == 0 ? 0 : chttp_internal_now() + within_ms,
                        memory_order_relaxed);
  // Ordered against `draining`: either the drain sees the phase, or the worker sees the drain.
  atomic_store(&connection->phase, (int)phase);
}

/// Tells the monitor which exchange it should look after; null = none.
void chttp_internal_connection_attend(chttp_internal_connection *connection, chttp_exchange *exchange) {
  pthread_mutex_lock(&connection->mutex);
  connection->exchange = exchange;
  pthread_mutex_unlock(&connection->mutex);
}

/// The exchange that is parked or streaming, retained; null if there is none.
chttp_exchange *chttp_internal_connection_exchange(chttp_internal_connection *connection) {
  pthread_mutex_lock(&connection->mutex);
  chttp_exchange *exchange = connection->exchange;
  if (exchange != NULL) chttp_exchange_retain(exchange);
  pthread_mutex_unlock(&connection->mutex);
  return exchange;
}

/// Only the monitor calls this while it runs, between two batches of events.
void chttp_internal_connections_free_dead(chttp_server *server) {
  pthread_mutex_lock(&server->connections_mutex);
  chttp_internal_connection *dead = server->dead;
  server->dead = NULL;
  pthread_mutex_unlock(&server->connections_mutex);
  while (dead != NULL) {
    chttp_internal_connection *next = dead->next;
    pthread_mutex_destroy(&dead->mutex);
    free(dead);
    dead = next;
  }
}
