/*
 * Pools. A pool has one box that is never run, its pattern, of which the others are clones, so that the host's
 * options need not be kept. Idle boxes have been rolled back. Takers that must wait stand in a queue, and what is
 * given back goes to the first of them: nobody overtakes.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "box.h"
#include "error.h"
#include "options.h"
#include "point.h"
#include "run_clock.h"

#define DEFAULT_MINIMUM_IDLE 1
#define DEFAULT_MAXIMUM 64
#define DEFAULT_IDLE_NS UINT64_C(60000000000)
#define MAX_BOXES (1u << 20)

#define NANOSECONDS UINT64_C(1000000000)

/* A taker that waits, on its own stack. */
struct waiter {
    struct waiter *next;
    pthread_cond_t woken;
    int served;     /* it has been given a box, or the right to make one */
    pybox_box *box; /* NULL: to make one */
};

struct idle_box {
    pybox_box *box;
    uint64_t since_ns;
};

struct pybox_pool {
    pthread_mutex_t pattern_lock; /* of the pattern alone: boxes are made outside of `lock` */
    pybox_box *pattern;
    pthread_mutex_t lock; /* of all that follows */
    uint32_t minimum_idle, maximum;
    uint64_t idle_ns;
    struct idle_box *idle; /* `maximum` of them: the first is idle for the longest time, the last is taken next */
    uint32_t idle_count, taken;
    struct waiter *first, **end;
    uint64_t takes, waits, created, evicted;
};

/* ------------------------------------------------------------------------------------------
 * Boxes of a pool
 */

static pybox_status pool_make_box(pybox_pool *pool, pybox_box **box)
{
    pthread_mutex_lock(&pool->pattern_lock);
    pybox_box *pattern = pool->pattern;
    const struct box_contexts contexts = {pattern->output.context, pattern->input_context,
                                           pattern->display.context};
    const enum point_kind origin = point_top_is(pattern, POINT_IMAGE) ? POINT_IMAGE : POINT_ORIGIN;
    pybox_status status = box_clone(pattern, &contexts, &origin, box);
    pthread_mutex_unlock(&pool->pattern_lock);
    if (status == PYBOX_OK)
        (*box)->keeps_set_up = 1;
    return status;
}

