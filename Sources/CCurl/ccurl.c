#define _GNU_SOURCE
#include "ccurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// libcurl bounds one header line; the sum is bounded here.
enum { HEAD_LIMIT = 256 * 1024, IDLE_POLL_MS = 60 * 1000 };

struct ccurl_transfer {
  atomic_int references;
  CURL *easy;
  struct curl_slist *headers;
  ccurl_limits limits;
  ccurl_callbacks callbacks;
  char error[CURL_ERROR_SIZE];

  // Belongs to the background thread.
  bool is_active, has_ended, head_reported, body_began, is_paused, head_too_large;
  size_t head_count;
  uint64_t began, last_byte;
  ccurl_transfer *previous, *next;

  // Guarded by `lock`: what the background thread is asked to do.
  bool is_queued, wants_begin, wants_resume, wants_cancel;
  ccurl_transfer *next_queued;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static CURLM *multi;              // null when the start failed
static ccurl_transfer *queue;     // guarded by `lock`
static bool is_stopping;          // guarded by `lock`
static ccurl_transfer *active;    // belongs to the background thread

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// MARK: Ends

void ccurl_release(ccurl_transfer *transfer) {
  if (!transfer || atomic_fetch_sub(&transfer->references, 1) != 1) return;
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  free(transfer);
}

// Ends a transfer and gives back the background thread's reference.
static void conclude(ccurl_transfer *transfer, ccurl_outcome outcome, const char *message) {
  if (transfer->is_active) {
    curl_multi_remove_handle(multi, transfer->easy);
    if (transfer->previous) transfer->previous->next = transfer->next;
    else active = transfer->next;
    if (transfer->next) transfer->next->previous = transfer->previous;
    transfer->previous = transfer->next = NULL;
    transfer->is_active = false;
  }
  transfer->has_ended = true;
  transfer->callbacks.done(transfer->callbacks.context, outcome, message);
  // Here and not with the last reference: the connection and the copy of the body end with the transfer.
  curl_easy_cleanup(transfer->easy);
  transfer->easy = NULL;
  ccurl_release(transfer);
}

static ccurl_outcome outcome_of(const ccurl_transfer *transfer, CURLcode code) {
  if (transfer->head_too_large) return CCURL_OUTCOME_HEAD_TOO_LARGE;
  switch (code) {
    case CURLE_OK: return CCURL_OUTCOME_COMPLETE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_LOGIN_DENIED: return CCURL_OUTCOME_BAD_ADDRESS;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return CCURL_OUTCOME_NOT_RESOLVED;
    case CURLE_COULDNT_CONNECT: return CCURL_OUTCOME_NOT_CONNECTED;
    // The only deadline that libcurl itself knows of is the one for connecting.
    case CURLE_OPERATION_TIMEDOUT: return CCURL_OUTCOME_CONNECT_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: return CCURL_OUTCOME_NOT_SECURE;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return CCURL_OUTCOME_BROKEN;
    default: return CCURL_OUTCOME_OTHER;
  }
}

static void conclude_with_code(ccurl_transfer *transfer, CURLcode code) {
  const char *message = transfer->error[0] ? transfer->error : curl_easy_strerror(code);
  conclude(transfer, outcome_of(transfer, code), message);
}

// MARK: What libcurl calls

static size_t on_header(char *line, size_t size, size_t count, void *context) {
  ccurl_transfer *transfer = context;
  size_t length = size * count;
  transfer->head_count += length;
  if (transfer->head_count > HEAD_LIMIT) {
    transfer->head_too_large = true;
    return 0;
  }
  // The empty line ends a head. Heads of interim answers (1xx) come first; trailers come after the one that counts.
  bool is_end = length > 0 && (line[0] == '\r' || line[0] == '\n');
  if (!is_end || transfer->head_reported) return length;
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return length;
  char *content_type = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type);
  transfer->head_reported = true;
  transfer->callbacks.head(transfer->callbacks.context, (int)status, content_type);
  return length;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context) {
  ccurl_transfer *transfer = context;
  size_t length = size * count;
  if (length == 0) return 0;
  transfer->body_began = true;
  transfer->last_byte = now_ms();
  if (transfer->callbacks.bytes(transfer->callbacks.context, (const uint8_t *)bytes, length)) return length;
  transfer->is_paused = true;
  return CURL_WRITEFUNC_PAUSE;
}

