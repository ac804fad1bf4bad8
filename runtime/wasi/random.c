/* Random numbers: the kernel's, or with a fixed seed those of ChaCha20 (RFC 8439, section 2.3). */
#include <sys/random.h>

#include "calls.h"

#define BLOCK_BYTES 64u
#define PIECE_BYTES (1u << 20) /* how much is filled before the run is asked whether to go on */

static uint32_t rotate(uint32_t value, int by)
{
    return value << by | value >> (32 - by);
}

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 7);
}

/* Block number `counter` of the key's stream, with a nonce of zero (the counter has 64 bits). */
static void random_block(const uint32_t key[8], uint64_t counter, uint8_t block[BLOCK_BYTES])
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t x[16];
    memcpy(start + 4, key, 8 * sizeof *key);
    start[12] = (uint32_t)counter;
    start[13] = (uint32_t)(counter >> 32);
    memcpy(x, start, sizeof x);
    for (int round = 0; round < 10; round++) {
        quarter(x, 0, 4, 8, 12);
        quarter(x, 1, 5, 9, 13);
        quarter(x, 2, 6, 10, 14);
        quarter(x, 3, 7, 11, 15);
        quarter(x, 0, 5, 10, 15);
        quarter(x, 1, 6, 11, 12);
        quarter(x, 2, 7, 8, 13);
        quarter(x, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++)
        bytes_store_u32(block + (size_t)i * 4, x[i] + start[i]);
}

/* The key is the seed's next four numbers by splitmix64 (Steele, Lea and Flood, 2014). */
void random_seed(struct wasi *wasi, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t mixed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
        mixed ^= mixed >> 31;
        wasi->key[2 * i] = (uint32_t)mixed;
        wasi->key[2 * i + 1] = (uint32_t)(mixed >> 32);
    }
    wasi->random_bytes = 0;
}

static void random_fill_seeded(struct wasi *wasi, uint8_t *bytes, size_t length)
{
    while (length > 0) {
        uint8_t block[BLOCK_BYTES];
        size_t offset = wasi->random_bytes % BLOCK_BYTES;
        size_t part = BLOCK_BYTES - offset < length ? BLOCK_BYTES - offset : length;
        random_block(wasi->key, wasi->random_bytes / BLOCK_BYTES, block);
        memcpy(bytes, block + offset, part);
        wasi->random_bytes += part;
        bytes += part;
        length -= part;
    }
}

static int random_fill_fresh(uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return EIO;
        bytes += got;
        length -= (size_t)got;
    }
    return 0;
}

int random_fill(void *context, void *bytes, size_t length)
{
    struct wasi *wasi = context;
    for (size_t done = 0; done < length;) {
        size_t part = length - done < PIECE_BYTES ? length - done : PIECE_BYTES;
        if (wasi->seeded)
            random_fill_seeded(wasi, (uint8_t *)bytes + done, part);
        else if (random_fill_fresh((uint8_t *)bytes + done, part) != 0)
            wasi->stop = WASI_STOP_HOST;
        done += part;
        /* A deadline that has passed: the hook only says whether the run must end. */
        if (done < length && wasi->stop == WASI_STOP_NONE && wasi->sleep != NULL)
            wasi->stop = (uint32_t)wasi->sleep(wasi->context, 0);
        if (wasi->stop != WASI_STOP_NONE)
            return EIO;
    }
    return 0;
}

void wasi_random(struct wasi *wasi, void *bytes, size_t length)
{
    random_fill(wasi, bytes, length);
}

void random_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    uint32_t length = (uint32_t)values[1];
    uint8_t *bytes = guest_at(memory, values[0], length);
    wasi->moved_bytes = bytes == NULL ? 0 : length;
    values[0] = bytes == NULL ? WASI_EFAULT : errno_to_wasi(random_fill(wasi, bytes, length));
}