/* The box is as it was made, and holds nothing for its last user. */
static pybox_status pool_clean_box(const pybox_pool *pool, pybox_box *box)
{
    const pybox_box *pattern = pool->pattern;
    int above = 0;
    box_abandon(box);
    pybox_box_redirect(box, pattern->output.callback, pattern->output.context, pattern->display.callback,
                       pattern->display.context);
    result_reset(&box->result);
    output_trim(&box->output);
    display_reset(&box->display);
    rollback_enter(box->rollback);
    for (; box->top->lower != NULL; above = 1) {
        pybox_status status = point_drop(box);
        if (status != PYBOX_OK)
            return status;
    }
    return above || box->has_run || box->state != BOX_IDLE ? point_restore(box) : PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Under the lock
 */

/* Takes out a box that is idle for too long, for the caller to destroy; or NULL. */
static pybox_box *pool_evict(pybox_pool *pool, uint64_t now_ns)
{
    if (pool->idle_count <= pool->minimum_idle ||
        now_ns < run_clock_after(pool->idle[0].since_ns, pool->idle_ns))
        return NULL;
    pybox_box *box = pool->idle[0].box;
    pool->idle_count--;
    memmove(pool->idle, pool->idle + 1, pool->idle_count * sizeof *pool->idle);
    pool->evicted++;
    return box;
}

/* The first waiter gets the box, or with NULL the right to make one. Whether there was one. */
static int pool_serve(pybox_pool *pool, pybox_box *box)
{
    struct waiter *waiter = pool->first;
    if (waiter == NULL)
        return 0;
    pool->first = waiter->next;
    if (pool->first == NULL)
        pool->end = &pool->first;
    waiter->box = box;
    waiter->served = 1;
    pthread_cond_signal(&waiter->woken);
    return 1;
}

static void pool_leave_queue(pybox_pool *pool, const struct waiter *waiter)
{
    struct waiter **at = &pool->first;
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    if (waiter->next == NULL)
        pool->end = at;
}

/* Waits until served, or until then. Whether served. */
static int pool_wait(pybox_pool *pool, struct waiter *waiter, uint64_t until_ns)
{
    const struct timespec until = {
        .tv_sec = (time_t)(until_ns / NANOSECONDS),
        .tv_nsec = (long)(until_ns % NANOSECONDS),
    };
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *pool->end = waiter;
    pool->end = &waiter->next;
    pool->waits++;
    for (int late = 0; !waiter->served && !late;)
        late = (until_ns == RUN_CLOCK_NEVER
                    ? pthread_cond_wait(&waiter->woken, &pool->lock)
                    : pthread_cond_timedwait(&waiter->woken, &pool->lock, &until)) != 0;
    if (!waiter->served)
        pool_leave_queue(pool, waiter);
    pthread_cond_destroy(&waiter->woken);
    return waiter->served;
}

/* Finds an idle box, or with NULL the right to make one, which counts as taken. Errors: BUSY. */
static pybox_status pool_find(pybox_pool *pool, uint64_t now_ns, uint64_t wait_ns, pybox_box **box)
{
    *box = NULL;
    if (pool->idle_count > 0) {
        *box = pool->idle[--pool->idle_count].box;
        pool->taken++;
    } else if (pool->taken < pool->maximum) {
        pool->taken++;
    } else {
        struct waiter waiter = {0};
        if (wait_ns == 0 || !pool_wait(pool, &waiter, run_clock_after(now_ns, wait_ns)))
            return error_set(PYBOX_ERROR_BUSY,
                             "all %u boxes of the pool are taken; give one back, wait longer or raise "
                             "pybox_pool_options.maximum",
                             (unsigned)pool->maximum);
        *box = waiter.box;
    }
    pool->takes++;
    return PYBOX_OK;
}

/* A taken box is no more: another may be made in its place. */
static void pool_lose(pybox_pool *pool)
{
    if (!pool_serve(pool, NULL))
        pool->taken--;
}

/* ------------------------------------------------------------------------------------------
 * The public face
 */

pybox_status pybox_pool_take(pybox_pool *pool, uint64_t wait_ns, pybox_box **box)
{
    if (pool == NULL || box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "pool or box is NULL; expected both");
    const uint64_t now_ns = run_clock_now();
    pthread_mutex_lock(&pool->lock);
    pybox_status status = pool_find(pool, now_ns, wait_ns, box);
    pybox_box *old = pool_evict(pool, now_ns);
    pthread_mutex_unlock(&pool->lock);
    pybox_box_destroy(old);
    if (status != PYBOX_OK)
        return status;
    if (*box == NULL) {
        status = pool_make_box(pool, box);
        pthread_mutex_lock(&pool->lock);
        if (status == PYBOX_OK)
            pool->created++;
        else
            pool_lose(pool);
        pthread_mutex_unlock(&pool->lock);
    }
    if (status == PYBOX_OK)
        (*box)->pool = pool;
    return status;
}

void pybox_pool_give(pybox_pool *pool, pybox_box *box)
{
    if (pool == NULL || box == NULL || box->pool != pool || box->state == BOX_RUNNING)
        return; /* not one of those that were taken; or a host function of its own would give it */
    box->pool = NULL;
    const int good = pool_clean_box(pool, box) == PYBOX_OK;
    const uint64_t now_ns = run_clock_now();
    pthread_mutex_lock(&pool->lock);
    if (!good) {
        pool_lose(pool);
    } else if (!pool_serve(pool, box)) {
        pool->taken--;
        pool->idle[pool->idle_count++] = (struct idle_box){box, now_ns};
    }
    pybox_box *old = pool_evict(pool, now_ns);
    pthread_mutex_unlock(&pool->lock);
    pybox_box_destroy(old);
    if (!good)
        pybox_box_destroy(box);
}

void pybox_pool_describe(pybox_pool *pool, pybox_pool_statistics *statistics)
{
    if (pool == NULL || statistics == NULL)
        return;
    pybox_pool_statistics told = {.size = sizeof told};
    const size_t room = statistics->size;
    pthread_mutex_lock(&pool->lock);
    told.idle = pool->idle_count;
    told.taken = pool->taken;
    told.takes = pool->takes;
    told.waits = pool->waits;
    told.created = pool->created;
    told.evicted = pool->evicted;
    pthread_mutex_unlock(&pool->lock);
    memcpy(statistics, &told, room == 0 || room > sizeof told ? sizeof told : room);
    if (room != 0)
        statistics->size = room;
}

static pybox_status pool_choose(const pybox_pool_options *options, pybox_pool_options *chosen)
{
    pybox_status status =
        options_copy(chosen, sizeof *chosen, options, "pybox_pool_options");
    if (status != PYBOX_OK)
        return status;
    if (chosen->maximum == 0)
        chosen->maximum = DEFAULT_MAXIMUM;
    if (chosen->minimum_idle == 0)
        chosen->minimum_idle = DEFAULT_MINIMUM_IDLE;
    if (chosen->idle_ns == 0)
        chosen->idle_ns = DEFAULT_IDLE_NS;
    if (chosen->maximum > MAX_BOXES || chosen->minimum_idle > chosen->maximum)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "a pool of at least %u idle and at most %u boxes; expected at most %u, and no "
                         "more idle ones than that",
                         (unsigned)chosen->minimum_idle, (unsigned)chosen->maximum, MAX_BOXES);
    return PYBOX_OK;
}

