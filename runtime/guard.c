#include "guard.h"

#include <string.h>

#include "box.h"
#include "generator.h"
#include "host_frame.h"

/* With a limit of CPU time, that clock is looked at when so much has passed on the other one: to ask it takes a
 * system call. */
#define CPU_LOOK_NS 100000

#define MOVED_BYTES_A_UNIT 16

/* What calling an import costs the guest (aot/meter/costs.def: the call and METER_COST_HOST_CALL). */
#define GUARD_IMPORT_FUEL 504

/* A module that is not metered leaves the register as it is, or has something else in it. */
uint64_t guard_settle(struct pybox_box *box)
{
    if (!box->module->metered)
        box->env.fuel = box->fuel.slice;
    return fuel_settle(&box->fuel, &box->env.fuel);
}

/* ------------------------------------------------------------------------------------------
 * Calls of the guest within a host call
 */

int guard_call_nested(struct pybox_box *box, enum guest_export which, uint64_t *values)
{
    const struct module_export *export = box->module->guest[which];
    const enum box_phase phase = box->phase;
    void *const guest_stack = box->env.guest_stack;
    uint32_t trap = 0;
    if (export == NULL)
        return 0;
    box->phase = BOX_NESTED;
    box->env.fuel = GUARD_NESTED_FUEL;
    pybox_status status = box_call(box, export, values, &trap);
    box->env.fuel = 0;
    box->env.stop = 0;
    box->env.guest_stack = guest_stack;
    box->phase = phase;
    return status == PYBOX_OK && trap == 0;
}

/* Tells the guest to raise an exception, or GUEST_STOP_NONE. Whether it heard. */
static int guard_tell(struct pybox_box *box, uint32_t kind)
{
    uint64_t values[1] = {kind};
    int heard = guard_call_nested(box, GUEST_STOP, values);
    box->stop.told = heard && kind != GUEST_STOP_NONE;
    return heard;
}

void guard_find_place(struct pybox_box *box, struct stop_place *place)
{
    uint64_t values[1] = {0};
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    place->file[0] = place->function[0] = '\0';
    place->line = 0;
    if (!guard_call_nested(box, GUEST_WHERE, values))
        return;
    const struct guest_memory memory = box_memory(box);
    if (guest_read_reply(&memory, (uint32_t)values[0], &reply, texts) != PYBOX_OK ||
        reply.kind != GUEST_REPLY_WHERE)
        return;
    guest_text_copy_line(place->file, sizeof place->file, &texts[0]);
    guest_text_copy_line(place->function, sizeof place->function, &texts[1]);
    place->line = guest_text_number(&texts[2]);
}

/* ------------------------------------------------------------------------------------------
 * The two steps
 */

/* The second: the guest is not returned to. */
static void guard_cut(struct pybox_box *box, enum stop_cause cause, enum stop_end end)
{
    struct stop *stop = &box->stop;
    if (stop->cause == STOP_NOTHING)
        stop->cause = cause;
    stop->end = end;
    stop->step = STOP_CUT;
    if (box->phase == BOX_RUN)
        guard_find_place(box, &stop->cut);
    box->env.stop = MODULE_TRAP_LIMIT;
}

/* The first one: the guest is told, and has its grace. One that cannot be told is cut. */
static void guard_stop(struct pybox_box *box, enum stop_cause cause)
{
    struct stop *stop = &box->stop;
    stop->cause = cause;
    guard_find_place(box, &stop->reached);
    if (!guard_tell(box, stop_guest_kind(cause))) {
        guard_cut(box, cause, STOP_END_OTHER);
        return;
    }
    /* What fuel decides, a busy machine must not: there time is only to end a guest that waits. */
    uint64_t grace_ns = box->run_limits.grace_ns;
    if (cause == STOP_FUEL || box->profiling)
        grace_ns = grace_ns > UINT64_MAX / GUARD_FUEL_PATIENCE ? UINT64_MAX
                                                               : grace_ns * GUARD_FUEL_PATIENCE;
    stop->step = STOP_GRACE;
    stop->grace_ns = grace_ns;
    stop->deadline_ns = run_clock_after(run_clock_now(), grace_ns);
    /* Writing a profile down takes fuel and time by its size; both are still bounded. */
    uint64_t grace_fuel = box->run_limits.grace_fuel;
    if (box->profiling)
        grace_fuel += grace_fuel > UINT64_MAX - GUARD_PROFILE_FUEL ? 0 : GUARD_PROFILE_FUEL;
    fuel_allow(&box->fuel, grace_fuel);
}

