/* The guest's process. */
#include "calls.h"

void proc_exit(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    wasi->exit_code = (int)(uint32_t)values[0];
    wasi->stop = WASI_STOP_EXIT;
}

void proc_raise(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)wasi;
    (void)memory;
    values[0] = WASI_ENOSYS; /* there are no signals */
}

void proc_sched_yield(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)wasi;
    (void)memory;
    values[0] = WASI_OK; /* a box has one thread: there is nobody to give way to */
}
