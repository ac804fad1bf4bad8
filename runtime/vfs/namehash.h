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

static inline uint32_t namehash(uint64_t key, uint64_t start, const char *name, size_t length)
{
    uint64_t hash = key ^ length ^ start << 32;
    while (length > 0) {
        size_t part = length < 8 ? length : 8;
        uint64_t word = 0;
        memcpy(&word, name, part);
        __uint128_t product = (__uint128_t)(hash ^ word) * key;
        hash = (uint64_t)product ^ (uint64_t)(product >> 64) ^ 0x9e3779b97f4a7c15u;
        name += part;
        length -= part;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

#endif
