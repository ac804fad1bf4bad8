/*
 * Pages as the few bytes in which they differ from others: what a Python that has run a little writes to a page is
 * mostly a reference count or two. Words of 8 bytes are compared.
 */
#ifndef PACKED_H
#define PACKED_H

#include <stddef.h>
#include <stdint.h>

/* Zeroes: no pages. Belongs to one thread at a time. */
struct packed {
    uint8_t *bytes; /* for each page: its number, how many runs of words, and the runs */
    size_t length, capacity;
};

enum packed_result {
    PACKED_ADDED,
    PACKED_NOT_WORTH, /* it would take more than half a page */
    PACKED_NO_MEMORY,
};

/* Adds page `page`, which holds the 4096 bytes `bytes`, as what differs from the 4096 bytes of `base`. */
enum packed_result packed_add(struct packed *packed, uint32_t page, const uint8_t *bytes,
                              const uint8_t *base);

/* Gives back what it does not use, if it can. */
void packed_fit(struct packed *packed);

/* Writes the words of all pages to the memory at `memory`, whose pages are those that they were compared with, and
 * empties it. */
void packed_apply(struct packed *packed, uint8_t *memory);

void packed_free(struct packed *packed);

#endif
