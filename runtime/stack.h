/*
 * Native stacks for guest code. They belong to runs: taken from the engine's pool, given back at
 * the end. Mapped MAP_NORESERVE, touched on use; with vm.overcommit_memory=2 each one counts in
 * full.
 */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

#include "pybox.h"

/* Larger than MODULE_STACK_RESERVE plus any frame of the functions that module code calls. */
#define STACK_GUARD_BYTES UINT64_C(131072)

/* The addresses, from the low end: guard_start, inaccessible up to low, usable up to top. A run begins at `entry`,
 * which is the top unless stack_limit() moved it. */
struct stack {
    uint8_t *guard_start, *low, *top, *entry;
};

/* Any thread. */
struct stack_pool;

/* A pool of stacks of `stack_bytes` each (rounded up to 64 KiB), none of which exists yet.
 * Errors: ARGUMENT (0, or over 4 GiB), NO_MEMORY. */
pybox_status stack_pool_create(uint64_t stack_bytes, struct stack_pool **pool);

/* All stacks must have been given back. NULL is allowed. */
void stack_pool_destroy(struct stack_pool *pool);

/* A stack of the caller's own; its content is undefined. Errors: NO_MEMORY. */
pybox_status stack_take(struct stack_pool *pool, struct stack *stack);

/* The run that comes may use no more than `bytes` of it (rounded up to 16): it begins nearer to the guard. At least
 * 16 bytes. */
void stack_limit(struct stack *stack, uint64_t bytes);

/* Gives it back and zeroes *stack. Memory that a deep run has touched goes back to the kernel. */
void stack_give(struct stack_pool *pool, struct stack *stack);

#endif
