/* Writing modules in the binary form. */
#ifndef WASM_WRITE_H
#define WASM_WRITE_H

#include "wasm_module.h"

/* Bytes that grow. A failed allocation is remembered and told by wasm_writer_status(), so that the
 * calls between need no checks. Starts as zeroes; free(writer.bytes) ends it. */
struct wasm_writer {
    uint8_t *bytes;
    size_t length, capacity;
    bool failed;
};

void wasm_put_u8(struct wasm_writer *writer, uint8_t value);
void wasm_put_u32(struct wasm_writer *writer, uint32_t value); /* LEB128, as short as it gets */
void wasm_put_s64(struct wasm_writer *writer, int64_t value);
void wasm_put_bytes(struct wasm_writer *writer, const void *bytes, size_t length);
void wasm_put_text(struct wasm_writer *writer, struct wasm_text text);

/* OK, or NO_MEMORY if one of the calls failed. */
pybox_status wasm_writer_status(const struct wasm_writer *writer);

/* Appends the module: all its sections, function names as the last but the other custom sections,
 * which come at the end. Numbers are written as short as possible, so a module that was written
 * like that and whose custom sections are where this puts them comes back byte by byte. Error:
 * NO_MEMORY. */
pybox_status wasm_write(const struct wasm_module *module, struct wasm_writer *writer);

#endif
