#include "digest.h"

#include "bytes.h"
#include "digest_blocks.h"
#include "error.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static_assert(DIGEST_BYTES == SHA256_DIGEST_LENGTH, "libmd's SHA-256 writes DIGEST_BYTES");

#define READ_BYTES 65536

void digest_start(struct digest *digest)
{
    SHA256Init(&digest->state);
}

/* Whole blocks by the processor's instructions, where it has them. libmd counts bits, and keeps what is
 * less than a block. */
static size_t digest_add_blocks(SHA2_CTX *state, const uint8_t *bytes, size_t length)
{
    static atomic_int works; /* 0: not known yet; 1: no; 2: yes */
    int known = atomic_load_explicit(&works, memory_order_relaxed);
    if (known == 0) {
        known = 1 + digest_blocks_work();
        atomic_store_explicit(&works, known, memory_order_relaxed);
    }
    size_t blocks = length / SHA256_BLOCK_LENGTH;
    if (known == 1 || blocks == 0)
        return 0;
    digest_blocks(state->state.st32, bytes, blocks);
    state->bitcount[0] += (uint64_t)blocks * SHA256_BLOCK_LENGTH * 8;
    return blocks * SHA256_BLOCK_LENGTH;
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    SHA2_CTX *state = &digest->state;
    const uint8_t *from = bytes;
    size_t kept = (size_t)(state->bitcount[0] / 8 % SHA256_BLOCK_LENGTH), done = 0;
    if (kept > 0) {
        done = SHA256_BLOCK_LENGTH - kept < length ? SHA256_BLOCK_LENGTH - kept : length;
        SHA256Update(state, from, done);
    }
    if (length > done)
        done += digest_add_blocks(state, from + done, length - done);
    if (length > done)
        SHA256Update(state, from + done, length - done);
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
