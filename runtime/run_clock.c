#include "run_clock.h"

#include <time.h>

#define NANOSECONDS UINT64_C(1000000000)

static uint64_t run_clock_ask(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

uint64_t run_clock_now(void)
{
    return run_clock_ask(CLOCK_MONOTONIC);
}

uint64_t run_clock_after(uint64_t start_ns, uint64_t ns)
{
    return ns < RUN_CLOCK_NEVER - start_ns ? start_ns + ns : RUN_CLOCK_NEVER;
}

void run_clock_start(struct run_clock *clock)
{
    clock->wall_start_ns = run_clock_now();
    clock->wall_before_ns = clock->cpu_before_ns = 0;
    run_clock_go_on(clock);
}

void run_clock_pause(struct run_clock *clock)
{
    clock->cpu_before_ns = run_clock_cpu(clock);
    run_clock_go_on(clock);
}

void run_clock_go_on(struct run_clock *clock)
{
    clock->cpu_start_ns = run_clock_ask(CLOCK_THREAD_CPUTIME_ID);
}

void run_clock_rest(struct run_clock *clock)
{
    run_clock_pause(clock);
    clock->wall_before_ns = run_clock_wall(clock);
    clock->wall_start_ns = run_clock_now();
}

void run_clock_wake(struct run_clock *clock)
{
    clock->wall_start_ns = run_clock_now();
    run_clock_go_on(clock);
}

uint64_t run_clock_wall(const struct run_clock *clock)
{
    return clock->wall_before_ns + run_clock_now() - clock->wall_start_ns;
}

uint64_t run_clock_cpu(const struct run_clock *clock)
{
    return clock->cpu_before_ns + run_clock_ask(CLOCK_THREAD_CPUTIME_ID) - clock->cpu_start_ns;
}
