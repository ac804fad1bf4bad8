#include "packed.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define WORD_BYTES 8u
#define WORDS (PAGE_BYTES / WORD_BYTES)
#define MOST_BYTES (PAGE_BYTES / 2)

struct packed_head {
    uint32_t page, runs;
};

struct packed_run {
    uint16_t first, count; /* words, which follow */
};

/* The first word from `word` on for which "they are equal" is `equal`. */
static uint32_t packed_find(const uint8_t *bytes, const uint8_t *base, uint32_t word, int equal)
{
    while (word < WORDS &&
           (memcmp(bytes + word * WORD_BYTES, base + word * WORD_BYTES, WORD_BYTES) == 0) != equal)
        word++;
    return word;
}

/* Packs a page into `room`, of MOST_BYTES. How many it takes; 0: more than there are. */
static size_t packed_encode(uint8_t *room, uint32_t page, const uint8_t *bytes, const uint8_t *base)
{
    struct packed_head head = {page, 0};
    size_t used = sizeof head;
    for (uint32_t word = packed_find(bytes, base, 0, 0); word < WORDS;
         word = packed_find(bytes, base, word, 0)) {
        const uint32_t end = packed_find(bytes, base, word, 1);
        const struct packed_run run = {(uint16_t)word, (uint16_t)(end - word)};
        const size_t length = run.count * WORD_BYTES;
        if (length > MOST_BYTES - sizeof run || used > MOST_BYTES - sizeof run - length)
            return 0;
        memcpy(room + used, &run, sizeof run);
        memcpy(room + used + sizeof run, bytes + word * WORD_BYTES, length);
        used += sizeof run + length;
        head.runs++;
        word = end;
    }
    memcpy(room, &head, sizeof head);
    return used;
}

enum packed_result packed_add(struct packed *packed, uint32_t page, const uint8_t *bytes,
                              const uint8_t *base)
{
    uint8_t room[MOST_BYTES];
    const size_t used = packed_encode(room, page, bytes, base);
    if (used == 0)
        return PACKED_NOT_WORTH;
    if (packed->capacity - packed->length < used) {
        const size_t capacity = packed->capacity * 2 + 2 * MOST_BYTES;
        uint8_t *grown = realloc(packed->bytes, capacity);
        if (grown == NULL)
            return PACKED_NO_MEMORY;
        packed->bytes = grown;
        packed->capacity = capacity;
    }
    memcpy(packed->bytes + packed->length, room, used);
    packed->length += used;
    return PACKED_ADDED;
}

void packed_fit(struct packed *packed)
{
    uint8_t *smaller = packed->length > 0 ? realloc(packed->bytes, packed->length) : NULL;
    if (smaller != NULL) {
        packed->bytes = smaller;
        packed->capacity = packed->length;
    }
}

void packed_apply(struct packed *packed, uint8_t *memory)
{
    for (size_t at = 0; at < packed->length;) {
        struct packed_head head;
        memcpy(&head, packed->bytes + at, sizeof head);
        at += sizeof head;
        for (uint32_t i = 0; i < head.runs; i++) {
            struct packed_run run;
            memcpy(&run, packed->bytes + at, sizeof run);
            at += sizeof run;
            memcpy(memory + (uint64_t)head.page * PAGE_BYTES + run.first * WORD_BYTES, packed->bytes + at,
                   run.count * WORD_BYTES);
            at += run.count * WORD_BYTES;
        }
    }
    packed_free(packed);
}

void packed_free(struct packed *packed)
{
    free(packed->bytes);
    *packed = (struct packed){0};
}
