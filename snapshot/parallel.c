#include "parallel.h"

#include "error.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#define DEFAULT_THREADS 4
#define ITEMS_PER_THREAD                                                                           \
    16 /* fewer cost less than a thread: 16 chunks are about 1 ms of decoding */

struct work {
    parallel_function *function;
    void *context;
    uint32_t items;
    atomic_uint_least64_t next; /* 64 bits: it runs past `items` without wrapping */
    pthread_mutex_t lock;       /* of the fields below */
    uint32_t failed_item;
    pybox_status status;
    char message[1024];
};

struct worker {
    struct work *work;
    unsigned number;
    pthread_t thread;
};

unsigned parallel_threads(unsigned asked, uint32_t items)
{
    unsigned threads = asked;
    if (threads == 0) {
        cpu_set_t cpus;
        int count = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
        threads = count < DEFAULT_THREADS ? (unsigned)count : DEFAULT_THREADS;
    }
    if (threads > PARALLEL_THREADS_LIMIT)
        threads = PARALLEL_THREADS_LIMIT;
    uint32_t useful = items / ITEMS_PER_THREAD;
    if (threads > useful)
        threads = useful;
    return threads > 0 ? threads : 1;
}

static void work_fail(struct work *work, uint32_t item, pybox_status status)
{
    pthread_mutex_lock(&work->lock);
    if (work->status == PYBOX_OK || item < work->failed_item) {
        work->failed_item = item;
        work->status = status;
        snprintf(work->message, sizeof work->message, "%s", error_message());
    }
    pthread_mutex_unlock(&work->lock);
    atomic_store(&work->next, work->items);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct work *work = worker->work;
    for (;;) {
        uint64_t item = atomic_fetch_add(&work->next, 1);
        if (item >= work->items)
            return NULL;
        pybox_status status = work->function(work->context, worker->number, (uint32_t)item);
        if (status != PYBOX_OK)
            work_fail(work, (uint32_t)item, status);
    }
}

/* Starts workers 1 and up; returns how many workers there are. */
static unsigned work_start(struct worker *workers, unsigned threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    unsigned started = 1;
    while (started < threads &&
           pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

pybox_status parallel_run(unsigned threads, uint32_t items, parallel_function *function,
                          void *context)
{
    struct work work = {.function = function,
                        .context = context,
                        .items = items,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .status = PYBOX_OK};
    atomic_init(&work.next, 0);
    struct worker workers[PARALLEL_THREADS_LIMIT];
    for (unsigned i = 0; i < threads; i++)
        workers[i] = (struct worker){.work = &work, .number = i};
    unsigned started = work_start(workers, threads);
    worker_main(&workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_mutex_destroy(&work.lock);
    return work.status == PYBOX_OK ? PYBOX_OK : error_set(work.status, "%s", work.message);
}
