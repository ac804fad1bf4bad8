/*
 * Keeping guest code within its limits. There are no timers: module code comes by in a host call whenever its slice
 * of fuel is used up, and at every import. There the account is settled, the clocks and the requests of other
 * threads are looked at, and a run that is to stop is stopped in two steps: the guest is told, in a call of
 * its pybox_stop within the host call, and has a grace; then the host call does not return to it.
 *
 * A box's phase says what its guest code may use: in BOX_SETUP fixed allowances, in BOX_RUN the limits of the run, in
 * BOX_NESTED a little fuel and no imports.
 */
#ifndef GUARD_H
#define GUARD_H

#include "handles.h"

/* What env->host_call is. */
void guard_host_call(struct module_env *env, uint32_t import, uint64_t *values);

/* The import pybox.fuel_used: of the run so far. */
void guard_fuel_used(struct pybox_box *box, uint64_t *values);

/* The import pybox.random_renew: counts and looks itself, as the first ones after a restore cost nothing. */
void guard_random_renew(struct pybox_box *box, uint64_t *values);
/* Ends the slice of fuel: what was used of it, which is on the account now. */
uint64_t guard_settle(struct pybox_box *box);

/* An import has moved so many bytes between guest and host, or looked at them: it pays for them. */
void guard_charge_moved(struct pybox_box *box, uint64_t bytes);

/* The sleep hook of the shim: sleeps until then, or until the run is to be looked at. Returns 0. */
int guard_sleep(void *box, uint64_t deadline_ns);

/* Allowances. Starting a guest from nothing, and everything else that is done before, between and after runs; the time
 * of the latter is between the two, the run's own limit if it lies there. */
#define GUARD_START_FUEL UINT64_C(100000000000)
#define GUARD_START_NS UINT64_C(60000000000)
#define GUARD_SETUP_FUEL UINT64_C(4000000000)
#define GUARD_SETUP_LEAST_NS UINT64_C(1000000000)
#define GUARD_SETUP_MOST_NS UINT64_C(10000000000)
/* Of a nested call: about a millisecond. */
#define GUARD_NESTED_FUEL 1000000
/* The grace of a run that fuel has stopped, in time: so many times that of others. */
#define GUARD_FUEL_PATIENCE 200u
/* More of it for a run that is profiled: the largest profile takes about half of that to write. */
#define GUARD_PROFILE_FUEL UINT64_C(1000000000)
/* So many sleeps of a guest in its grace end at once. */
#define GUARD_NAPS 1000u

/* The guest code from now on starts it, sets up a run, or is the run. The clock of the run has been started. */
void guard_begin_start(struct pybox_box *box);
void guard_begin_setup(struct pybox_box *box);
void guard_begin_run(struct pybox_box *box);

/* Calls an export with a small allowance of its own, and without imports; whether it returned. Of a box at rest, or
 * in a host call when the account has been settled; nothing of the box's run is touched. */
int guard_call_nested(struct pybox_box *box, enum guest_export which, uint64_t *values);

/* The run is over, with that trap or 0: its account is settled. */
void guard_end_run(struct pybox_box *box, uint32_t trap);

/* Then, if the guest can still be called and its reply has been read: it forgets what it was told and has not raised.
 * Errors: GUEST (it does not). */
pybox_status guard_forget(struct pybox_box *box);

/* A pending run gets `fuel` more, or with 0 is told to stop. Returns 0 if the guest may be gone on with,
 * MODULE_TRAP_LIMIT if it is cut, MODULE_TRAP_YIELD if it waits again. */
uint32_t guard_resume(struct pybox_box *box, uint64_t fuel);

/* A run that has waited for the host goes on, with `more` fuel: on its native stack, or from the account that it had.
 * Returns 0, or MODULE_TRAP_LIMIT if it is cut. */
uint32_t guard_go_on(struct pybox_box *box, uint64_t more);
uint32_t guard_go_on_from(struct pybox_box *box, const struct fuel *fuel, uint64_t more);

/* The run is about to be left in a host call: its account is settled. */
void guard_pause(struct pybox_box *box);

/* Asks the guest where it is; `place` is empty if that cannot be told. In a host call, or after a trap. */
void guard_find_place(struct pybox_box *box, struct stop_place *place);

#endif
