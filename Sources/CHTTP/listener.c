// Listeners: one socket and one accept thread each. libmicrohttpd has no listen socket of its own, because stopping
// one (MHD_quiesce_daemon) can abort the process under load.
#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { pause_ms = 50, accept_batch = 64 };

static const char bare_refusal[] =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

// MARK: Opening

typedef union socket_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} socket_address;

static socklen_t parse_address(const char *text, uint16_t port, socket_address *address) {
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(port);
    return sizeof address->v4;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons(port);
    return sizeof address->v6;
  }
  return 0;
}

int chttp_server_listen_tcp(chttp_server *server, const char *address, uint16_t port, char *error,
                            size_t error_capacity) {
  socket_address bound;
  socklen_t size = parse_address(address, port, &bound);
  if (size == 0) {
    chttp_internal_explain(error, error_capacity, "%s is not a numeric IPv4 or IPv6 address.", address);
    return -1;
  }
  if (server->started || server->listener_count == chttp_internal_listener_limit) {
    chttp_internal_explain(error, error_capacity, "A listener can only be added before the start, and at most %d.",
                           (int)chttp_internal_listener_limit);
    return -1;
  }
  int on = 1;
  int descriptor = socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor >= 0) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Otherwise "::" would take the IPv4 port as well, depending on the system's settings.
    if (bound.any.sa_family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (descriptor < 0 || bind(descriptor, &bound.any, size) != 0 ||
      listen(descriptor, (int)server->options.backlog) != 0 || getsockname(descriptor, &bound.any, &size) != 0) {
    int code = errno;
    if (descriptor >= 0) close(descriptor);
    if (code == EADDRINUSE) {
      chttp_internal_explain(error, error_capacity, "Port %d of %s is already in use.", (int)port, address);
    } else {
      chttp_internal_explain(error, error_capacity, "Cannot listen on port %d of %s: %s.", (int)port, address,
                             strerror(code));
    }
    return -1;
  }
  server->listeners[server->listener_count++] =
      (chttp_internal_listener){.server = server, .descriptor = descriptor, .reserve = -1};
  return ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
}

// MARK: Accepting

static void set_option(int descriptor, int level, int name, unsigned value) {
  // A socket that lacks an option still works.
  int number = (int)value;
  (void)setsockopt(descriptor, level, name, &number, sizeof number);
}

static void prepare(int descriptor, const chttp_options *options) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, options->keepalive_idle_s);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, options->keepalive_interval_s);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, options->keepalive_count);
  // The probes only run while nothing is under way; this bounds unacknowledged data by the same time.
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT,
             (options->keepalive_idle_s + options->keepalive_interval_s * options->keepalive_count) * 1000);
}

/// Says no in as few bytes as HTTP needs, and closes.
static void turn_away(chttp_server *server, int descriptor) {
  char unread[2048];
  atomic_fetch_add(&server->connections_refused, 1);
  (void)!send(descriptor, bare_refusal, sizeof bare_refusal - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(descriptor, SHUT_WR);
  // Closing with unread bytes resets the connection, which may overtake the answer.
  while (recv(descriptor, unread, sizeof unread, MSG_DONTWAIT) == (ssize_t)sizeof unread) continue;
  close(descriptor);
  chttp_internal_refusal_count(server, CHTTP_REFUSAL_UNAVAILABLE, "too many connections are open", "");
}

static void take_in(chttp_server *server, int descriptor, const socket_address *address, socklen_t size) {
  if (atomic_fetch_add(&server->open_connections, 1) >= server->options.connection_limit) {
    atomic_fetch_sub(&server->open_connections, 1);
    turn_away(server, descriptor);
    return;
  }
  atomic_fetch_add_explicit(&server->connections_accepted, 1, memory_order_relaxed);
  prepare(descriptor, &server->options);
  // libmicrohttpd owns the descriptor from here on, also when it fails.
  if (MHD_add_connection(server->daemon, descriptor, &address->any, size) != MHD_YES) {
    atomic_fetch_sub(&server->open_connections, 1);
  }
}

static int open_reserve(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

static void rest(chttp_server *server) {
  struct pollfd stop = {.fd = server->stop_event, .events = POLLIN};
  (void)poll(&stop, 1, pause_ms);
}

/// No descriptor is left. The client in the queue would wait, and poll would report it for ever: the reserve is given
/// up for a moment to turn it away.
static void survive_exhaustion(chttp_internal_listener *listener) {
  if (listener->reserve >= 0) {
    close(listener->reserve);
    int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) turn_away(listener->server, descriptor);
  }
  listener->reserve = open_reserve();
  rest(listener->server);
}

static void accept_waiting(chttp_internal_listener *listener) {
  for (int count = 0; count < accept_batch; count++) {
    socket_address address;
    socklen_t size = sizeof address;
    int descriptor = accept4(listener->descriptor, &address.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
      take_in(listener->server, descriptor, &address, size);
    } else if (errno == EMFILE || errno == ENFILE) {
      survive_exhaustion(listener);
      return;
    } else if (errno == ENOBUFS || errno == ENOMEM) {
      rest(listener->server);
      return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    }
    // Everything else is the trouble of the one client that has gone already.
  }
}

static void *run(void *context) {
  chttp_internal_listener *listener = context;
  struct pollfd events[2] = {{.fd = listener->descriptor, .events = POLLIN},
                             {.fd = listener->server->stop_event, .events = POLLIN}};
  for (;;) {
    if (poll(events, 2, -1) < 0 && errno != EINTR) rest(listener->server);
    if (events[1].revents != 0) return NULL;
    if (events[0].revents != 0) accept_waiting(listener);
  }
}

bool chttp_internal_listener_start(chttp_internal_listener *listener) {
  listener->reserve = open_reserve();
  listener->running = pthread_create(&listener->thread, NULL, run, listener) == 0;
  return listener->running;
}

void chttp_internal_listeners_stop(chttp_server *server) {
  uint64_t one = 1;
  (void)!write(server->stop_event, &one, sizeof one);
  for (size_t index = 0; index < server->listener_count; index++) {
    chttp_internal_listener *listener = &server->listeners[index];
    if (listener->running) pthread_join(listener->thread, NULL);
    listener->running = false;
    if (listener->descriptor >= 0) close(listener->descriptor);
    if (listener->reserve >= 0) close(listener->reserve);
    listener->descriptor = -1;
    listener->reserve = -1;
  }
}
