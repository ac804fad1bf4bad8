#include "package_record.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "package_name.h"

/* A field that begins at `*at`, written without quotes to `*to` with a NUL behind it (never longer than it was).
 * Returns what ended it: ',', '\n', or '\0' for the end; -1 if it is malformed. `*at` is then behind that. */
static int record_field(const char **at, const char *end, char **to)
{
    int quoted = *at < end && **at == '"';
    *at += quoted;
    for (;;) {
        if (*at == end) {
            *(*to)++ = '\0';
            return quoted ? -1 : 0;
        }
        char c = *(*at)++;
        if (c == '\0')
            return -1;
        if (quoted && c == '"') {
            if (*at == end || **at != '"')
                break;
            (*at)++;
        } else if (!quoted && (c == ',' || c == '\n')) {
            *(*to)++ = '\0';
            return c;
        } else if (!quoted && c == '\r' && (*at == end || **at == '\n')) {
            continue;
        }
        *(*to)++ = c;
    }
    *(*to)++ = '\0';
    if (*at < end && **at == '\r')
        (*at)++;
    if (*at == end)
        return 0;
    char c = *(*at)++;
    return c == ',' || c == '\n' ? c : -1;
}

static int record_by_path(const void *a, const void *b)
{
    const struct package_record_line *one = a, *other = b;
    return package_name_compare(one->path, one->path_length, other->path, other->path_length);
}

static pybox_status record_bad(size_t line, const char *what)
{
    return error_set(PYBOX_ERROR_ARCHIVE, "its RECORD, line %zu: %s", line + 1, what);
}

/* Splits the text. Each line's three fields are no longer, with their NULs, than the line with its end and one byte. */
static pybox_status record_split(const char *text, size_t length, struct package_record *record, size_t room)
{
    const char *at = text, *end = text + length;
    char *to = record->text;
    while (at < end) {
        if (*at == '\n' || *at == '\r') { /* an empty line */
            at++;
            continue;
        }
        if (record->count == room)
            return record_bad(record->count, "more lines than the wheel has files");
        struct package_record_line *line = &record->lines[record->count];
        line->path = to;
        int ended = record_field(&at, end, &to);
        line->path_length = (size_t)(to - line->path) - 1;
        if (ended == ',') {
            line->digest = to;
            ended = record_field(&at, end, &to);
        }
        if (ended == ',') {
            line->size = to;
            ended = record_field(&at, end, &to);
        }
        if (ended == ',' || ended < 0 || line->size == NULL)
            return record_bad(record->count, "expected a path, a digest and a size");
        record->count++;
    }
    return PYBOX_OK;
}

pybox_status package_record_read(const char *text, size_t length, uint32_t most, struct package_record *record)
{
    size_t room = (size_t)most + 1000; /* generated files may be named that are not there: signatures */
    *record = (struct package_record){0};
    record->text = malloc(length + 3);
    record->lines = calloc(room, sizeof *record->lines);
    pybox_status status = record->text != NULL && record->lines != NULL
                              ? record_split(text, length, record, room)
                              : error_set_memory("a wheel's RECORD", length + room * sizeof *record->lines);
    if (status == PYBOX_OK)
        qsort(record->lines, record->count, sizeof *record->lines, record_by_path);
    for (size_t i = 1; i < record->count && status == PYBOX_OK; i++)
        if (record_by_path(&record->lines[i - 1], &record->lines[i]) == 0)
            status = error_set(PYBOX_ERROR_ARCHIVE, "its RECORD names %.200s twice", record->lines[i].path);
    if (status != PYBOX_OK)
        package_record_free(record);
    return status;
}

/* The digest in base64 for URLs without padding, as RECORD has it. 0, or -1 for an algorithm that is none of ours. */
static int record_digest(const char *algorithm, size_t length, const uint8_t *bytes, size_t size, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t digest[SHA512_DIGEST_LENGTH + 2] = {0};
    size_t digest_bytes;
    SHA2_CTX state;
    if (length == 6 && memcmp(algorithm, "sha256", 6) == 0) {
        digest_bytes = SHA256_DIGEST_LENGTH;
        SHA256Init(&state);
        SHA256Update(&state, bytes, size);
        SHA256Final(digest, &state);
    } else if (length == 6 && memcmp(algorithm, "sha384", 6) == 0) {
        digest_bytes = SHA384_DIGEST_LENGTH;
        SHA384Init(&state);
        SHA384Update(&state, bytes, size);
        SHA384Final(digest, &state);
    } else if (length == 6 && memcmp(algorithm, "sha512", 6) == 0) {
        digest_bytes = SHA512_DIGEST_LENGTH;
        SHA512Init(&state);
        SHA512Update(&state, bytes, size);
        SHA512Final(digest, &state);
    } else {
        return -1;
    }
    size_t used = 0;
    for (size_t i = 0; i < digest_bytes; i += 3) {
        uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 | digest[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            text[used++] = digits[group >> shift & 63];
    }
    text[(digest_bytes * 8 + 5) / 6] = '\0';
    return 0;
}

pybox_status package_record_check(struct package_record *record, const char *path, size_t path_length,
                                  const uint8_t *bytes, size_t length, const struct package_record_line **found)
{
    const struct package_record_line key = {.path = path, .path_length = path_length};
    const int shown = path_length < 200 ? (int)path_length : 200;
    struct package_record_line *line =
        record->count > 0 ? bsearch(&key, record->lines, record->count, sizeof key, record_by_path) : NULL;
    *found = line;
    if (line == NULL)
        return error_set(PYBOX_ERROR_ARCHIVE, "%.*s: it is not in the wheel's RECORD", shown, path);
    line->seen = 1;
    char text[(SHA512_DIGEST_LENGTH + 2) / 3 * 4 + 1], size[24];
    const char *equals = strchr(line->digest, '=');
    if (equals == NULL ||
        record_digest(line->digest, (size_t)(equals - line->digest), bytes, length, text) != 0)
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "%.*s: the wheel's RECORD has no digest of it by SHA-256, SHA-384 or SHA-512", shown, path);
    size_t digits = strlen(text);
    if (strncmp(equals + 1, text, digits) != 0 || equals[1 + digits + strspn(equals + 1 + digits, "=")] != '\0')
        return error_set(PYBOX_ERROR_ARCHIVE, "%.*s: its digest is not that of the wheel's RECORD", shown, path);
    snprintf(size, sizeof size, "%zu", length);
    if (line->size[0] != '\0' && strcmp(line->size, size) != 0)
        return error_set(PYBOX_ERROR_ARCHIVE, "%.*s: it has %zu bytes, and %.20s by the wheel's RECORD", shown, path,
                         length, line->size);
    return PYBOX_OK;
}

void package_record_free(struct package_record *record)
{
    free(record->text);
    free(record->lines);
    *record = (struct package_record){0};
}
