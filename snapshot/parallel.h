/* The same work on many numbered items, by several threads. */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "pybox.h"

#include <stdint.h>

#define PARALLEL_THREADS_LIMIT 64

/* Does item `item`. `worker` is the number of the thread (0 to threads - 1): what it may keep to
 * itself. Returns a status, with a message if it is not OK. */
typedef pybox_status parallel_function(void *context, unsigned worker, uint32_t item);

/* How many threads to use if the caller of the library asks for `asked` (0: as many as there are
 * processors that this thread may use, at most 4) and there are `items`, of which one thread is
 * worth some. At least 1. */
unsigned parallel_threads(unsigned asked, uint32_t items);

/*
 * Calls `function` once for each item from 0 to items - 1, by `threads` threads of which the caller
 * is one, and returns when all have ended. After a failure no new items are begun, and the failure
 * of the lowest item that failed is returned, with its message. If threads cannot be made, those
 * that there are do the work. Signals are not delivered to the other threads.
 */
pybox_status parallel_run(unsigned threads, uint32_t items, parallel_function *function,
                          void *context);

#endif
