/* Arguments and environment. */
#include "calls.h"

/* Writes the strings to `buffer` and pointers to them to `pointers`, both in the guest. */
static uint16_t args_give(struct wasi *wasi, const struct wasi_memory *memory,
                          const struct wasi_strings *strings, uint64_t pointers, uint64_t buffer)
{
    uint8_t *to;
    uint16_t error = guest_value(memory, pointers, (uint64_t)strings->count * 4, 4, &to);
    uint8_t *bytes = guest_at(memory, buffer, strings->length);
    if (error != WASI_OK || bytes == NULL)
        return error != WASI_OK ? error : WASI_EFAULT;
    uint32_t offset = 0;
    for (uint32_t i = 0; i < strings->count; i++) {
        bytes_store_u32(to + (size_t)i * 4, (uint32_t)buffer + offset);
        offset += (uint32_t)strlen(strings->bytes + offset) + 1;
    }
    memcpy(bytes, strings->bytes, strings->length);
    wasi->moved_bytes = (uint64_t)strings->count * 4 + strings->length;
    wasi->entries = strings->count;
    return WASI_OK;
}

static uint16_t args_give_sizes(const struct wasi_memory *memory,
                                const struct wasi_strings *strings, const uint64_t *values)
{
    uint8_t *count, *length;
    uint16_t error = guest_value(memory, values[0], 4, 4, &count);
    if (error == WASI_OK)
        error = guest_value(memory, values[1], 4, 4, &length);
    if (error != WASI_OK)
        return error;
    bytes_store_u32(count, strings->count);
    bytes_store_u32(length, strings->length);
    return WASI_OK;
}

void args_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    values[0] = args_give(wasi, memory, &wasi->arguments, values[0], values[1]);
}

void args_sizes_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    values[0] = args_give_sizes(memory, &wasi->arguments, values);
}

void environ_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    values[0] = args_give(wasi, memory, &wasi->environment, values[0], values[1]);
}

void environ_sizes_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    values[0] = args_give_sizes(memory, &wasi->environment, values);
}
