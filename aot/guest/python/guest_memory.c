/*
 * What <string.h> has for memory, instead of wasi-libc's, which goes by four bytes or by one: copies are WebAssembly's
 * own instructions, and searches and comparisons go by eight bytes. Compiled without the compiler's knowledge of these
 * functions, which would make calls of themselves of their loops.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ONES 0x0101010101010101u
#define TOPS 0x8080808080808080u

static inline uint64_t word_at(const unsigned char *at)
{
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof(word));
    return word;
}

/* The first (lowest) of the bytes that are 0 has its top bit set; those behind it may have theirs set too. */
static inline uint64_t zeros_in(uint64_t word)
{
    return (word - ONES) & ~word & TOPS;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    return __builtin_memcpy(to, from, length);
}

void *memmove(void *to, const void *from, size_t length)
{
    return __builtin_memmove(to, from, length);
}

void *memset(void *to, int value, size_t length)
{
    return __builtin_memset(to, value, length);
}

int memcmp(const void *left, const void *right, size_t length)
{
    const unsigned char *a = left, *b = right;
    for (; length >= 8; a += 8, b += 8, length -= 8) {
        uint64_t x = word_at(a), y = word_at(b);
        if (x != y) {
            int shift = __builtin_ctzll(x ^ y) & ~7;
            return (int)(x >> shift & 255) - (int)(y >> shift & 255);
        }
    }
    for (; length != 0; a++, b++, length--)
        if (*a != *b)
            return *a - *b;
    return 0;
}

void *memchr(const void *in, int value, size_t length)
{
    const unsigned char *at = in;
    const uint64_t wanted = (uint8_t)value * (uint64_t)ONES;
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t found = zeros_in(word_at(at) ^ wanted);
        if (found != 0)
            return (void *)(at + (__builtin_ctzll(found) >> 3));
    }
    for (; length != 0; at++, length--)
        if (*at == (uint8_t)value)
            return (void *)at;
    return NULL;
}

/* Words are aligned: none that begins within the memory reaches beyond its end. */
size_t strlen(const char *text)
{
    const char *at = text;
    for (; ((uintptr_t)at & 7) != 0; at++)
        if (*at == 0)
            return (size_t)(at - text);
    for (;; at += 8) {
        uint64_t found = zeros_in(word_at((const unsigned char *)at));
        if (found != 0)
            return (size_t)(at - text) + ((size_t)__builtin_ctzll(found) >> 3);
    }
}
