/* Reading the pieces that WebAssembly binaries are made of, from hostile bytes. */
#ifndef WASM_CURSOR_H
#define WASM_CURSOR_H

#include "pybox.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A place in a module's bytes and the end of the part that is being read. The functions below read
 * one item and move on. After a failure the position is that of the item that failed, and the error
 * message tells it: "at byte 0x1234 in the code section: ...".
 */
struct wasm_cursor {
    const uint8_t *file; /* the module's first byte: offsets in messages count from it */
    const uint8_t *at, *end;
    const char *part; /* "code section" */
};

/* Text of a module (UTF-8, checked): pointer into the module's bytes and length, no NUL. */
struct wasm_text {
    const char *bytes;
    uint32_t length;
};

/* Fails with MODULE_FORMAT and "at byte <the cursor's place> in the <part>: <format...>". */
__attribute__((format(printf, 2, 3))) pybox_status wasm_malformed(const struct wasm_cursor *cursor,
                                                                  const char *format, ...);

/* The same with UNSUPPORTED: well-formed, but nothing that pybox can compile. */
__attribute__((format(printf, 2, 3))) pybox_status
wasm_unsupported(const struct wasm_cursor *cursor, const char *format, ...);

/* The same with LIMIT. */
__attribute__((format(printf, 2, 3))) pybox_status wasm_too_large(const struct wasm_cursor *cursor,
                                                                  const char *format, ...);

pybox_status wasm_get_u8(struct wasm_cursor *cursor, uint8_t *value);
/* LEB128 as the specification limits it (section 5.2.2): at most ceil(N/7) bytes, unused bits of
 * the last one a sign extension or zero. Longer than needed is allowed. */
pybox_status wasm_get_u32(struct wasm_cursor *cursor, uint32_t *value);
pybox_status wasm_get_s32(struct wasm_cursor *cursor, int32_t *value);
pybox_status wasm_get_s33(struct wasm_cursor *cursor, int64_t *value);
pybox_status wasm_get_s64(struct wasm_cursor *cursor, int64_t *value);
/* Moves over `length` bytes; `what` names them in the message. */
pybox_status wasm_get_bytes(struct wasm_cursor *cursor, size_t length, const char *what,
                            const uint8_t **bytes);
pybox_status wasm_get_text(struct wasm_cursor *cursor, const char *what, struct wasm_text *text);
/* A number of items, at least one byte each, of which `limit` are allowed. */
pybox_status wasm_get_count(struct wasm_cursor *cursor, uint32_t limit, const char *what,
                            uint32_t *count);

#endif
