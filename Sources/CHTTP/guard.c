// The guard: refuses every head that two servers could read differently, before a byte of the body is read and
// before the owner hears of the request.
//
// libmicrohttpd 1.0 and later refuses misspelt heads by itself when it is told to (server.c). Version 0.9 accepts
// almost anything: bare LF, folded lines, NUL, several spaces. But it parses in place and turns each delimiter into
// NUL, so that a head that was spelt as RFC 9112 wants lies in memory without a gap:
//
//   method NUL target NUL version NUL NUL (name NUL blanks value NUL NUL)* NUL NUL
//
// Everything else leaves a name, a value or the end of the head in another place than the one expected here.
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REFUSE(code, sentence) return (chttp_internal_verdict){.status = (code), .reason = (sentence)}
#define PASS return (chttp_internal_verdict){0}

/// What was found while walking through the fields.
typedef struct head_walk {
  chttp_exchange *exchange;
  const char *next;  ///< Where the next name has to start.
  chttp_internal_verdict verdict;
  const head_field *host;
  bool has_length;
  bool has_coding;
  bool chunked;
} head_walk;

static bool is_token_character(unsigned char character) {
  if ((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
      (character >= '0' && character <= '9')) {
    return true;
  }
  return character != 0 && strchr("!#$%&'*+-.^_`|~", character) != NULL;
}

static bool is_token(const char *bytes, size_t count) {
  for (size_t index = 0; index < count; index++) {
    if (!is_token_character((unsigned char)bytes[index])) return false;
  }
  return count > 0;
}

static bool is_blank(char character) { return character == ' ' || character == '\t'; }

bool chttp_internal_equal_ignoring_case(const char *left, size_t left_count, const char *right, size_t right_count) {
  return left_count == right_count && strncasecmp(left, right, left_count) == 0;
}

static bool named(const head_field *field, const char *name) {
  return chttp_internal_equal_ignoring_case(field->name, field->name_count, name, strlen(name));
}

/// True when name and value lie where a well-spelt line puts them; moves on to the next line.
static bool follows(head_walk *walk, const head_field *field, size_t raw_value_count) {
#if CHTTP_STRICT_PARSER
  (void)walk;
  (void)field;
  (void)raw_value_count;
  return true;
#else
  if (field->name != walk->next) return false;
  const char *after_colon = field->name + field->name_count + 1;
  if (field->value < after_colon || field->value - after_colon > 65536) return false;
  for (const char *blank = after_colon; blank < field->value; blank++) {
    if (!is_blank(*blank)) return false;
  }
  const char *line_end = field->value + raw_value_count;
  if (line_end[0] != '\0' || line_end[1] != '\0') return false;
  walk->next = line_end + 2;
  return true;
#endif
}

static chttp_internal_verdict check_length(head_walk *walk, const head_field *field) {
  if (walk->has_length) REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Content-Length was given twice");
  walk->has_length = true;
  uint64_t length = 0;
  // 18 digits are enough for everybody and cannot overflow.
  if (field->value_count == 0 || field->value_count > 18) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Content-Length is not a number of bytes");
  }
  for (size_t index = 0; index < field->value_count; index++) {
    char digit = field->value[index];
    if (digit < '0' || digit > '9') REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Content-Length is not a number of bytes");
    length = length * 10 + (uint64_t)(digit - '0');
  }
  walk->exchange->announced = length;
  PASS;
}

static chttp_internal_verdict check_coding(head_walk *walk, const head_field *field, size_t raw_value_count) {
  if (walk->has_coding) REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Transfer-Encoding was given twice");
  walk->has_coding = true;
  // Blanks after the value would be part of the coding's name for 0.9, which then waits for the end of the connection.
  if (raw_value_count != field->value_count ||
      !chttp_internal_equal_ignoring_case(field->value, field->value_count, "chunked", 7)) {
    REFUSE(CHTTP_REFUSAL_NOT_IMPLEMENTED, "the only transfer coding here is chunked");
  }
  walk->chunked = true;
  PASS;
}

static chttp_internal_verdict check_field(head_walk *walk, const head_field *field, size_t raw_value_count) {
  if (!is_token(field->name, field->name_count)) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "a header name has a character that is not allowed");
  }
  for (size_t index = 0; index < raw_value_count; index++) {
    unsigned char character = (unsigned char)field->value[index];
    if ((character < 0x20 && character != '\t') || character == 0x7f) {
      REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "a header value has a control character");
    }
  }
  if (!follows(walk, field, raw_value_count)) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "a header line is folded, has a NUL or does not end with CR LF");
  }
  if (named(field, "host")) {
    if (walk->host != NULL) REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Host was given twice");
    walk->host = field;
  } else if (named(field, "content-length")) {
    return check_length(walk, field);
  } else if (named(field, "transfer-encoding")) {
    return check_coding(walk, field, raw_value_count);
  } else if (named(field, "expect")) {
    if (!chttp_internal_equal_ignoring_case(field->value, field->value_count, "100-continue", 12)) {
      REFUSE(CHTTP_REFUSAL_EXPECTATION, "the only expectation here is 100-continue");
    }
  }
  PASS;
}

