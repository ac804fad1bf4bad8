#include "wasm_cursor.h"

#include "bytes.h"
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static pybox_status fail(pybox_status status, const struct wasm_cursor *cursor, const char *format,
                         va_list arguments)
{
    char what[512];
    vsnprintf(what, sizeof(what), format, arguments);
    return error_set(status, "at byte 0x%zx in the %s: %s", (size_t)(cursor->at - cursor->file),
                     cursor->part, what);
}

pybox_status wasm_malformed(const struct wasm_cursor *cursor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pybox_status status = fail(PYBOX_ERROR_MODULE_FORMAT, cursor, format, arguments);
    va_end(arguments);
    return status;
}

pybox_status wasm_unsupported(const struct wasm_cursor *cursor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pybox_status status = fail(PYBOX_ERROR_UNSUPPORTED, cursor, format, arguments);
    va_end(arguments);
    return status;
}

pybox_status wasm_too_large(const struct wasm_cursor *cursor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pybox_status status = fail(PYBOX_ERROR_LIMIT, cursor, format, arguments);
    va_end(arguments);
    return status;
}

pybox_status wasm_get_u8(struct wasm_cursor *cursor, uint8_t *value)
{
    if (cursor->at == cursor->end)
        return wasm_malformed(cursor, "it ends where a byte was expected");
    *value = *cursor->at++;
    return PYBOX_OK;
}

/* Reads a LEB128 number of `bits` bits (33 and 64 only signed ones) into 64, sign-extended if so.
 */
static pybox_status get_leb(struct wasm_cursor *cursor, unsigned bits, int is_signed,
                            uint64_t *value)
{
    const uint8_t *at = cursor->at;
    uint64_t result = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (at == cursor->end)
            return wasm_malformed(cursor, "it ends inside a number");
        uint8_t byte = *at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        unsigned left = bits - shift; /* of the number's bits, in this byte and the next ones */
        if (left < 7) {
            /* The last possible byte: what is above the number's top bit must repeat it. */
            unsigned keep = is_signed ? left - 1 : left;
            uint8_t high = (uint8_t)((byte & 0x7f) >> keep), ones = (uint8_t)(0x7f >> keep);
            if ((byte & 0x80) != 0)
                return wasm_malformed(cursor, "a number is longer than %u bits need", bits);
            if (high != 0 && !(is_signed && high == ones))
                return wasm_malformed(cursor, "a number does not fit in %u bits", bits);
        }
        if ((byte & 0x80) == 0) {
            if (is_signed && (byte & 0x40) != 0 && shift + 7 < 64)
                result |= UINT64_MAX << (shift + 7);
            cursor->at = at;
            *value = result;
            return PYBOX_OK;
        }
    }
    return wasm_malformed(cursor, "a number is longer than %u bits need", bits);
}

pybox_status wasm_get_u32(struct wasm_cursor *cursor, uint32_t *value)
{
    uint64_t wide;
    pybox_status status = get_leb(cursor, 32, 0, &wide);
    if (status == PYBOX_OK)
        *value = (uint32_t)wide;
    return status;
}

pybox_status wasm_get_s32(struct wasm_cursor *cursor, int32_t *value)
{
    uint64_t wide;
    pybox_status status = get_leb(cursor, 32, 1, &wide);
    if (status == PYBOX_OK)
        *value = (int32_t)(uint32_t)wide;
    return status;
}

pybox_status wasm_get_s33(struct wasm_cursor *cursor, int64_t *value)
{
    uint64_t wide;
    pybox_status status = get_leb(cursor, 33, 1, &wide);
    if (status == PYBOX_OK)
        *value = (int64_t)wide;
    return status;
}

pybox_status wasm_get_s64(struct wasm_cursor *cursor, int64_t *value)
{
    uint64_t wide;
    pybox_status status = get_leb(cursor, 64, 1, &wide);
    if (status == PYBOX_OK)
        *value = (int64_t)wide;
    return status;
}

pybox_status wasm_get_bytes(struct wasm_cursor *cursor, size_t length, const char *what,
                            const uint8_t **bytes)
{
    size_t left = (size_t)(cursor->end - cursor->at);
    if (length > left)
        return wasm_malformed(cursor, "%s of %zu bytes, but only %zu are left", what, length, left);
    *bytes = cursor->at;
    cursor->at += length;
    return PYBOX_OK;
}

pybox_status wasm_get_text(struct wasm_cursor *cursor, const char *what, struct wasm_text *text)
{
    const uint8_t *start = cursor->at, *bytes = NULL;
    uint32_t length;
    pybox_status status = wasm_get_u32(cursor, &length);
    if (status == PYBOX_OK)
        status = wasm_get_bytes(cursor, length, what, &bytes);
    if (status != PYBOX_OK)
        return status;
    if (!bytes_are_utf8(bytes, length)) {
        cursor->at = start;
        return wasm_malformed(cursor, "%s is not UTF-8", what);
    }
    *text = (struct wasm_text){(const char *)bytes, length};
    return PYBOX_OK;
}

pybox_status wasm_get_count(struct wasm_cursor *cursor, uint32_t limit, const char *what,
                            uint32_t *count)
{
    const uint8_t *start = cursor->at;
    uint32_t number;
    pybox_status status = wasm_get_u32(cursor, &number);
    if (status != PYBOX_OK)
        return status;
    size_t left = (size_t)(cursor->end - cursor->at);
    if (number > left) {
        cursor->at = start;
        return wasm_malformed(cursor, "it claims %u %s in %zu bytes", number, what, left);
    }
    if (number > limit) {
        cursor->at = start;
        return wasm_too_large(cursor, "%u %s; at most %u are allowed", number, what, limit);
    }
    *count = number;
    return PYBOX_OK;
}
