#include "stack.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "error.h"

#define GRAIN UINT64_C(65536)
#define HOST_PAGE_BYTES UINT64_C(4096)
#define MAX_STACK_BYTES (UINT64_C(4) << 30)
/* Idle stacks that are kept; the rest is unmapped. */
#define MAX_IDLE 16
/* An idle stack keeps this much of its touched memory; ordinary Python stays below. */
#define KEPT_BYTES (UINT64_C(256) << 10)
/* As much below it is looked at to see whether a run went deeper: module code touches each page of
 * its frames (stack clash protection), so none of these is skipped. */
#define PROBE_PAGES 1

struct stack_pool {
    pthread_mutex_t lock;
    uint64_t stack_bytes;
    int idle_count; /* of idle[], under the lock */
    struct stack idle[MAX_IDLE];
};

pybox_status stack_pool_create(uint64_t stack_bytes, struct stack_pool **pool)
{
    *pool = NULL;
    if (stack_bytes == 0 || stack_bytes > MAX_STACK_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT, "a native stack of %llu bytes; expected 1 to 4 GiB",
                         (unsigned long long)stack_bytes);
    struct stack_pool *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("a pool of native stacks", sizeof *made);
    pthread_mutex_init(&made->lock, NULL);
    made->stack_bytes = (stack_bytes + GRAIN - 1) & ~(GRAIN - 1);
    *pool = made;
    return PYBOX_OK;
}

static void stack_unmap(const struct stack *stack)
{
    munmap(stack->guard_start, (size_t)(stack->top - stack->guard_start));
}

void stack_pool_destroy(struct stack_pool *pool)
{
    if (pool == NULL)
        return;
    for (int i = 0; i < pool->idle_count; i++)
        stack_unmap(&pool->idle[i]);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static pybox_status stack_map(uint64_t stack_bytes, struct stack *stack)
{
    size_t span = stack_bytes + STACK_GUARD_BYTES;
    /* MAP_STACK: newer kernels then use no huge pages, of which the first touch would clear 2 MiB.
     */
    uint8_t *start =
        mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (start != MAP_FAILED &&
        mprotect(start + STACK_GUARD_BYTES, stack_bytes, PROT_READ | PROT_WRITE) != 0) {
        munmap(start, span);
        start = MAP_FAILED;
    }
    if (start == MAP_FAILED)
        return error_set(
            PYBOX_ERROR_NO_MEMORY,
            "cannot map a native stack of %llu KiB: %m; lower stack_bytes of the engine, "
            "raise RLIMIT_AS (ulimit -v), or set vm.overcommit_memory to 0 or 1",
            (unsigned long long)(stack_bytes >> 10));
    (void)madvise(start + STACK_GUARD_BYTES, stack_bytes, MADV_NOHUGEPAGE); /* for older kernels */
    *stack = (struct stack){start, start + STACK_GUARD_BYTES, start + span};
    return PYBOX_OK;
}

pybox_status stack_take(struct stack_pool *pool, struct stack *stack)
{
    *stack = (struct stack){0};
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count > 0)
        *stack = pool->idle[--pool->idle_count]; /* the last one used: it is in the cache */
    pthread_mutex_unlock(&pool->lock);
    return stack->top != NULL ? PYBOX_OK : stack_map(pool->stack_bytes, stack);
}

/* Gives what lies deeper than KEPT_BYTES back to the kernel, if a run has been there. */
static void stack_trim(const struct stack *stack)
{
    if ((uint64_t)(stack->top - stack->low) <= KEPT_BYTES + PROBE_PAGES * HOST_PAGE_BYTES)
        return;
    uint8_t *deep_end = stack->top - KEPT_BYTES;
    unsigned char resident[PROBE_PAGES];
    if (mincore(deep_end - sizeof resident * HOST_PAGE_BYTES, sizeof resident * HOST_PAGE_BYTES,
                resident) == 0 &&
        (resident[0] & 1) != 0)
        (void)madvise(stack->low, (size_t)(deep_end - stack->low), MADV_DONTNEED);
}

void stack_give(struct stack_pool *pool, struct stack *stack)
{
    if (stack->top == NULL)
        return;
    stack_trim(stack);
    pthread_mutex_lock(&pool->lock);
    int kept = pool->idle_count < MAX_IDLE;
    if (kept)
        pool->idle[pool->idle_count++] = *stack;
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        stack_unmap(stack);
    *stack = (struct stack){0};
}
