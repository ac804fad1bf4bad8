#include "digest.h"

#include "bytes.h"
#include "error.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static_assert(DIGEST_BYTES == SHA256_DIGEST_LENGTH, "libmd's SHA-256 writes DIGEST_BYTES");

#define READ_BYTES 65536

void digest_start(struct digest *digest)
{
    SHA256Init(&digest->state);
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
    if (length > 0)
        SHA256Update(&digest->state, bytes, length);
}

void digest_add_u32(struct digest *digest, uint32_t value)
{
    uint8_t bytes[4];
    bytes_store_u32(bytes, value);
    digest_add(digest, bytes, sizeof bytes);
}

void digest_add_u64(struct digest *digest, uint64_t value)
{
    uint8_t bytes[8];
    bytes_store_u64(bytes, value);
    digest_add(digest, bytes, sizeof bytes);
}

void digest_finish(struct digest *digest, uint8_t result[DIGEST_BYTES])
{
    SHA256Final(result, &digest->state);
}

void digest_bytes(const void *bytes, size_t length, uint8_t result[DIGEST_BYTES])
{
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, length);
    digest_finish(&digest, result);
}

pybox_status digest_file(int fd, uint8_t result[DIGEST_BYTES])
{
    memset(result, 0, DIGEST_BYTES);
    struct digest digest;
    digest_start(&digest);
    off_t at = 0;
    for (;;) {
        uint8_t bytes[READ_BYTES];
        ssize_t got = pread(fd, bytes, sizeof bytes, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_io(errno, "cannot read a file to compute its SHA-256");
        if (got == 0)
            break;
        digest_add(&digest, bytes, (size_t)got);
        at += got;
    }
    digest_finish(&digest, result);
    return PYBOX_OK;
}

char *digest_hex(const uint8_t digest[DIGEST_BYTES], char text[DIGEST_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < DIGEST_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * DIGEST_BYTES] = '\0';
    return text;
}

static int digest_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int digest_parse(const char *text, uint8_t digest[DIGEST_BYTES])
{
    uint8_t parsed[DIGEST_BYTES];
    memset(digest, 0, DIGEST_BYTES);
    for (int i = 0; i < DIGEST_BYTES; i++) {
        int high = digest_digit(text[2 * i]);
        int low = high < 0 ? -1 : digest_digit(text[2 * i + 1]);
        if (low < 0)
            return -1;
        parsed[i] = (uint8_t)(high << 4 | low);
    }
    if (text[2 * DIGEST_BYTES] != '\0')
        return -1;
    memcpy(digest, parsed, DIGEST_BYTES);
    return 0;
}