/* Asks the host for more fuel. 0: the run is to be stopped; else it goes on, or waits if env->stop says so. */
static int guard_refill(struct pybox_box *box)
{
    const int is_nested = host_frame_in_nested_run(box);
    if (box->refill == NULL && !is_nested)
        return 0;
    run_clock_pause(&box->clock);
    uint64_t more = box->refill != NULL ? box->refill(box->refill_context, box, box->fuel.used)
                                        : host_frame_refill(box);
    run_clock_go_on(&box->clock);
    if (more == PYBOX_REFILL_YIELD && is_nested)
        return 0; /* it cannot wait */
    if (more == PYBOX_REFILL_YIELD)
        box->env.stop = MODULE_TRAP_YIELD;
    else
        fuel_grant(&box->fuel, more);
    return more != 0;
}

/* ------------------------------------------------------------------------------------------
 * Looking at a run
 */

static int guard_cpu_is_used(const struct pybox_box *box)
{
    return box->run_limits.cpu_ns != PYBOX_UNLIMITED &&
           run_clock_cpu(&box->clock) >= box->run_limits.cpu_ns;
}

static void guard_look_at_going(struct pybox_box *box, int at_check, uint64_t now_ns)
{
    unsigned asked = stop_take_asked(&box->stop);
    if (asked & STOP_ASKED_CUT) {
        guard_cut(box, STOP_INTERRUPT, STOP_END_OTHER);
        return;
    }
    if (asked & STOP_ASKED_STOP) {
        guard_stop(box, STOP_INTERRUPT);
        return;
    }
    if (asked & STOP_ASKED_KEYBOARD) {
        box->stop.keyboard = 1;
        if (!guard_tell(box, GUEST_STOP_KEYBOARD)) {
            guard_cut(box, STOP_INTERRUPT, STOP_END_OTHER);
            return;
        }
        box->stop.is_unseen = !at_check;
    }
    if (at_check && fuel_is_over(&box->fuel)) {
        if (!guard_refill(box))
            guard_stop(box, STOP_FUEL);
    } else if (now_ns >= box->stop.deadline_ns) {
        guard_stop(box, STOP_WALL);
    } else if (guard_cpu_is_used(box)) {
        guard_stop(box, STOP_CPU);
    }
}

static void guard_look_at_grace(struct pybox_box *box, int at_check, uint64_t now_ns)
{
    if (stop_take_asked(&box->stop) & STOP_ASKED_CUT)
        guard_cut(box, STOP_INTERRUPT, STOP_END_OTHER);
    else if (at_check && fuel_is_over(&box->fuel))
        guard_cut(box, STOP_NOTHING, STOP_END_FUEL);
    else if (now_ns >= box->stop.deadline_ns)
        guard_cut(box, STOP_NOTHING, STOP_END_TIME);
}

/* The slice ends; the run is looked at, and gets the next one unless env->stop is set. Fuel counts `at_check`s of
 * module code only, so that a run ends at the same point however often it is looked at. */
static void guard_look(struct pybox_box *box, int at_check)
{
    const uint64_t now_ns = run_clock_now();
    if (at_check)
        box->stop.is_unseen = 0;
    fuel_measure(&box->fuel, guard_settle(box), now_ns);
    if (box->phase == BOX_SETUP) {
        if ((at_check && fuel_is_over(&box->fuel)) || now_ns >= box->stop.deadline_ns)
            guard_cut(box, STOP_SETUP, STOP_END_OTHER);
    } else if (box->stop.step == STOP_GRACE) {
        guard_look_at_grace(box, at_check, now_ns);
    } else {
        guard_look_at_going(box, at_check, now_ns);
    }
    if (box->env.stop == 0)
        box->env.fuel = fuel_next(&box->fuel);
}

/* After an import: whether to look before the slice is used up. Imports may wait, and a module that is not metered
 * has no slices. */
