/* A keyed hash of a name: a guest that does not know the key cannot choose names that collide. */
#ifndef NAMEHASH_H
#define NAMEHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* A fresh key, never 0. */
static inline uint64_t namehash_key(void)
{
    uint64_t key;
    if (getrandom(&key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        key = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uintptr_t)&now;
    }
    return key | 1;
}

static inline uint64_t namehash_mix(uint64_t key, uint64_t hash, uint64_t word)
{
    __uint128_t product = (__uint128_t)(hash ^ word) * key;
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ 0x9e3779b97f4a7c15u;
}

/* The last 1 to 8 bytes as a number. Pieces may overlap: the length is part of the hash. */
static inline uint64_t namehash_tail(const char *name, size_t length)
{
    uint32_t low, high;
    if (length < 4)
        return (uint64_t)(uint8_t)name[0] | (uint64_t)(uint8_t)name[length / 2] << 8 |
               (uint64_t)(uint8_t)name[length - 1] << 16;
    memcpy(&low, name, sizeof low);
    memcpy(&high, name + length - sizeof high, sizeof high);
    return (uint64_t)high << 32 | low;
}

static inline uint32_t namehash(uint64_t key, uint64_t start, const char *name, size_t length)
{
    uint64_t hash = key ^ length ^ start << 32;
    for (; length > 8; name += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, name, sizeof word);
        hash = namehash_mix(key, hash, word);
    }
    if (length > 0)
        hash = namehash_mix(key, hash, namehash_tail(name, length));
    return (uint32_t)(hash ^ hash >> 32);
}

#endif
