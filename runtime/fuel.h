/*
 * The account of a run's fuel. Module code counts down a slice in a register and asks for the next one when it
 * finds the register negative, so a slice is given out for two reasons: the run's fuel must not be exceeded
 * unnoticed, and somebody should look at the clocks every tenth of a millisecond.
 *
 * How the fuel is cut in slices depends on time, and nothing else does: `used` is exact, and a run finds itself
 * over its bound at the same check whatever the slices were. One exception: a run that ends by a fault in a
 * function that keeps the counter itself may have used up to a slice more (meter_local in aot/rt/module_meter.h).
 */
#ifndef FUEL_H
#define FUEL_H

#include <stdint.h>

/* As long as a slice is to take. */
#define FUEL_SLICE_NS 100000
/* Slices in units. At least: looking costs 0.1 us. At most: the rate at which fuel is used may fall to a
 * hundredth in the next moment, when the guest touches new memory. */
#define FUEL_SLICE_LEAST 20000
#define FUEL_SLICE_MOST 200000

struct fuel {
    uint64_t bound;   /* the guest may use this much; UINT64_MAX: no limit */
    uint64_t granted; /* by limits.fuel and refills, whatever the bound is now; UINT64_MAX: no limit */
    uint64_t used;    /* of all slices but the current one */
    int64_t slice;    /* the current one as it was given out */
    int64_t pace;     /* size of the next one */
    uint64_t began_ns; /* when the current one was given out, or 0 */
};

/* A new account, all of it to be used. */
void fuel_begin(struct fuel *fuel, uint64_t granted);

/* Ends the current slice, of which `*left` (env->fuel) is left, and sets that to 0. Returns how much of it was used. */
uint64_t fuel_settle(struct fuel *fuel, int64_t *left);

/* Adapts the pace to a slice that has used `spent` and ends now. */
void fuel_measure(struct fuel *fuel, uint64_t spent, uint64_t now_ns);

/* The next slice, after fuel_settle(): what env->fuel is to be. Negative if the guest is over its bound, so that its
 * next check finds that out. */
int64_t fuel_next(struct fuel *fuel);

/* Gives back what the guest has just paid, in this slice or the one before. */
static inline void fuel_give_back(struct fuel *fuel, uint64_t paid)
{
    fuel->used -= paid; /* below zero until the slice is settled, if it is the first: that is taken modulo 2^64 */
}

/* More of it, after a refill. */
void fuel_grant(struct fuel *fuel, uint64_t more);

/* `more` beyond what is used now, whatever was granted: for the grace of a run that is being stopped. */
void fuel_allow(struct fuel *fuel, uint64_t more);

/* The guest has used more than it may. After fuel_settle(). */
static inline int fuel_is_over(const struct fuel *fuel)
{
    return fuel->used > fuel->bound;
}

/* Used so far, when `left` is left of the current slice. */
static inline uint64_t fuel_used(const struct fuel *fuel, int64_t left)
{
    return fuel->used + (uint64_t)(fuel->slice - left);
}

/* What is left of the grants after fuel_settle(); UINT64_MAX without a limit. */
uint64_t fuel_left(const struct fuel *fuel);

#endif
