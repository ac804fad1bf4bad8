#include "checkpoint.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BYTES 4096u

/* Room for `more` slots. 0 or -1. */
static int reserve_slots(struct checkpoint_stack *stack, uint32_t more)
{
    uint64_t wanted = (uint64_t)stack->slots + more;
    if (wanted <= stack->slot_capacity)
        return 0;
    /* No more than an eighth beyond what is wanted: it is the larger part of a session's memory. */
    uint64_t capacity = stack->slots == 0 ? wanted : wanted + wanted / 8;
    if (capacity > UINT32_MAX)
        return -1;
    uint8_t *arena = realloc(stack->arena, capacity * SLOT_BYTES);
    if (arena == NULL)
        return -1;
    stack->arena = arena;
    stack->slot_capacity = (uint32_t)capacity;
    return 0;
}

static int reserve_checkpoint(struct checkpoint_stack *stack)
{
    if (stack->depth < stack->capacity)
        return 0;
    uint32_t capacity = stack->capacity * 2 + 2;
    struct checkpoint *grown = realloc(stack->checkpoints, capacity * sizeof *grown);
    if (grown == NULL)
        return -1;
    stack->checkpoints = grown;
    stack->capacity = capacity;
    return 0;
}

/* The map of a checkpoint with the pages of `below` and of `changed`, the latter in slots from
 * `slot` on; but a page that `below` has in a slot of `own` or above keeps that. NULL: no memory.
 * Stores the number of pages, and of slots that are new. */
static struct saved_page *merge_maps(const struct checkpoint *below, const struct page_set *changed,
                                     uint32_t own, uint32_t slot, uint32_t *count,
                                     uint32_t *new_slots)
{
    uint32_t below_count = below != NULL ? below->saved_count : 0;
    struct saved_page *merged =
        malloc(((uint64_t)below_count + changed->count) * sizeof *merged + 1);
    if (merged == NULL)
        return NULL;
    uint32_t at = 0, to = 0, used = 0;
    for (uint32_t i = 0; i < changed->count; i++) {
        while (at < below_count && below->saved[at].page < changed->pages[i])
            merged[to++] = below->saved[at++];
        int there = at < below_count && below->saved[at].page == changed->pages[i];
        uint32_t place = there ? below->saved[at].slot : 0;
        at += (uint32_t)there;
        if (!there || place < own)
            place = slot + used++;
        merged[to++] = (struct saved_page){changed->pages[i], place};
    }
    while (at < below_count)
        merged[to++] = below->saved[at++];
    *count = to;
    *new_slots = used;
    return merged;
}

/* Copies the bytes of the changed pages into the slots that `saved` gives them. */
static void copy_pages(struct checkpoint_stack *stack, const uint8_t *base,
                       const struct saved_page *saved, const struct page_set *changed)
{
    for (uint32_t i = 0; i < changed->count; i++, saved++) {
        while (saved->page != changed->pages[i])
            saved++;
        memcpy(checkpoint_bytes(stack, saved->slot), base + (uint64_t)saved->page * SLOT_BYTES,
               SLOT_BYTES);
    }
}

int checkpoint_push(struct checkpoint_stack *stack, const uint8_t *base, uint64_t pages,
                    const struct page_set *changed)
{
    if (reserve_checkpoint(stack) != 0)
        return -1;
    struct checkpoint made = {.pages = pages, .first_slot = stack->slots};
    uint32_t new_slots;
    made.saved = merge_maps(checkpoint_top(stack), changed, UINT32_MAX, stack->slots,
                            &made.saved_count, &new_slots);
    if (made.saved == NULL || reserve_slots(stack, new_slots) != 0) {
        free(made.saved);
        return -1;
    }
    stack->slots += new_slots;
    copy_pages(stack, base, made.saved, changed);
    stack->checkpoints[stack->depth++] = made;
    return 0;
}

int checkpoint_replace(struct checkpoint_stack *stack, const uint8_t *base, uint64_t pages,
                       const struct page_set *changed)
{
    struct checkpoint *top = &stack->checkpoints[stack->depth - 1];
    uint32_t new_slots, count;
    struct saved_page *saved =
        merge_maps(top, changed, top->first_slot, stack->slots, &count, &new_slots);
    if (saved == NULL || reserve_slots(stack, new_slots) != 0) {
        free(saved);
        return -1;
    }
    stack->slots += new_slots;
    copy_pages(stack, base, saved, changed);
    free(top->saved);
    top->saved = saved;
    top->saved_count = count;
    top->pages = pages;
    return 0;
}

int checkpoint_own_pages(const struct checkpoint_stack *stack, struct page_set *set)
{
    const struct checkpoint *top = checkpoint_top(stack);
    for (uint32_t i = 0; i < top->saved_count; i++)
        if (top->saved[i].slot >= top->first_slot && page_set_add(set, top->saved[i].page, 1) != 0)
            return -1;
    return 0;
}

void checkpoint_pop(struct checkpoint_stack *stack)
{
    struct checkpoint *top = &stack->checkpoints[--stack->depth];
    stack->slots = top->first_slot;
    free(top->saved);
}

void checkpoint_trim(struct checkpoint_stack *stack)
{
    if (stack->slots == 0) {
        free(stack->arena);
        stack->arena = NULL;
        stack->slot_capacity = 0;
    } else if (stack->slots < stack->slot_capacity) {
        uint8_t *arena = realloc(stack->arena, (uint64_t)stack->slots * SLOT_BYTES);
        if (arena != NULL) {
            stack->arena = arena;
            stack->slot_capacity = stack->slots;
        }
    }
    if (stack->depth == 0) {
        free(stack->checkpoints);
        stack->checkpoints = NULL;
        stack->capacity = 0;
    }
}

void checkpoint_free(struct checkpoint_stack *stack)
{
    while (stack->depth > 0)
        checkpoint_pop(stack);
    free(stack->checkpoints);
    free(stack->arena);
    *stack = (struct checkpoint_stack){0};
}

uint64_t checkpoint_storage_bytes(const struct checkpoint_stack *stack)
{
    uint64_t bytes = (uint64_t)stack->slot_capacity * SLOT_BYTES +
                     stack->capacity * sizeof *stack->checkpoints;
    for (uint32_t i = 0; i < stack->depth; i++)
        bytes += stack->checkpoints[i].saved_count * sizeof *stack->checkpoints[i].saved;
    return bytes;
}
