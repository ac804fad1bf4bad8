#include "zip_fixture.h"

#include <stdlib.h>
#include <string.h>

void zip_fixture_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void zip_fixture_put32(uint8_t *at, uint32_t value)
{
    zip_fixture_put16(at, value);
    zip_fixture_put16(at + 2, value >> 16);
}

static void append(struct zip_fixture *zip, const void *bytes, size_t length)
{
    while (zip->capacity - zip->length < length) {
        zip->capacity = zip->capacity == 0 ? 4096 : zip->capacity * 2;
        zip->bytes = realloc(zip->bytes, zip->capacity);
        if (zip->bytes == NULL)
            abort();
    }
    if (length > 0)
        memcpy(zip->bytes + zip->length, bytes, length);
    zip->length += length;
}

void zip_fixture_start(struct zip_fixture *zip)
{
    memset(zip, 0, sizeof *zip);
}

size_t zip_fixture_add(struct zip_fixture *zip, const char *name, const char *text)
{
    uint32_t size = (uint32_t)strlen(text), name_length = (uint32_t)strlen(name);
    uint8_t local[30] = "PK\3\4\12", *record = zip->central + zip->central_length;
    size_t at = zip->central_length;
    zip_fixture_put32(local + 18, size);
    zip_fixture_put32(local + 22, size);
    zip_fixture_put16(local + 26, name_length);
    memset(record, 0, 46);
    memcpy(record, "PK\1\2\24\3\12", 7);
    zip_fixture_put16(record + 12, 12 << 11 | 34 << 5 | 28);        /* 12:34:56 */
    zip_fixture_put16(record + 14, (2024 - 1980) << 9 | 2 << 5 | 29); /* 2024-02-29 */
    zip_fixture_put32(record + 20, size);
    zip_fixture_put32(record + 24, size);
    zip_fixture_put16(record + 28, name_length);
    zip_fixture_put32(record + 42, (uint32_t)zip->length);
    memcpy(record + 46, name, name_length);
    zip->central_length += 46 + name_length;
    append(zip, local, sizeof local);
    append(zip, name, name_length);
    append(zip, text, size);
    zip->count++;
    return at;
}

void zip_fixture_end(struct zip_fixture *zip)
{
    uint8_t end[22] = "PK\5\6";
    zip_fixture_put16(end + 8, zip->count);
    zip_fixture_put16(end + 10, zip->count);
    zip_fixture_put32(end + 12, (uint32_t)zip->central_length);
    zip_fixture_put32(end + 16, (uint32_t)zip->length);
    zip->central_at = zip->length;
    append(zip, zip->central, zip->central_length);
    zip->end_at = zip->length;
    append(zip, end, sizeof end);
}

void zip_fixture_free(struct zip_fixture *zip)
{
    free(zip->bytes);
}
