/* What a run has taken of the two clocks: wall-clock time, and CPU time of the thread it runs on. */
#ifndef RUN_CLOCK_H
#define RUN_CLOCK_H

#include <stdint.h>

#define RUN_CLOCK_NEVER UINT64_MAX

struct run_clock {
    uint64_t wall_start_ns; /* CLOCK_MONOTONIC, when the run began or was woken */
    uint64_t wall_before_ns; /* before that */
    uint64_t cpu_start_ns;  /* of the thread, since the run began or was gone on with */
    uint64_t cpu_before_ns; /* before that */
};

/* CLOCK_MONOTONIC in ns. */
uint64_t run_clock_now(void);

/* `ns` after `start_ns`, or RUN_CLOCK_NEVER if that is later than can be said. */
uint64_t run_clock_after(uint64_t start_ns, uint64_t ns);

void run_clock_start(struct run_clock *clock);

/* In between, CPU time of the thread is not the run's; wall-clock time is. On one thread. */
void run_clock_pause(struct run_clock *clock);
void run_clock_go_on(struct run_clock *clock);

/* In between, neither is the run's. On any thread. */
void run_clock_rest(struct run_clock *clock);
void run_clock_wake(struct run_clock *clock);

/* So far; in a pause or rest only at once behind its call. */
uint64_t run_clock_wall(const struct run_clock *clock);
uint64_t run_clock_cpu(const struct run_clock *clock);

#endif
