#include "stop.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest_abi.h"
#include "run_clock.h"

#define NANOSECONDS UINT64_C(1000000000)

void stop_begin(struct stop *stop)
{
    atomic_store(&stop->asked, 0);
    stop_begin_nested(stop);
}

void stop_begin_nested(struct stop *stop)
{
    stop->step = STOP_GOING;
    stop->cause = STOP_NOTHING;
    stop->end = STOP_END_NONE;
    stop->told = stop->keyboard = stop->is_unseen = 0;
    stop->naps = 0;
    stop->deadline_ns = RUN_CLOCK_NEVER;
    stop->reached.file[0] = stop->cut.file[0] = '\0';
    stop->reached.line = stop->cut.line = 0;
}

void stop_copy(struct stop *to, const struct stop *from)
{
    memcpy(&to->step, &from->step, sizeof *to - offsetof(struct stop, step));
}

void stop_ask(struct stop *stop, pybox_interrupt how)
{
    int saved = errno;
    atomic_fetch_or(&stop->asked, 1u << how);
    syscall(SYS_futex, &stop->asked, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

void stop_sleep(struct stop *stop, uint64_t until_ns)
{
    const struct timespec until = {
        .tv_sec = (time_t)(until_ns / NANOSECONDS),
        .tv_nsec = (long)(until_ns % NANOSECONDS),
    };
    while (atomic_load(&stop->asked) == 0)
        if (syscall(SYS_futex, &stop->asked, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, NULL,
                    FUTEX_BITSET_MATCH_ANY) != 0 &&
            errno != EINTR && errno != EAGAIN)
            return; /* ETIMEDOUT */
}

static const struct {
    const char *limit;
    pybox_outcome outcome;
    uint32_t guest_kind;
} causes[] = {
    [STOP_NOTHING] = {"", PYBOX_DONE, GUEST_STOP_NONE},
    [STOP_FUEL] = {"fuel", PYBOX_OUT_OF_FUEL, GUEST_STOP_FUEL},
    [STOP_WALL] = {"wall_ns", PYBOX_DEADLINE, GUEST_STOP_DEADLINE},
    [STOP_CPU] = {"cpu_ns", PYBOX_DEADLINE, GUEST_STOP_CPU},
    [STOP_INTERRUPT] = {"interrupt", PYBOX_INTERRUPTED, GUEST_STOP_INTERRUPT},
    [STOP_HOST_CALLS] = {"host_calls", PYBOX_LIMIT, GUEST_STOP_NONE},
    [STOP_OUTPUT] = {"output_bytes", PYBOX_OUTPUT_FULL, GUEST_STOP_NONE},
    [STOP_STACK] = {"stack_bytes", PYBOX_LIMIT, GUEST_STOP_NONE},
    [STOP_SETUP] = {"", PYBOX_TRAP, GUEST_STOP_NONE},
};

pybox_outcome stop_outcome(enum stop_cause cause)
{
    return causes[cause].outcome;
}

const char *stop_limit(enum stop_cause cause)
{
    return causes[cause].limit;
}

uint32_t stop_guest_kind(enum stop_cause cause)
{
    return causes[cause].guest_kind;
}
