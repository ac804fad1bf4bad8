/* Clocks. */
#include <time.h>

#include "calls.h"

#define NANOSECONDS 1000000000u

static uint64_t clock_ask(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

uint64_t clock_monotonic(struct wasi *wasi)
{
    return wasi->clock_fixed ? wasi->clock_ns : clock_ask(CLOCK_MONOTONIC);
}

int wasi_clock_is_fixed(const struct wasi *wasi)
{
    return wasi->clock_fixed;
}

/* The kernel, too, stamps files with the time of the last tick: it costs a fifth. */
uint64_t clock_now(void *context)
{
    const struct wasi *wasi = context;
    return wasi->clock_fixed ? wasi->clock_start_ns + wasi->clock_ns
                             : clock_ask(CLOCK_REALTIME_COARSE);
}

static uint64_t clock_time(struct wasi *wasi, uint32_t id)
{
    if (wasi->clock_fixed) {
        wasi->clock_ns += wasi->clock_step_ns;
        return wasi->clock_ns + (id == CLOCK_ID_REALTIME ? wasi->clock_start_ns : 0);
    }
    if (id == CLOCK_ID_REALTIME)
        return clock_ask(CLOCK_REALTIME);
    if (id == CLOCK_ID_MONOTONIC)
        return clock_ask(CLOCK_MONOTONIC);
    /* Of the box, not of the host's process: what passes between the questions of one run, added up. To ask the kernel
     * at the start of every run would cost more than a short run. Another thread's clock may be behind. */
    uint64_t now = clock_ask(CLOCK_THREAD_CPUTIME_ID);
    if (wasi->cpu_start_ns != 0 && now > wasi->cpu_start_ns)
        wasi->cpu_ns += now - wasi->cpu_start_ns;
    wasi->cpu_start_ns = now;
    return wasi->cpu_ns;
}

void clock_res_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    uint8_t *resolution;
    uint32_t id = (uint32_t)values[0];
    uint16_t error = guest_value(memory, values[1], 8, 8, &resolution);
    if (error == WASI_OK && id >= CLOCK_ID_COUNT)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        bytes_store_u64(resolution, wasi->clock_fixed ? wasi->clock_step_ns : 1);
    values[0] = error;
}

void clock_time_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    uint8_t *time;
    uint32_t id = (uint32_t)values[0];
    uint16_t error = guest_value(memory, values[2], 8, 8, &time);
    if (error == WASI_OK && id >= CLOCK_ID_COUNT)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        bytes_store_u64(time, clock_time(wasi, id));
    values[0] = error;
}
