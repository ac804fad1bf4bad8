#include "fuel.h"

static uint64_t fuel_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void fuel_begin(struct fuel *fuel, uint64_t granted)
{
    *fuel = (struct fuel){.bound = granted, .granted = granted, .pace = FUEL_SLICE_LEAST};
}

uint64_t fuel_settle(struct fuel *fuel, int64_t *left)
{
    uint64_t spent = (uint64_t)(fuel->slice - *left);
    fuel->used += spent;
    fuel->slice = *left = 0;
    return spent;
}

void fuel_measure(struct fuel *fuel, uint64_t spent, uint64_t now_ns)
{
    if (fuel->began_ns != 0 && now_ns > fuel->began_ns) {
        /* No faster than fourfold: one slice says little of the next. */
        uint64_t most = (uint64_t)fuel->pace * 4;
        uint64_t pace = spent < UINT64_MAX / FUEL_SLICE_NS
                            ? spent * FUEL_SLICE_NS / (now_ns - fuel->began_ns)
                            : FUEL_SLICE_MOST;
        if (pace > most)
            pace = most;
        if (pace > FUEL_SLICE_MOST)
            pace = FUEL_SLICE_MOST;
        fuel->pace = pace < FUEL_SLICE_LEAST ? FUEL_SLICE_LEAST : (int64_t)pace;
    }
    fuel->began_ns = now_ns;
}

int64_t fuel_next(struct fuel *fuel)
{
    if (fuel_is_over(fuel)) {
        uint64_t over = fuel->used - fuel->bound;
        fuel->slice = over < INT64_MAX ? -(int64_t)over : -INT64_MAX;
    } else {
        uint64_t left = fuel->bound - fuel->used;
        fuel->slice = left < (uint64_t)fuel->pace ? (int64_t)left : fuel->pace;
    }
    return fuel->slice;
}

void fuel_grant(struct fuel *fuel, uint64_t more)
{
    fuel->granted = fuel_add(fuel->granted, more);
    fuel->bound = fuel->granted;
}

void fuel_allow(struct fuel *fuel, uint64_t more)
{
    fuel->bound = fuel_add(fuel->used, more);
}

uint64_t fuel_left(const struct fuel *fuel)
{
    if (fuel->granted == UINT64_MAX)
        return UINT64_MAX;
    return fuel->granted > fuel->used ? fuel->granted - fuel->used : 0;
}
