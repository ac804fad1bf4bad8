#include "package_build.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "error.h"

#define LOCAL_BYTES 30u
#define CENTRAL_BYTES 46u
#define END_BYTES 22u
#define LENGTH_MOST (UINT32_MAX - 1u) /* 32-bit offsets, none of which means ZIP64 */
#define FILES_MOST 65534u
#define DAYS 28u /* that are taken of each month */
#define TIMES (DAYS * 12u * 40u * 24u * 60u * 30u) /* in steps of two seconds, from 1981 on */
#define MODE_FILE (0100444u << 16)

static void build_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static pybox_status build_reserve(struct package_builder *builder, uint64_t more)
{
    uint64_t needed = builder->length + more;
    if (needed > LENGTH_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "packages together are too large; expected less than 4 GiB");
    if (needed <= builder->capacity)
        return PYBOX_OK;
    uint64_t capacity = needed + needed / 2 + 4096;
    if (capacity > LENGTH_MOST)
        capacity = LENGTH_MOST;
    uint8_t *grown = realloc(builder->bytes, capacity);
    if (grown == NULL)
        return error_set_memory("a package", capacity);
    builder->bytes = grown;
    builder->capacity = capacity;
    return PYBOX_OK;
}

static pybox_status build_reserve_header(struct package_builder *builder)
{
    if (builder->count == FILES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "packages together have too many files; expected at most %u", FILES_MOST);
    if (builder->count < builder->header_capacity)
        return PYBOX_OK;
    uint32_t capacity = builder->header_capacity == 0 ? 64 : builder->header_capacity * 2;
    uint32_t *grown = realloc(builder->headers, capacity * sizeof *grown);
    if (grown == NULL)
        return error_set_memory("a package's entries", capacity * sizeof *grown);
    builder->headers = grown;
    builder->header_capacity = capacity;
    return PYBOX_OK;
}

pybox_status package_builder_add(struct package_builder *builder, const char *name, size_t name_length, size_t size,
                                 uint8_t **contents)
{
    if (size > LENGTH_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "a file of a package is too large; expected less than 4 GiB");
    pybox_status status = build_reserve_header(builder);
    if (status == PYBOX_OK)
        status = build_reserve(builder, LOCAL_BYTES + name_length + (uint64_t)size);
    if (status != PYBOX_OK)
        return status;
    builder->headers[builder->count++] = (uint32_t)builder->length;
    uint8_t *local = builder->bytes + builder->length;
    memset(local, 0, LOCAL_BYTES);
    memcpy(local, "PK\3\4\12", 5);
    bytes_store_u32(local + 18, (uint32_t)size);
    bytes_store_u32(local + 22, (uint32_t)size);
    build_u16(local + 26, (uint32_t)name_length);
    memcpy(local + LOCAL_BYTES, name, name_length);
    *contents = local + LOCAL_BYTES + name_length;
    builder->length += LOCAL_BYTES + name_length + size;
    return PYBOX_OK;
}

pybox_status package_builder_put(struct package_builder *builder, const char *name, size_t name_length,
                                 const void *contents, size_t size)
{
    uint8_t *to;
    pybox_status status = package_builder_add(builder, name, name_length, size, &to);
    if (status == PYBOX_OK && size > 0)
        memcpy(to, contents, size);
    return status;
}

/* The time of all entries: Python goes by the times of folders to know whether what it remembers of them still holds,
 * so other contents, of which this is a checksum, get another time. Never that of an archive's root without entries. */
static void build_stamp(const struct package_builder *builder, uint64_t directory)
{
    uint32_t step = (uint32_t)crc32_z(0, builder->bytes + directory, builder->length - directory) % TIMES;
    uint32_t seconds = step % 30, minutes = step / 30 % 60, hours = step / 1800 % 24;
    uint32_t day = step / 43200 % DAYS + 1, month = step / 43200 / DAYS % 12 + 1, year = step / 43200 / DAYS / 12 + 1;
    uint8_t time[4];
    build_u16(time, hours << 11 | minutes << 5 | seconds);
    build_u16(time + 2, year << 9 | month << 5 | day);
    for (uint64_t at = directory, i = 0; i < builder->count; i++) {
        memcpy(builder->bytes + builder->headers[i] + 10, time, sizeof time);
        memcpy(builder->bytes + at + 12, time, sizeof time);
        at += CENTRAL_BYTES + (builder->bytes[at + 28] | (uint32_t)builder->bytes[at + 29] << 8);
    }
}

/* The central directory and its end. */
static pybox_status build_directory(struct package_builder *builder)
{
    uint64_t directory = builder->length, room = END_BYTES;
    for (uint32_t i = 0; i < builder->count; i++)
        room += CENTRAL_BYTES + (builder->bytes[builder->headers[i] + 26] |
                                 (uint32_t)builder->bytes[builder->headers[i] + 27] << 8);
    pybox_status status = build_reserve(builder, room);
    if (status != PYBOX_OK)
        return status;
    for (uint32_t i = 0; i < builder->count; i++) {
        uint8_t *local = builder->bytes + builder->headers[i];
        uint8_t *record = builder->bytes + builder->length;
        uint32_t name_length = local[26] | (uint32_t)local[27] << 8;
        const uint8_t *contents = local + LOCAL_BYTES + name_length;
        bytes_store_u32(local + 14, (uint32_t)crc32_z(0, contents, bytes_load_u32(local + 22)));
        memset(record, 0, CENTRAL_BYTES);
        memcpy(record, "PK\1\2\24\3\12", 7);
        memcpy(record + 12, local + 10, 16); /* time, date, checksum, sizes */
        build_u16(record + 28, name_length);
        bytes_store_u32(record + 38, MODE_FILE);
        bytes_store_u32(record + 42, builder->headers[i]);
        memcpy(record + CENTRAL_BYTES, local + LOCAL_BYTES, name_length);
        builder->length += CENTRAL_BYTES + name_length;
    }
    build_stamp(builder, directory);
    uint8_t *end = builder->bytes + builder->length;
    memset(end, 0, END_BYTES);
    memcpy(end, "PK\5\6", 4);
    build_u16(end + 8, builder->count);
    build_u16(end + 10, builder->count);
    bytes_store_u32(end + 12, (uint32_t)(builder->length - directory));
    bytes_store_u32(end + 16, (uint32_t)directory);
    builder->length += END_BYTES;
    return PYBOX_OK;
}

pybox_status package_builder_finish(struct package_builder *builder, const char *label, struct vfs_archive **archive)
{
    *archive = NULL;
    pybox_status status = build_directory(builder);
    if (status == PYBOX_OK) {
        uint8_t *fitting = realloc(builder->bytes, builder->length);
        if (fitting != NULL)
            builder->bytes = fitting;
        status = vfs_archive_open_owned(builder->bytes, builder->length, label, archive);
        builder->bytes = NULL; /* it is the archive's, or gone */
    }
    package_builder_free(builder);
    return status;
}

void package_builder_free(struct package_builder *builder)
{
    free(builder->bytes);
    free(builder->headers);
    *builder = (struct package_builder){0};
}