/// Keeps one more field in the exchange; false when memory is short.
static bool keep(chttp_exchange *exchange, head_field field) {
  if (exchange->field_count == exchange->field_capacity) {
    size_t capacity = exchange->field_capacity * 2;
    bool is_inline = exchange->fields == exchange->inline_fields;
    head_field *larger = realloc(is_inline ? NULL : exchange->fields, capacity * sizeof *larger);
    if (larger == NULL) return false;
    if (is_inline) memcpy(larger, exchange->inline_fields, sizeof exchange->inline_fields);
    exchange->fields = larger;
    exchange->field_capacity = capacity;
  }
  exchange->fields[exchange->field_count++] = field;
  return true;
}

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *name, size_t name_count,
                               const char *value, size_t value_count) {
  (void)kind;
  head_field field = {.name = name, .value = value == NULL ? "" : value, .name_count = name_count,
                      .value_count = value == NULL ? 0 : value_count};
  return keep(context, field) ? MHD_YES : MHD_NO;
}

static chttp_internal_verdict check_request_line(chttp_exchange *exchange, const char *method, const char *version) {
  if (!is_token(method, strlen(method))) REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "the method is not a token");
  if (strlen(version) != 8 || memcmp(version, "HTTP/", 5) != 0) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "the request line does not end with an HTTP version");
  }
  if (memcmp(version, "HTTP/1.1", 8) != 0 && memcmp(version, "HTTP/1.0", 8) != 0) {
    REFUSE(CHTTP_REFUSAL_VERSION, "the only versions here are HTTP/1.1 and HTTP/1.0");
  }
  exchange->http10 = version[7] == '0';
#if !CHTTP_STRICT_PARSER
  if (exchange->raw_target != method + strlen(method) + 1) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "there is more than one space before the target");
  }
  if (version != exchange->raw_target + exchange->raw_target_count + 1) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "the target has a NUL");
  }
  if (version[9] != '\0') REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "the request line does not end with CR LF");
#endif
  PASS;
}

/// The head has to end exactly where its last line did.
static bool ends_well(const head_walk *walk, struct MHD_Connection *handle, const char *method) {
#if CHTTP_STRICT_PARSER
  (void)walk;
  (void)handle;
  (void)method;
  return true;
#else
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info != NULL && walk->next[0] == '\0' && walk->next[1] == '\0' &&
         method + info->header_size == walk->next + 2;
#endif
}

chttp_internal_verdict chttp_internal_guard_head(chttp_exchange *exchange, struct MHD_Connection *handle,
                                                 const char *method, const char *version) {
  chttp_internal_verdict verdict = check_request_line(exchange, method, version);
  if (verdict.status != 0) return verdict;

  int count = MHD_get_connection_values_n(handle, MHD_HEADER_KIND, collect, exchange);
  if (count < 0 || (size_t)count != exchange->field_count) {
    REFUSE(CHTTP_REFUSAL_HEAD_TOO_LARGE, "the head has too many header fields");
  }
  head_walk walk = {.exchange = exchange, .next = version + 10};
  for (size_t index = 0; index < exchange->field_count; index++) {
    head_field *field = &exchange->fields[index];
    size_t raw_value_count = field->value_count;
    while (field->value_count > 0 && is_blank(field->value[field->value_count - 1])) field->value_count--;
    verdict = check_field(&walk, field, raw_value_count);
    if (verdict.status != 0) return verdict;
  }
  if (!ends_well(&walk, handle, method)) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "the head does not end with an empty line of CR LF");
  }
  exchange->framing = walk.next + 2;
  exchange->framing_front = exchange->framing;

  if (walk.has_coding && walk.has_length) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Content-Length and Transfer-Encoding exclude each other");
  }
  if (walk.has_coding && exchange->http10) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding");
  }
  exchange->chunked = walk.chunked;
  if (walk.host == NULL && !exchange->http10) REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "there is no Host");
  if (walk.host != NULL && !chttp_internal_host_valid(walk.host->value, walk.host->value_count)) {
    REFUSE(CHTTP_REFUSAL_BAD_REQUEST, "Host is not a host");
  }
  return chttp_internal_guard_target(exchange, walk.host);
}

// Chunk framing. From 1.0 on libmicrohttpd insists on CR LF around chunks. 0.9 takes a bare LF as well; its traces are
// only left in memory when the framing came together with the bytes that follow it. So this looks at what can be seen,
// and request.c never uses a connection again after a chunked body on 0.9: whatever a bare LF hides is never served.
bool chttp_internal_guard_framing(chttp_exchange *exchange, const char *bytes, size_t count) {
#if CHTTP_STRICT_PARSER
  (void)exchange;
  (void)bytes;
  (void)count;
  return true;
#else
  const char *start = exchange->framing;
  exchange->framing = bytes + count;
  // What was read is moved to the buffer's front before more is read behind it. So a piece that does not start at the
  // front has framing before it, and whatever lies between the front and the piece belongs to the same bytes.
  if (bytes <= start || bytes - start > 4096) return true;
  for (const char *byte = start; byte < bytes; byte++) {
    if (*byte == '\n' && (byte == exchange->framing_front || byte[-1] != '\r')) return false;
  }
  return bytes[-1] == '\n';
#endif
}
