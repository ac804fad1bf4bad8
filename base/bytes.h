/* Bytes of files: little-endian numbers at any alignment, and questions about runs of bytes. */
#ifndef BYTES_H
#define BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bytes_load_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static inline uint64_t bytes_load_u64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static inline void bytes_store_u32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static inline void bytes_store_u64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

/* Rounds up to a multiple of `unit`, a power of two. 0 if that does not fit. */
static inline uint64_t bytes_round_up(uint64_t value, uint64_t unit)
{
    uint64_t mask = unit - 1;
    return value > UINT64_MAX - mask ? 0 : (value + mask) & ~mask;
}

/* 1 if all are zero (or there are none), else 0. As fast as memcmp. */
int bytes_are_zero(const void *bytes, size_t length);

/* 1 if they are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, nothing overlong), else 0.
 */
int bytes_are_utf8(const void *bytes, size_t length);

#endif