static int guard_is_due(const struct pybox_box *box)
{
    const struct stop *stop = &box->stop;
    if (atomic_load_explicit(&stop->asked, memory_order_relaxed) != 0)
        return 1;
    int cpu = box->run_limits.cpu_ns != PYBOX_UNLIMITED;
    if (stop->deadline_ns == RUN_CLOCK_NEVER && !cpu)
        return 0;
    uint64_t now_ns = run_clock_now();
    return now_ns >= stop->deadline_ns || (cpu && now_ns - box->fuel.began_ns >= CPU_LOOK_NS);
}

/* ------------------------------------------------------------------------------------------
 * Host calls
 */

/* Imports pay by length too, at the price of memory.copy (aot/meter/costs.def); WASI's calls by the prices of their
 * table. What that takes beyond the slice is found at the next check. */
void guard_charge_moved(struct pybox_box *box, uint64_t bytes)
{
    box->env.fuel -= (int64_t)(bytes / MOVED_BYTES_A_UNIT);
}

/* Before an import that counts as a host call: whether it may be made. */
static int guard_count_import(struct pybox_box *box)
{
    if (box->phase == BOX_NESTED) {
        box->env.stop = MODULE_TRAP_LIMIT;
        return 0;
    }
    if (box->phase == BOX_RUN && box->host_calls++ >= box->run_limits.host_calls) {
        box->host_calls--; /* it was not made */
        guard_settle(box);
        guard_cut(box, STOP_HOST_CALLS, STOP_END_OTHER);
        return 0;
    }
    return 1;
}

/* After one that has set env->stop, or not. */
static void guard_leave_import(struct pybox_box *box)
{
    const struct module_env *env = &box->env;
    if (env->stop == MODULE_TRAP_OUTPUT_FULL) {
        guard_settle(box);
        guard_cut(box, STOP_OUTPUT, STOP_END_OTHER);
    } else if (env->stop == 0 && guard_is_due(box)) {
        guard_look(box, 0);
    }
}

static void guard_import(struct pybox_box *box, uint32_t import, uint64_t *values)
{
    if (!guard_count_import(box))
        return;
    if (box->module->calls[import] != NULL) {
        const struct wasi_memory memory = {box->memory.base, memory_bytes(&box->memory)};
        wasi_call_run(box->module->calls[import], box->wasi, &memory, values);
        box->env.fuel -= (int64_t)wasi_take_fuel(box->wasi);
        box->env.stop = wasi_stop(box->wasi);
    } else {
        box->module->host_imports[import]->function(box, values);
    }
    guard_leave_import(box);
}

/* After a restore a generator of the guest's is to give other numbers. That is not charged, but for so few that it
 * gives no guest time for nothing. */
void guard_random_renew(struct pybox_box *box, uint64_t *values)
{
    const int is_free = box->phase != BOX_NESTED && box->renewals < GUEST_RENEWALS;
    if (is_free) {
        box->renewals++;
        if (box->module->metered)
            fuel_give_back(&box->fuel, GUARD_IMPORT_FUEL);
    } else if (!guard_count_import(box)) {
        return;
    }
    const struct guest_memory memory = box_memory(box);
    const uint32_t filled = generator_renew(&memory, box->wasi, values);
    if (!is_free)
        guard_charge_moved(box, filled);
    box->env.stop = wasi_stop(box->wasi);
    guard_leave_import(box);
}

void guard_fuel_used(struct pybox_box *box, uint64_t *values)
{
    values[0] = 0;
    if (box->module->metered)
        values[0] = host_frame_fuel_around(box) +
                    (box->phase == BOX_NESTED ? box->fuel.used : fuel_used(&box->fuel, box->env.fuel));
}

void guard_host_call(struct module_env *env, uint32_t import, uint64_t *values)
{
    struct pybox_box *box = (struct pybox_box *)env;
    if (import == MODULE_CALL_FUEL) {
        if (box->phase != BOX_NESTED)
            guard_look(box, 1);
        else if (env->fuel < 0)
            env->stop = MODULE_TRAP_LIMIT;
    } else if (import == MODULE_CALL_MEMORY_GROW) {
        values[0] = memory_grow(&box->memory, values[0]);
    } else {
        const struct host_import *host = box->module->host_imports[import];
        if (host != NULL && host->is_look)
            host->function(box, values);
        else
            guard_import(box, import, values);
    }
}

