#include "stack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "error.h"

#define GRAIN UINT64_C(65536)
#define HOST_PAGE_BYTES UINT64_C(4096)
#define MAX_STACK_BYTES (UINT64_C(4) << 30)
/* Idle stacks that are kept; the rest is unmapped. */
#define MAX_IDLE 16
/* An idle stack keeps this much of its touched memory; ordinary Python stays below. */
#define KEPT_BYTES (UINT64_C(256) << 10)
/*
 * Whether a run went deeper is seen in the bytes just below: they were zero, and no frames pass
 * there without writing some. A system call that tells it costs a microsecond. A guest that is made
 * to skip them is found out later: each so many runs the kernel is asked, about a page that stack
 * clash protection lets no frame skip.
 */
#define WATCHED_BYTES 1024u
#define RUNS_PER_QUESTION 64

struct stack_pool {
    pthread_mutex_t lock;
    uint64_t stack_bytes;
    atomic_uint given;
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
    *stack = (struct stack){start, start + STACK_GUARD_BYTES, start + span, start + span};
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

void stack_limit(struct stack *stack, uint64_t bytes)
{
    uint64_t all = (uint64_t)(stack->top - stack->low);
    stack->entry = bytes < all ? stack->low + ((bytes + 15) & ~UINT64_C(15)) : stack->top;
}

/* Whether a run has been deeper than `deep_end`. */
static int stack_was_deep(struct stack_pool *pool, uint8_t *deep_end)
{
    const uint8_t *watched = deep_end - WATCHED_BYTES;
    if (watched[0] != 0 || memcmp(watched, watched + 1, WATCHED_BYTES - 1) != 0)
        return 1;
    unsigned char resident = 0;
    /* Not the watched page itself: that is resident for having been looked at. */
    return atomic_fetch_add_explicit(&pool->given, 1, memory_order_relaxed) % RUNS_PER_QUESTION ==
               0 &&
           mincore(deep_end - 2 * HOST_PAGE_BYTES, HOST_PAGE_BYTES, &resident) == 0 &&
           (resident & 1) != 0;
}

/* Gives what lies deeper than KEPT_BYTES back to the kernel, if a run has been there. */
static void stack_trim(struct stack_pool *pool, const struct stack *stack)
{
    uint8_t *deep_end = stack->top - KEPT_BYTES;
    if (stack->entry != stack->top) /* all that the run touched may lie deep */
        (void)madvise(stack->low, (size_t)(stack->entry - stack->low), MADV_DONTNEED);
    else if ((uint64_t)(stack->top - stack->low) > KEPT_BYTES + 2 * HOST_PAGE_BYTES &&
        stack_was_deep(pool, deep_end))
        (void)madvise(stack->low, (size_t)(deep_end - stack->low), MADV_DONTNEED);
}

void stack_give(struct stack_pool *pool, struct stack *stack)
{
    if (stack->top == NULL)
        return;
    stack_trim(pool, stack);
    stack->entry = stack->top;
    pthread_mutex_lock(&pool->lock);
    int kept = pool->idle_count < MAX_IDLE;
    if (kept)
        pool->idle[pool->idle_count++] = *stack;
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        stack_unmap(stack);
    *stack = (struct stack){0};
}
