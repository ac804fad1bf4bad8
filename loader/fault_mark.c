#include "fault_mark.h"

#include <stdatomic.h>
#include <sys/resource.h>

#include "pagemap.h"

static uint64_t this_thread(void)
{
    static atomic_uint_least64_t last;
    static _Thread_local uint64_t number;
    if (number == 0)
        number = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return number;
}

struct fault_mark fault_mark_now(void)
{
    struct rusage use;
    if (getrusage(RUSAGE_THREAD, &use) != 0)
        return (struct fault_mark){0};
    return (struct fault_mark){pagemap_epoch(), this_thread(),
                               (uint64_t)use.ru_minflt + (uint64_t)use.ru_majflt};
}

int fault_mark_is_mine(const struct fault_mark *mark)
{
    return mark->epoch != 0 && mark->thread == this_thread() && mark->epoch == pagemap_epoch();
}

int fault_mark_is_quiet(const struct fault_mark *mark)
{
    if (!fault_mark_is_mine(mark))
        return 0;
    struct fault_mark now = fault_mark_now();
    return now.epoch == mark->epoch && now.faults == mark->faults;
}