int guard_sleep(void *context, uint64_t deadline_ns)
{
    struct pybox_box *box = context;
    uint64_t limit_ns = box->stop.deadline_ns;
    if (box->stop.is_unseen) { /* the guest has not got to where it raises what it was told */
        box->stop.is_unseen = 0;
        return 0;
    }
    /* An event loop that goes back to sleep would never get to where the stop is raised. */
    if (box->stop.step == STOP_GRACE && box->stop.naps < GUARD_NAPS) {
        box->stop.naps++;
        return 0;
    }
    stop_sleep(&box->stop, deadline_ns < limit_ns ? deadline_ns : limit_ns);
    return 0;
}

/* ------------------------------------------------------------------------------------------
 * Phases
 */

static void guard_begin(struct pybox_box *box, enum box_phase phase, uint64_t fuel,
                        uint64_t deadline_ns)
{
    box->phase = phase;
    box->stop.deadline_ns = deadline_ns;
    fuel_begin(&box->fuel, box->module->metered ? fuel : PYBOX_UNLIMITED);
    box->env.fuel = fuel_next(&box->fuel);
}

void guard_begin_start(struct pybox_box *box)
{
    guard_begin(box, BOX_SETUP, GUARD_START_FUEL, run_clock_after(run_clock_now(), GUARD_START_NS));
}

void guard_begin_setup(struct pybox_box *box)
{
    uint64_t ns = box->run_limits.wall_ns;
    if (ns < GUARD_SETUP_LEAST_NS)
        ns = GUARD_SETUP_LEAST_NS;
    if (ns > GUARD_SETUP_MOST_NS)
        ns = GUARD_SETUP_MOST_NS;
    guard_begin(box, BOX_SETUP, GUARD_SETUP_FUEL, run_clock_after(run_clock_now(), ns));
}

void guard_begin_run(struct pybox_box *box)
{
    const pybox_limits *limits = &box->run_limits;
    box->host_calls = 0;
    if (host_frame_in_nested_run(box))
        box->host_frame->has_account = 1;
    guard_begin(box, BOX_RUN, limits->fuel,
                limits->wall_ns == PYBOX_UNLIMITED
                    ? RUN_CLOCK_NEVER
                    : run_clock_after(box->clock.wall_start_ns, limits->wall_ns));
}

void guard_end_run(struct pybox_box *box, uint32_t trap)
{
    guard_settle(box);
    if (trap == MODULE_TRAP_EXHAUSTION && box->stop.cause == STOP_NOTHING)
        box->stop.cause = STOP_STACK;
    if (trap != 0 && trap != MODULE_TRAP_LIMIT && trap != MODULE_TRAP_EXIT)
        guard_find_place(box, &box->stop.cut);
    box->phase = BOX_SETUP;
}

pybox_status guard_forget(struct pybox_box *box)
{
    if (!box->stop.told || guard_tell(box, GUEST_STOP_NONE))
        return PYBOX_OK;
    return guest_broken("it cannot be told that its run is over");
}

uint32_t guard_resume(struct pybox_box *box, uint64_t fuel)
{
    box->env.stop = 0;
    if (fuel > 0) {
        fuel_grant(&box->fuel, fuel);
        guard_look(box, 1);
    } else {
        guard_stop(box, STOP_FUEL);
        if (box->env.stop == 0)
            box->env.fuel = fuel_next(&box->fuel);
    }
    return box->env.stop;
}

void guard_pause(struct pybox_box *box)
{
    guard_settle(box);
}

uint32_t guard_go_on(struct pybox_box *box, uint64_t more)
{
    box->env.stop = 0;
    if (more > 0)
        fuel_grant(&box->fuel, more);
    guard_look(box, 0); /* what has been asked for, and the clocks */
    return box->env.stop;
}

uint32_t guard_go_on_from(struct pybox_box *box, const struct fuel *fuel, uint64_t more)
{
    const uint64_t limit = box->run_limits.wall_ns, used = run_clock_wall(&box->clock);
    uint64_t deadline_ns = RUN_CLOCK_NEVER;
    if (limit != PYBOX_UNLIMITED)
        deadline_ns = run_clock_after(run_clock_now(), limit > used ? limit - used : 0);
    guard_begin(box, BOX_RUN, 0, deadline_ns);
    box->fuel = *fuel;
    box->fuel.slice = 0;
    box->fuel.began_ns = 0;
    box->env.fuel = 0;
    return guard_go_on(box, more);
}
