/*
 * The stack of checkpoints of a memory: for each, which pages differed from the image and the bytes
 * they had. The bytes of all lie in one arena, each checkpoint's own behind those of the one below;
 * a page that did not change since the one below is shared with it.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "page_list.h"

struct saved_page {
    uint32_t page;
    uint32_t slot; /* of 4096 bytes in the arena */
};

struct checkpoint {
    uint64_t pages;           /* size of the memory, in wasm pages */
    struct saved_page *saved; /* by page, ascending: every page that differs from the image */
    uint32_t saved_count;
    uint32_t first_slot; /* its own slots start here */
};

/* Zeroes: empty. Belongs to one thread at a time. */
struct checkpoint_stack {
    struct checkpoint *checkpoints;
    uint32_t depth, capacity;
    uint8_t *arena;
    uint32_t slots, slot_capacity; /* used; there */
};

/* The top one, or NULL. */
static inline const struct checkpoint *checkpoint_top(const struct checkpoint_stack *stack)
{
    return stack->depth > 0 ? &stack->checkpoints[stack->depth - 1] : NULL;
}

static inline uint8_t *checkpoint_bytes(const struct checkpoint_stack *stack, uint32_t slot)
{
    return stack->arena + (uint64_t)slot * 4096;
}

/* A checkpoint of `pages` wasm pages on top, with the pages of `changed` as they are at `base` and
 * the others as in the one below. 0, or -1: no memory, nothing changed. */
int checkpoint_push(struct checkpoint_stack *stack, const uint8_t *base, uint64_t pages,
                    const struct page_set *changed);

/* Makes the top one what checkpoint_push() would have made, at its place. The same results. */
int checkpoint_replace(struct checkpoint_stack *stack, const uint8_t *base, uint64_t pages,
                       const struct page_set *changed);

/* Adds the pages that only the top one has in that state to `set`. 0, or -1: no memory. */
int checkpoint_own_pages(const struct checkpoint_stack *stack, struct page_set *set);

/* Takes the top one off. Its slots stay for the next. */
void checkpoint_pop(struct checkpoint_stack *stack);

/* Frees what no checkpoint uses. */
void checkpoint_trim(struct checkpoint_stack *stack);

/* Frees it all. */
void checkpoint_free(struct checkpoint_stack *stack);

/* What is allocated. */
uint64_t checkpoint_storage_bytes(const struct checkpoint_stack *stack);

#endif