static pybox_status pool_fill(pybox_pool *pool)
{
    const uint64_t now_ns = run_clock_now();
    while (pool->idle_count < pool->minimum_idle) {
        pybox_box *box;
        pybox_status status = pool_make_box(pool, &box);
        if (status != PYBOX_OK)
            return status;
        pool->created++;
        pool->idle[pool->idle_count++] = (struct idle_box){box, now_ns};
    }
    return PYBOX_OK;
}

pybox_status pybox_pool_create(pybox_module *module, pybox_image *image,
                               const pybox_box_options *options,
                               const pybox_pool_options *pool_options, pybox_pool **pool)
{
    if (module == NULL || pool == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module or pool is NULL; expected both");
    *pool = NULL;
    pybox_pool_options chosen = {0};
    pybox_status status = pool_choose(pool_options, &chosen);
    if (status != PYBOX_OK)
        return status;
    pybox_pool *made = calloc(1, sizeof *made);
    struct idle_box *idle = calloc(chosen.maximum, sizeof *idle);
    if (made == NULL || idle == NULL) {
        free(made);
        free(idle);
        return error_set_memory("a pool", sizeof *made + chosen.maximum * sizeof *idle);
    }
    pthread_mutex_init(&made->pattern_lock, NULL);
    pthread_mutex_init(&made->lock, NULL);
    made->minimum_idle = chosen.minimum_idle;
    made->maximum = chosen.maximum;
    made->idle_ns = chosen.idle_ns;
    made->idle = idle;
    made->end = &made->first;
    status = pybox_box_create(module, image, options, &made->pattern);
    if (status == PYBOX_OK)
        status = box_check_savable(made->pattern);
    if (status == PYBOX_OK)
        status = pool_fill(made);
    if (status != PYBOX_OK) {
        pybox_pool_destroy(made);
        return status;
    }
    *pool = made;
    return PYBOX_OK;
}

void pybox_pool_destroy(pybox_pool *pool)
{
    if (pool == NULL)
        return;
    for (uint32_t i = 0; i < pool->idle_count; i++)
        pybox_box_destroy(pool->idle[i].box);
    pybox_box_destroy(pool->pattern);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->pattern_lock);
    free(pool->idle);
    free(pool);
}
