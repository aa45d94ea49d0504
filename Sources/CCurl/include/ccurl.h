// CCurl: HTTP requests whose answers arrive bit by bit, behind a small header.
//
// It wraps libcurl: the variadic calls that Swift cannot make, and one background thread that drives every transfer of
// the process through the multi interface. It knows nothing of what is transferred.
//
// Life of a transfer: ccurl_create() -> ccurl_add_header(), ccurl_set_body() -> ccurl_begin() -> callbacks, on the
// background thread, in this order: `head` at most once, `bytes` any number of times, `done` exactly once and last ->
// ccurl_release().
//
// What every transfer has: http and https only; certificates are verified; redirects are not followed; no .netrc, no
// cookies, no signals; HTTP/1.1 on a connection of its own; the user agent `caduceus`; a head of at most 256 KiB.
//
// Threads: ccurl_resume(), ccurl_cancel() and ccurl_release() may be called from any thread, from callbacks too. The
// others belong to the one who made the transfer, until ccurl_begin(). Callbacks must not block.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One request and its answer. Reference counted: its maker holds one reference, the background thread another.
typedef struct ccurl_transfer ccurl_transfer;

/// How a transfer ended.
typedef enum ccurl_outcome {
  CCURL_OUTCOME_COMPLETE = 0,     ///< The answer is there as a whole, whatever its status.
  CCURL_OUTCOME_CANCELLED,        ///< ccurl_cancel() was called.
  CCURL_OUTCOME_BAD_ADDRESS,      ///< The URL is none, or not one for http or https.
  CCURL_OUTCOME_NOT_RESOLVED,     ///< The host has no address.
  CCURL_OUTCOME_NOT_CONNECTED,    ///< Nobody listens there.
  CCURL_OUTCOME_CONNECT_TIMEOUT,  ///< No connection within `connect_ms`.
  CCURL_OUTCOME_SILENT,           ///< No byte of the answer's body within `first_byte_ms`.
  CCURL_OUTCOME_STALLED,          ///< No byte for `idle_ms` after the first.
  CCURL_OUTCOME_TOTAL_TIMEOUT,    ///< Not complete within `total_ms`.
  CCURL_OUTCOME_NOT_SECURE,       ///< TLS could not be agreed on, or the certificate is not to be trusted.
  CCURL_OUTCOME_BROKEN,           ///< The connection ended before the answer did.
  CCURL_OUTCOME_HEAD_TOO_LARGE,   ///< The head of the answer has more than 256 KiB.
  CCURL_OUTCOME_OTHER             ///< Something else; the message tells.
} ccurl_outcome;

/// How long a transfer may take; 0 stands for "without end". All count from ccurl_begin(), except `idle_ms`.
typedef struct ccurl_limits {
  uint32_t connect_ms;     ///< Until the connection stands, name resolution and TLS included.
  uint32_t first_byte_ms;  ///< Until the first byte of the answer's body. A head that never ends counts as silence.
  uint32_t idle_ms;        ///< Between two bytes of the body. Does not run while the reader has paused the transfer.
  uint32_t total_ms;       ///< Until the end.
  bool ignores_proxy;      ///< Whether the proxy variables of the environment (`https_proxy`, ...) do not count.
} ccurl_limits;

/// What the owner of a transfer supplies. `context` is handed to each callback.
typedef struct ccurl_callbacks {
  void *context;
  /// The head of the final answer. `content_type` is null when there is none, and valid during the call only.
  void (*head)(void *context, int status, const char *content_type);
  /// More of the body; valid during the call only. False means "not now": the same bytes come again after
  /// ccurl_resume(), and until then nothing is read from the connection, so that the peer has to wait too.
  bool (*bytes)(void *context, const uint8_t *bytes, size_t count);
  /// The end; the last callback. `message` is a sentence of libcurl's, valid during the call only.
  void (*done)(void *context, ccurl_outcome outcome, const char *message);
} ccurl_callbacks;

/// Makes a GET request that has not begun. Null when memory or the background thread cannot be had.
///
/// Example: `ccurl_create("http://127.0.0.1:8080/v1/models", (ccurl_limits){.total_ms = 5000}, callbacks)`
ccurl_transfer *ccurl_create(const char *url, ccurl_limits limits, ccurl_callbacks callbacks);

/// Adds a line such as `Accept: text/plain` to the head of the request. The caller makes sure that it holds no line
/// break. False when memory cannot be had.
bool ccurl_add_header(ccurl_transfer *transfer, const char *line);

/// Makes it a POST with this body, which is copied. False when memory cannot be had.
bool ccurl_set_body(ccurl_transfer *transfer, const uint8_t *bytes, size_t count);

/// Begins. From now on `done` is certain to come.
void ccurl_begin(ccurl_transfer *transfer);

/// Goes on after `bytes` said "not now". Does nothing otherwise.
void ccurl_resume(ccurl_transfer *transfer);

/// Ends the transfer at once; `done` follows on the background thread. Does nothing when it has ended already.
void ccurl_cancel(ccurl_transfer *transfer);

/// Gives back the maker's reference. A transfer that is under way goes on.
void ccurl_release(ccurl_transfer *transfer);

#ifdef __cplusplus
}
#endif

#endif