// MARK: The background thread

static void begin(ccurl_transfer *transfer) {
  transfer->began = transfer->last_byte = now_ms();
  if (curl_multi_add_handle(multi, transfer->easy) != CURLM_OK) {
    conclude(transfer, CCURL_OUTCOME_OTHER, "the transfer could not be added");
    return;
  }
  transfer->is_active = true;
  transfer->next = active;
  if (active) active->previous = transfer;
  active = transfer;
}

static void resume(ccurl_transfer *transfer) {
  if (!transfer->is_paused) return;
  // Before the call: it hands over the bytes that waited, and the reader may pause again.
  transfer->is_paused = false;
  transfer->last_byte = now_ms();
  CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  if (code != CURLE_OK) conclude_with_code(transfer, code);
}

// Does what was asked for since the last time. False when the thread shall end.
static bool serve_queue(void) {
  pthread_mutex_lock(&lock);
  ccurl_transfer *taken = queue;
  queue = NULL;
  bool goes_on = !is_stopping;
  pthread_mutex_unlock(&lock);

  while (taken) {
    ccurl_transfer *transfer = taken;
    pthread_mutex_lock(&lock);
    taken = transfer->next_queued;
    transfer->next_queued = NULL;
    bool wants_begin = transfer->wants_begin, wants_resume = transfer->wants_resume;
    bool wants_cancel = transfer->wants_cancel;
    transfer->wants_begin = transfer->wants_resume = false;
    transfer->is_queued = false;
    pthread_mutex_unlock(&lock);

    if (wants_begin && !wants_cancel) begin(transfer);
    if (wants_cancel && !transfer->has_ended && (transfer->is_active || wants_begin)) {
      conclude(transfer, CCURL_OUTCOME_CANCELLED, "cancelled");
    }
    if (wants_resume && transfer->is_active) resume(transfer);
    ccurl_release(transfer);  // the queue's reference
  }
  return goes_on;
}

static void collect_results(void) {
  CURLMsg *message;
  int remaining;
  while ((message = curl_multi_info_read(multi, &remaining))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;
    ccurl_transfer *transfer = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
    if (transfer) conclude_with_code(transfer, code);
  }
}

// Whether a limit that counts from `start` is used up; otherwise shortens `wait` to what is left of it.
static bool is_over(uint32_t limit, uint64_t start, uint64_t now, uint64_t *wait) {
  if (limit == 0) return false;
  uint64_t end = start + limit;
  if (now >= end) return true;
  if (end - now < *wait) *wait = end - now;
  return false;
}

// Ends the transfers that took too long; tells how many milliseconds the others have at least.
static int enforce_limits(void) {
  uint64_t now = now_ms(), wait = IDLE_POLL_MS;
  ccurl_transfer *next;
  for (ccurl_transfer *transfer = active; transfer; transfer = next) {
    next = transfer->next;
    const ccurl_limits *limits = &transfer->limits;
    if (is_over(limits->total_ms, transfer->began, now, &wait)) {
      conclude(transfer, CCURL_OUTCOME_TOTAL_TIMEOUT, "the answer took too long");
    } else if (!transfer->body_began && is_over(limits->first_byte_ms, transfer->began, now, &wait)) {
      conclude(transfer, CCURL_OUTCOME_SILENT, "no answer came in time");
    } else if (transfer->body_began && !transfer->is_paused &&
               is_over(limits->idle_ms, transfer->last_byte, now, &wait)) {
      conclude(transfer, CCURL_OUTCOME_STALLED, "the answer stopped coming");
    }
  }
  return (int)wait;
}

static void *run(void *unused) {
  (void)unused;
  while (serve_queue()) {
    int running;
    curl_multi_perform(multi, &running);
    collect_results();
    int wait = enforce_limits();
    // libcurl's own timers shorten the wait; curl_multi_wakeup() ends it, also one that came before the poll.
    curl_multi_poll(multi, NULL, 0, wait, NULL);
  }
  return NULL;
}

