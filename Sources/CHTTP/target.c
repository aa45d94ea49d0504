// The request target and the host: what may stand in them.
#include "engine.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define REFUSE(sentence) \
  return (chttp_internal_verdict) { .status = CHTTP_REFUSAL_BAD_REQUEST, .reason = (sentence) }
#define PASS return (chttp_internal_verdict){0}

static bool is_letter_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

static int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// MARK: Host

static bool is_port(const char *bytes, size_t count) {
  unsigned value = 0;
  if (count == 0 || count > 5) return false;
  for (size_t index = 0; index < count; index++) {
    if (bytes[index] < '0' || bytes[index] > '9') return false;
    value = value * 10 + (unsigned)(bytes[index] - '0');
  }
  return value <= 65535;
}

/// A name, an IPv4 or a bracketed IPv6 address, with or without a port. Stricter than RFC 3986, which also allows
/// escapes and punctuation that no host has.
bool chttp_internal_host_valid(const char *bytes, size_t count) {
  size_t end = 0;
  if (count == 0 || count > 261) return false;
  if (bytes[0] == '[') {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    const char *closing = memchr(bytes, ']', count);
    if (closing == NULL || (size_t)(closing - bytes) > sizeof address) return false;
    size_t inside = (size_t)(closing - bytes) - 1;
    if (inside == 0 || inside >= sizeof address) return false;
    memcpy(address, bytes + 1, inside);
    address[inside] = '\0';
    if (inet_pton(AF_INET6, address, &parsed) != 1) return false;
    end = inside + 2;
  } else {
    while (end < count && bytes[end] != ':') {
      if (!is_letter_or_digit(bytes[end]) && bytes[end] != '-' && bytes[end] != '.' && bytes[end] != '_') return false;
      end++;
    }
    if (end == 0 || bytes[0] == '.') return false;
  }
  if (end == count) return true;
  return bytes[end] == ':' && is_port(bytes + end + 1, count - end - 1);
}

// MARK: Path

/// Reads one well-formed UTF-8 sequence's continuation; keeps the state between bytes.
typedef struct utf8_state {
  unsigned missing;   ///< Continuation bytes still to come.
  unsigned lowest;    ///< Bounds of the next one: they exclude overlong forms, surrogates and beyond U+10FFFF.
  unsigned highest;
} utf8_state;

static bool utf8_takes(utf8_state *state, unsigned byte) {
  if (state->missing > 0) {
    if (byte < state->lowest || byte > state->highest) return false;
    *state = (utf8_state){.missing = state->missing - 1, .lowest = 0x80, .highest = 0xbf};
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xc2 || byte > 0xf4) return false;
  unsigned missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  *state = (utf8_state){.missing = missing, .lowest = 0x80, .highest = 0xbf};
  if (byte == 0xe0) state->lowest = 0xa0;
  if (byte == 0xed) state->highest = 0x9f;
  if (byte == 0xf0) state->lowest = 0x90;
  if (byte == 0xf4) state->highest = 0x8f;
  return true;
}

/// Follows one segment of the path to see whether it is `.` or `..` once it is decoded.
typedef struct segment_state {
  size_t dots;
  bool other;
} segment_state;

static bool segment_ends_badly(const segment_state *segment) {
  return !segment->other && (segment->dots == 1 || segment->dots == 2);
}

static chttp_internal_verdict check_path(const char *path, size_t count) {
  utf8_state utf8 = {0};
  segment_state segment = {0};
  for (size_t index = 0; index < count; index++) {
    unsigned byte = (unsigned char)path[index];
    if (byte == '%') {
      byte = (unsigned)(hex_value(path[index + 1]) * 16 + hex_value(path[index + 2]));
      index += 2;
      if (byte < 0x20 || byte == 0x7f) REFUSE("the path has an escaped control character");
    }
    if (byte == '\\') REFUSE("the path has a backslash");
    if (!utf8_takes(&utf8, byte)) REFUSE("the path is not UTF-8");
    // An escaped slash counts here: a router that decodes it must not find a dot segment behind it.
    if (byte == '/') {
      if (segment_ends_badly(&segment)) REFUSE("the path has a dot segment");
      segment = (segment_state){0};
    } else if (byte == '.') {
      segment.dots++;
    } else {
      segment.other = true;
    }
  }
  if (utf8.missing > 0) REFUSE("the path is not UTF-8");
  if (segment_ends_badly(&segment)) REFUSE("the path has a dot segment");
  PASS;
}

// MARK: Target

static chttp_internal_verdict check_characters(const char *target, size_t count) {
  for (size_t index = 0; index < count; index++) {
    unsigned char character = (unsigned char)target[index];
    if (character <= 0x20 || character >= 0x7f) {
      REFUSE("the target has a space, a control character or a byte that is not ASCII");
    }
    if (character == '#') REFUSE("the target has a fragment");
    if (character != '%') continue;
    if (count - index < 3 || hex_value(target[index + 1]) < 0 || hex_value(target[index + 2]) < 0) {
      REFUSE("the target has a percent sign without two hexadecimal digits");
    }
    if (target[index + 1] == '0' && target[index + 2] == '0') REFUSE("the target has an escaped NUL");
  }
  PASS;
}

/// Cuts scheme and authority off, once the authority is known to be the one in Host.
static chttp_internal_verdict reduce_absolute_form(chttp_exchange *exchange, const head_field *host) {
  size_t scheme = 0;
  if (exchange->target_count >= 7 && strncasecmp(exchange->target, "http://", 7) == 0) scheme = 7;
  if (exchange->target_count >= 8 && strncasecmp(exchange->target, "https://", 8) == 0) scheme = 8;
  if (scheme == 0) REFUSE("the target does not start with a slash");
  const char *authority = exchange->target + scheme;
  size_t rest_count = exchange->target_count - scheme;
  size_t authority_count = 0;
  while (authority_count < rest_count && authority[authority_count] != '/' && authority[authority_count] != '?') {
    authority_count++;
  }
  if (host == NULL || !chttp_internal_equal_ignoring_case(authority, authority_count, host->value, host->value_count)) {
    REFUSE("the target names another host than Host does");
  }
  rest_count -= authority_count;
  const char *rest = authority + authority_count;
  if (rest_count > 0 && rest[0] == '/') {
    memmove(exchange->target, rest, rest_count);
  } else {
    // No path means the root. There is room: a scheme was cut off.
    memmove(exchange->target + 1, rest, rest_count);
    exchange->target[0] = '/';
    rest_count++;
  }
  exchange->target_count = rest_count;
  PASS;
}

chttp_internal_verdict chttp_internal_guard_target(chttp_exchange *exchange, const head_field *host) {
  if (exchange->target_count == 0) REFUSE("the request line has no target");
  chttp_internal_verdict verdict = check_characters(exchange->target, exchange->target_count);
  if (verdict.status != 0) return verdict;
  if (strcmp(exchange->method, "CONNECT") == 0) REFUSE("this is no proxy: CONNECT is not served");
  if (exchange->target_count == 1 && exchange->target[0] == '*') {
    if (strcmp(exchange->method, "OPTIONS") == 0) PASS;
    REFUSE("only OPTIONS may ask for *");
  }
  if (exchange->target[0] != '/') {
    verdict = reduce_absolute_form(exchange, host);
    if (verdict.status != 0) return verdict;
  }
  const char *query = memchr(exchange->target, '?', exchange->target_count);
  return check_path(exchange->target,
                    query == NULL ? exchange->target_count : (size_t)(query - exchange->target));
}
