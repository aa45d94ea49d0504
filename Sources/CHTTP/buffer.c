// Immutable bytes with a reference count.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

chttp_buffer *chttp_buffer_copy(const void *bytes, size_t count) {
  // The bytes follow the record, so that a buffer is one allocation.
  chttp_buffer *buffer = malloc(sizeof *buffer + count);
  if (buffer == NULL) return NULL;
  uint8_t *copy = (uint8_t *)(buffer + 1);
  if (count > 0) memcpy(copy, bytes, count);
  *buffer = (chttp_buffer){.bytes = copy, .count = count};
  atomic_init(&buffer->references, 1);
  return buffer;
}

chttp_buffer *chttp_buffer_wrap(const void *bytes, size_t count, void *free_context, void (*free_bytes)(void *)) {
  chttp_buffer *buffer = malloc(sizeof *buffer);
  if (buffer == NULL) {
    // Ownership has passed to us all the same.
    if (free_bytes != NULL) free_bytes(free_context);
    return NULL;
  }
  *buffer = (chttp_buffer){.bytes = bytes, .count = count, .free_context = free_context, .free_bytes = free_bytes};
  atomic_init(&buffer->references, 1);
  return buffer;
}

void chttp_buffer_retain(chttp_buffer *buffer) {
  atomic_fetch_add_explicit(&buffer->references, 1, memory_order_relaxed);
}

void chttp_buffer_release(chttp_buffer *buffer) {
  if (buffer == NULL) return;
  if (atomic_fetch_sub_explicit(&buffer->references, 1, memory_order_acq_rel) != 1) return;
  if (buffer->free_bytes != NULL) buffer->free_bytes(buffer->free_context);
  free(buffer);
}

chttp_bytes chttp_buffer_bytes(chttp_buffer *buffer) {
  return (chttp_bytes){.bytes = buffer->bytes, .count = buffer->count};
}