// Runs before OpenSSL's own exit handler, which was registered earlier: a thread that is inside OpenSSL while that
// handler frees its tables crashes a process that was about to end well.
static void stop(void) {
  pthread_mutex_lock(&lock);
  is_stopping = true;
  pthread_mutex_unlock(&lock);
  curl_multi_wakeup(multi);
  pthread_join(thread, NULL);
}

static void start(void) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return;
  multi = curl_multi_init();
  if (!multi) return;
  // Signals belong to the threads of the program; a broken pipe must not end it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, NULL, run, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed) {
    curl_multi_cleanup(multi);
    multi = NULL;
    return;
  }
  pthread_setname_np(thread, "ccurl");
  atexit(stop);
}

// MARK: What the owner calls

static bool configure(ccurl_transfer *transfer, const char *url) {
  CURL *easy = transfer->easy;
  CURLcode failed = CURLE_OK;
#define SET(option, value) if (failed == CURLE_OK) failed = curl_easy_setopt(easy, option, value)
  SET(CURLOPT_URL, url);
  SET(CURLOPT_PRIVATE, transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->error);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_NOPROGRESS, 1L);
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_USERAGENT, "caduceus");
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  // One transfer a connection: a reader that pauses holds up nobody else.
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  // A kept connection may be dead by the time that it is used again, and then a POST would be sent twice. An answer
  // takes seconds; the handshake does not count.
  SET(CURLOPT_FRESH_CONNECT, 1L);
  SET(CURLOPT_FORBID_REUSE, 1L);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Without it, to cancel while a name is being resolved waits for the resolver, and every transfer waits with it.
  SET(CURLOPT_QUICK_EXIT, 1L);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_WRITEFUNCTION, on_bytes);
  SET(CURLOPT_WRITEDATA, transfer);
  // 0 would be libcurl's own default of 300 seconds.
  uint32_t connect_ms = transfer->limits.connect_ms;
  SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms == 0 ? 0x7FFFFFFFL : (long)connect_ms);
  if (transfer->limits.ignores_proxy) SET(CURLOPT_PROXY, "");
#undef SET
  return failed == CURLE_OK;
}

ccurl_transfer *ccurl_create(const char *url, ccurl_limits limits, ccurl_callbacks callbacks) {
  pthread_once(&once, start);
  if (!multi) return NULL;
  ccurl_transfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  atomic_init(&transfer->references, 1);
  transfer->limits = limits;
  transfer->callbacks = callbacks;
  transfer->easy = curl_easy_init();
  if (!transfer->easy || !configure(transfer, url)) {
    ccurl_release(transfer);
    return NULL;
  }
  return transfer;
}

bool ccurl_add_header(ccurl_transfer *transfer, const char *line) {
  struct curl_slist *headers = curl_slist_append(transfer->headers, line);
  if (!headers) return false;
  transfer->headers = headers;
  return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

bool ccurl_set_body(ccurl_transfer *transfer, const uint8_t *bytes, size_t count) {
  // The size comes first: COPYPOSTFIELDS copies that many bytes. An empty `Expect` keeps libcurl from waiting a second
  // for a `100 Continue` that few servers send.
  return curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count) == CURLE_OK &&
         curl_easy_setopt(transfer->easy, CURLOPT_COPYPOSTFIELDS, count ? (const char *)bytes : "") == CURLE_OK &&
         ccurl_add_header(transfer, "Expect:");
}

// Asks the background thread to look at a transfer. `wish` is a member of it that `lock` guards.
static void post(ccurl_transfer *transfer, bool *wish) {
  pthread_mutex_lock(&lock);
  *wish = true;
  if (!transfer->is_queued) {
    transfer->is_queued = true;
    atomic_fetch_add(&transfer->references, 1);
    transfer->next_queued = queue;
    queue = transfer;
  }
  pthread_mutex_unlock(&lock);
  curl_multi_wakeup(multi);
}

void ccurl_begin(ccurl_transfer *transfer) {
  atomic_fetch_add(&transfer->references, 1);  // the background thread's, until conclude()
  post(transfer, &transfer->wants_begin);
}

void ccurl_resume(ccurl_transfer *transfer) { post(transfer, &transfer->wants_resume); }

void ccurl_cancel(ccurl_transfer *transfer) { post(transfer, &transfer->wants_cancel); }
