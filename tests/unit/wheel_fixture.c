#include "wheel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "digest.h"

static void check(int good)
{
    if (!good)
        abort();
}

void wheel_fixture_start(struct wheel_fixture *wheel)
{
    memset(wheel, 0, sizeof *wheel);
}

struct wheel_file *wheel_fixture_add_bytes(struct wheel_fixture *wheel, const char *name, const void *bytes,
                                           size_t length)
{
    check(wheel->count < WHEEL_FILES && strlen(name) < sizeof wheel->files[0].name);
    struct wheel_file *file = &wheel->files[wheel->count++];
    strcpy(file->name, name);
    file->bytes = malloc(length + 1);
    check(file->bytes != NULL);
    if (length > 0)
        memcpy(file->bytes, bytes, length);
    file->length = length;
    return file;
}

struct wheel_file *wheel_fixture_add(struct wheel_fixture *wheel, const char *name, const char *text)
{
    return wheel_fixture_add_bytes(wheel, name, text, strlen(text));
}

void wheel_fixture_distribution(struct wheel_fixture *wheel, const char *name, const char *version, const char *more)
{
    char path[300], text[1000];
    wheel_fixture_start(wheel);
    snprintf(path, sizeof path, "%s-%s.dist-info/WHEEL", name, version);
    wheel_fixture_add(wheel, path, "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
    snprintf(path, sizeof path, "%s-%s.dist-info/METADATA", name, version);
    snprintf(text, sizeof text, "Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: a test\n%s\nName: of the text\n", name,
             version, more);
    wheel_fixture_add(wheel, path, text);
}

static void encode(const uint8_t digest[DIGEST_BYTES], char text[44])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t padded[33] = {0};
    memcpy(padded, digest, DIGEST_BYTES);
    for (int i = 0; i < 43; i++) {
        int bit = i * 6;
        uint32_t pair = (uint32_t)padded[bit / 8] << 8 | (bit / 8 < 32 ? padded[bit / 8 + 1] : 0);
        text[i] = digits[pair >> (10 - bit % 8) & 63];
    }
    text[43] = '\0';
}

void wheel_fixture_record(struct wheel_fixture *wheel, const char *stem)
{
    static char text[WHEEL_FILES * 500];
    char name[300], digest[44];
    uint8_t sum[DIGEST_BYTES];
    size_t used = 0;
    snprintf(name, sizeof name, "%s.dist-info/RECORD", stem);
    for (size_t i = 0; i < wheel->count; i++) {
        const struct wheel_file *file = &wheel->files[i];
        const char *quote = strchr(file->name, ',') != NULL ? "\"" : "";
        digest_bytes(file->bytes, file->length, sum);
        encode(sum, digest);
        if (!file->unlisted && file->name[strlen(file->name) - 1] != '/')
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s,sha256=%s,%zu\r\n", quote, file->name, quote,
                                     digest, file->length);
    }
    snprintf(text + used, sizeof text - used, "%s,,\n", name);
    wheel_fixture_add(wheel, name, text)->unlisted = 1;
}

static void append(struct wheel_fixture *wheel, const void *bytes, size_t length)
{
    wheel->bytes = realloc(wheel->bytes, wheel->length + length + 1);
    check(wheel->bytes != NULL);
    if (length > 0)
        memcpy(wheel->bytes + wheel->length, bytes, length);
    wheel->length += length;
}

void wheel_fixture_put(struct wheel_fixture *wheel, size_t offset, uint32_t value, int size)
{
    check(offset + (size_t)size <= wheel->length);
    for (int i = 0; i < size; i++)
        wheel->bytes[offset + (size_t)i] = (uint8_t)(value >> 8 * i);
}

static uint8_t *compress_raw(const struct wheel_file *file, size_t *length)
{
    z_stream stream = {0};
    uint8_t *out = malloc(file->length + 100);
    check(out != NULL && deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    stream.next_in = file->bytes;
    stream.avail_in = (uInt)file->length;
    stream.next_out = out;
    stream.avail_out = (uInt)file->length + 100;
    check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    *length = stream.total_out;
    deflateEnd(&stream);
    return out;
}

static void add_local(struct wheel_fixture *wheel, struct wheel_file *file)
{
    uint8_t *packed = file->deflated ? compress_raw(file, &file->stored) : NULL;
    if (packed == NULL)
        file->stored = file->length;
    file->local = wheel->length;
    append(wheel, "PK\3\4\24\0\0\0\0\0\0\0\41\0", 14);
    append(wheel, (uint8_t[16]){0}, 16);
    wheel_fixture_put(wheel, file->local + 8, file->deflated ? 8 : 0, 2);
    wheel_fixture_put(wheel, file->local + 14, (uint32_t)crc32_z(0, file->bytes, file->length), 4);
    wheel_fixture_put(wheel, file->local + 18, (uint32_t)file->stored, 4);
    wheel_fixture_put(wheel, file->local + 22, (uint32_t)file->length, 4);
    wheel_fixture_put(wheel, file->local + 26, (uint32_t)strlen(file->name), 2);
    append(wheel, file->name, strlen(file->name));
    file->data = wheel->length;
    append(wheel, packed != NULL ? packed : file->bytes, file->stored);
    free(packed);
}

static void add_central(struct wheel_fixture *wheel, struct wheel_file *file)
{
    file->central = wheel->length;
    append(wheel, "PK\1\2\24\3", 6);
    uint8_t middle[40] = {0};
    memcpy(middle, wheel->bytes + file->local + 4, 24); /* from the version to the length of the name */
    append(wheel, middle, sizeof middle);
    wheel_fixture_put(wheel, file->central + 42, (uint32_t)file->local, 4);
    append(wheel, file->name, strlen(file->name));
}

void wheel_fixture_end(struct wheel_fixture *wheel)
{
    for (size_t i = 0; i < wheel->count; i++)
        add_local(wheel, &wheel->files[i]);
    wheel->directory = wheel->length;
    for (size_t i = 0; i < wheel->count; i++)
        add_central(wheel, &wheel->files[i]);
    wheel->end = wheel->length;
    append(wheel, "PK\5\6", 4);
    append(wheel, (uint8_t[18]){0}, 18);
    wheel_fixture_put(wheel, wheel->end + 8, (uint32_t)wheel->count, 2);
    wheel_fixture_put(wheel, wheel->end + 10, (uint32_t)wheel->count, 2);
    wheel_fixture_put(wheel, wheel->end + 12, (uint32_t)(wheel->end - wheel->directory), 4);
    wheel_fixture_put(wheel, wheel->end + 16, (uint32_t)wheel->directory, 4);
}

void wheel_fixture_finish(struct wheel_fixture *wheel, const char *stem)
{
    wheel_fixture_record(wheel, stem);
    wheel_fixture_end(wheel);
}

void wheel_fixture_save(const struct wheel_fixture *wheel, const char *path)
{
    FILE *file = fopen(path, "wb");
    check(file != NULL && fwrite(wheel->bytes, 1, wheel->length, file) == wheel->length && fclose(file) == 0);
}

void wheel_fixture_free(struct wheel_fixture *wheel)
{
    for (size_t i = 0; i < wheel->count; i++)
        free(wheel->files[i].bytes);
    free(wheel->bytes);
    memset(wheel, 0, sizeof *wheel);
}
