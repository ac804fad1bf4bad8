/* Runs: from the host's call to the result, whatever the guest did. */
#include <string.h>

#include <cjson/cJSON.h>

#include "box.h"
#include "context.h"
#include "error.h"
#include "guard.h"
#include "host_frame.h"
#include "host_function.h"
#include "hot_pages.h"
#include "options.h"
#include "outcome.h"
#include "point.h"
#include "run.h"
#include "run_limits.h"
#include "run_request.h"

/* What a run has of its own, also if it is part of one around it. */
static void run_reset_own(pybox_box *box)
{
    box->refill = NULL;
    box->profiling = 0;
    box->host_calls = 0;
    result_reset(&box->result);
    run_clock_start(&box->clock);
}

void run_reset(struct pybox_box *box)
{
    box->has_run = 1;
    box->run_is_kept = 0;
    box->is_kept = 0;
    box->nested_end.is_set = 0;
    run_reset_own(box);
    output_reset(&box->output);
    display_reset(&box->display);
    box->output.limit_bytes = box->run_limits.output_bytes;
    wasi_reset(box->wasi);
}

/* One in a host function. */
static pybox_status run_begin_nested(pybox_box *box, pybox_limits *limits)
{
    pybox_status status = host_frame_begin_run(box, limits);
    if (status != PYBOX_OK)
        return status;
    box->run_limits = *limits;
    run_reset_own(box);
    stop_begin_nested(&box->stop);
    guard_begin_setup(box);
    return PYBOX_OK;
}

pybox_status run_begin(pybox_box *box, const pybox_limits *given)
{
    pybox_limits limits;
    pybox_status status = host_frame_check_run(box);
    if (status == PYBOX_OK)
        status = limits_choose(given, &box->limits, 1, "pybox_run.limits", &limits);
    if (status == PYBOX_OK)
        status = limits_check_module(&limits, box->module);
    if (status != PYBOX_OK)
        return status;
    if (box->state == BOX_RUNNING)
        return run_begin_nested(box, &limits);
    box->state = BOX_RUNNING;
    box->run_limits = limits;
    run_reset(box);
    stop_begin(&box->stop);
    rollback_enter(box->rollback);
    guard_begin_setup(box);
    return PYBOX_OK;
}

/* Arguments, environment, working directory. */
static pybox_status run_configure(pybox_box *box)
{
    const struct box_part part = {box->configuration, strlen(box->configuration)};
    uint64_t values[1] = {part.length};
    uint32_t trap;
    pybox_status status = box_put_request(box, &part, 1);
    if (status == PYBOX_OK)
        status = box_call(box, box->module->guest[GUEST_CONFIGURE], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return error_set(PYBOX_ERROR_GUEST, "the guest failed before the run: %s",
                         box_trap_text(trap));
    status = outcome_of_reply(box, (uint32_t)values[0]);
    if (status == PYBOX_OK && box->result.public_result.outcome != PYBOX_DONE)
        status = error_set(PYBOX_ERROR_ARGUMENT,
                           "the box did not accept its arguments, environment or directory: %s",
                           box->result.public_result.error.message.bytes);
    return status;
}

/* Keeps the state that the run may have to return to, if there is no point of it yet. */
static pybox_status run_keep(pybox_box *box)
{
    pybox_status status = PYBOX_OK;
    /* Only the set-up has run since, which is not to be undone. */
    if (box->keeps_set_up && box->top != NULL && box->configured && !box->top->configured)
        status = point_renew(box);
    if (status == PYBOX_OK && box->policy == PYBOX_ROLLBACK_RUN) {
        rollback_enter(box->rollback);
        status = point_top_is(box, POINT_RUN) ? point_renew(box) : point_push(box, POINT_RUN);
        box->run_is_kept = status == PYBOX_OK;
    }
    rollback_enter(box->rollback);
    return status;
}

pybox_status run_prepare(pybox_box *box)
{
    uint64_t values[1] = {0};
    uint32_t trap = 0;
    pybox_status status = PYBOX_OK;
    if (host_frame_in_nested_run(box))
        return PYBOX_OK;
    if (!box->configured && box->configuration != NULL)
        status = run_configure(box);
    if (status == PYBOX_OK && !box->configured && box->functions != NULL)
        status = host_function_declare(box);
    if (status != PYBOX_OK)
        return status;
    box->configured = 1;
    status = run_keep(box);
    if (status != PYBOX_OK || !box->unrestored)
        return status;
    status = box_call(box, box->module->guest[GUEST_RESTORE], values, &trap);
    if (status == PYBOX_OK && trap != 0)
        status = error_set(PYBOX_ERROR_GUEST, "the guest failed after its restore: %s",
                           box_trap_text(trap));
    box->unrestored = status != PYBOX_OK;
    box->renewals = 0;
    return status;
}

/* A run waits on its stack: for what its host does next, on this thread. */
static void run_suspend(pybox_box *box)
{
    run_clock_pause(&box->clock);
    box->runner = pthread_self();
    box->state = BOX_PENDING;
    if (box->wait.kind == PYBOX_WAIT_NONE)
        box->wait.kind = PYBOX_WAIT_FUEL;
    outcome_add_wait(box);
}

/* Has the guest answered that it waits, while it has not raised yet what it was told to? */
static int run_waits_too_soon(const pybox_box *box)
{
    struct guest_reply reply;
    struct guest_text list;
    const struct guest_memory memory = box_memory(box);
    return box->stop.told &&
           guest_read_list(&memory, (uint32_t)box->values[0], &reply, &list) == PYBOX_OK &&
           reply.kind == GUEST_REPLY_PENDING && box->module->guest[GUEST_RESUME] != NULL;
}

/* The run's export has returned. */
static pybox_status run_answer(pybox_box *box)
{
    pybox_status status = outcome_of_reply(box, (uint32_t)box->values[0]);
    pybox_status forgotten = guard_forget(box);
    if (status == PYBOX_ERROR_BUSY)
        box_wait(box, 0);
    else if (status == PYBOX_OK)
        status = forgotten;
    if (status == PYBOX_OK && box->result.public_result.outcome == PYBOX_PENDING && box->host_frame != NULL)
        status = guest_broken("a run in a host function waits");
    if (status == PYBOX_OK && box->result.public_result.outcome == PYBOX_PENDING) {
        box_wait(box, 1);
        outcome_add_wait(box);
    }
    return status;
}

pybox_status run_leave(struct pybox_box *box, uint32_t trap, enum box_state next, int answers)
{
    pybox_status status = PYBOX_OK;
    if (trap == 0 && answers && run_waits_too_soon(box)) {
        box->values[0] = 0; /* no answers */
        status = box_call(box, box->module->guest[GUEST_RESUME], box->values, &trap);
        if (status != PYBOX_OK)
            return status;
    }
    if (trap == MODULE_TRAP_YIELD) {
        run_suspend(box);
        return PYBOX_OK;
    }
    guard_end_run(box, trap);
    if (trap != 0)
        status = outcome_of_trap(box, trap);
    else if (!answers)
        box->result.public_result.outcome = PYBOX_EXIT; /* _start returned: exit code 0 */
    else
        status = run_answer(box);
    if (box->state == BOX_RUNNING)
        box->state = next;
    return status;
}

pybox_status run_call(pybox_box *box, const struct module_export *export,
                             enum box_state next, int answers)
{
    uint32_t trap;
    guard_begin_run(box);
    pybox_status status = box_call(box, export, box->values, &trap);
    return status == PYBOX_OK ? run_leave(box, trap, next, answers) : status;
}

/* Whether the box's options have a run undone that ended like this. */
static int run_is_undone(const pybox_box *box, pybox_status status)
{
    if (box->policy == PYBOX_ROLLBACK_NEVER || box->state == BOX_PENDING ||
        box->state == BOX_WAITING)
        return 0;
    if (box->is_kept && box->state == BOX_IDLE && status == PYBOX_OK &&
        box->stop.cause == STOP_NOTHING)
        return 0;
    if (box->policy == PYBOX_ROLLBACK_ALWAYS || box->state == BOX_DIRTY)
        return 1;
    if (status != PYBOX_OK)
        return 0;
    switch (box->result.public_result.outcome) {
    case PYBOX_DONE:
    case PYBOX_EXCEPTION:
    case PYBOX_EXIT:
    case PYBOX_PENDING:
        return 0;
    default:
        return 1;
    }
}

/* Undoes a run, and what the box's options have undone with it. If that fails the box is dirty. */
static void run_undo(pybox_box *box)
{
    /* It came to its end before its point was made: that of the run before is not meant. */
    if (point_top_is(box, POINT_RUN) && !box->run_is_kept && point_drop(box) != PYBOX_OK) {
        box->state = BOX_DIRTY;
        return;
    }
    if (box->top != NULL)
        point_restore(box);
}

pybox_status run_return(pybox_box *box, pybox_status status, const pybox_result **result)
{
    outcome_add_figures(box);
    if (status == PYBOX_ERROR_GUEST)
        box->state = BOX_DIRTY;
    else if (box->state == BOX_RUNNING)
        box->state = BOX_IDLE; /* it came to no run */
    if (host_frame_in_nested_run(box))
        return host_frame_end_run(box, status, result);
    if (status == PYBOX_OK)
        *result = &box->result.public_result;
    return status;
}

pybox_status run_end(pybox_box *box, pybox_status status, const pybox_result **result)
{
    const int is_nested = host_frame_in_nested_run(box);
    status = run_return(box, status, result);
    if (is_nested)
        return status;
    if (box->first_run && box->state != BOX_PENDING && box->state != BOX_WAITING) {
        box->first_run = 0;
        hot_pages_learn(box);
    }
    if (run_is_undone(box, status))
        run_undo(box);
    return status;
}

pybox_status run_need_python(const struct pybox_box *box)
{
    if (box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box is NULL; expected one");
    if (box->module->guest[0] == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT,
                         "module %s is no Python guest; a command module is run by "
                         "pybox_box_start()",
                         module_describe(box->module->native)->name);
    return PYBOX_OK;
}

/* The same for a call with a result. */
static pybox_status run_need_result(const pybox_box *box, const pybox_result **result)
{
    if (box == NULL || result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or result is NULL; expected both");
    *result = NULL;
    return run_need_python(box);
}

static pybox_status run_check(const pybox_run *run, pybox_run *chosen)
{
    if (run == NULL || run->code == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "there is no code to run; expected Python source");
    pybox_status status = options_copy(chosen, sizeof *chosen, run, "pybox_run");
    if (status != PYBOX_OK)
        return status;
    if (chosen->mode < PYBOX_MODE_EXEC || chosen->mode > PYBOX_MODE_SINGLE)
        return error_set(PYBOX_ERROR_ARGUMENT, "mode is %d; expected a pybox_mode",
                         (int)chosen->mode);
    if (chosen->form != PYBOX_VALUES_PLAIN && chosen->form != PYBOX_VALUES_TAGGED)
        return error_set(PYBOX_ERROR_ARGUMENT, "form is %d; expected a pybox_form_of_values",
                         (int)chosen->form);
    return chosen->context != NULL ? context_check_name(chosen->context) : PYBOX_OK;
}

const char *run_set_context(pybox_box *box, const char *name)
{
    if (name == NULL)
        name = CONTEXT_MAIN;
    const size_t length = strnlen(name, sizeof box->context - 1);
    memcpy(box->context, name, length);
    box->context[length] = '\0';
    return name;
}

pybox_status pybox_box_run(pybox_box *box, const pybox_run *run, const pybox_result **result)
{
    pybox_run chosen = {0};
    pybox_status status = run_need_result(box, result);
    if (status == PYBOX_OK)
        status = run_check(run, &chosen);
    if (status == PYBOX_OK && chosen.profile && box->host_frame != NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "a run in a host function is part of the profile of the run around "
                                                 "it; expected no profile of its own");
    if (status != PYBOX_OK)
        return status;
    const char *filename = chosen.filename != NULL            ? chosen.filename
                           : box->state == BOX_RUNNING     ? "<nested run>"
                                                           : "<run>";
    const char *context = chosen.context != NULL ? chosen.context : CONTEXT_MAIN;
    const struct box_part parts[] = {
        {chosen.code, chosen.code_length > 0 ? chosen.code_length : strlen(chosen.code)},
        {filename, strlen(filename)},
        {context, strlen(context)},
    };
    const struct run_request request = {
        .export = GUEST_RUN,
        .values = {(uint64_t)chosen.mode | (chosen.profile ? GUEST_RUN_PROFILE : 0) |
                       (chosen.form == PYBOX_VALUES_TAGGED ? GUEST_RUN_TAGGED : 0),
                   parts[0].length, parts[1].length},
        .parts = parts,
        .part_count = 3,
        .context = context,
        .limits = chosen.limits,
        .refill = chosen.refill,
        .refill_context = chosen.refill_context,
        .is_profiled = chosen.profile != 0,
        .traced = &chosen,
    };
    return run_request(box, &request, result);
}

void pybox_box_interrupt(pybox_box *box, pybox_interrupt how)
{
    if (box != NULL && how >= PYBOX_INTERRUPT_STOP && how <= PYBOX_INTERRUPT_CUT)
        stop_ask(&box->stop, how);
}

pybox_status pybox_box_finish(pybox_box *box, const pybox_result **result)
{
    pybox_status status = run_need_result(box, result);
    if (status == PYBOX_OK && box->state == BOX_FINISHED) {
        result_reset(&box->result);
        *result = &box->result.public_result;
        return PYBOX_OK;
    }
    if (status == PYBOX_OK)
        status = box_check_rest(box);
    if (status == PYBOX_OK)
        status = run_begin(box, NULL);
    if (status != PYBOX_OK)
        return status;
    status = run_call(box, box->module->guest[GUEST_FINISH], BOX_FINISHED, 1);
    return run_return(box, status, result);
}

pybox_status pybox_box_start(pybox_box *box, const pybox_result **result)
{
    if (box == NULL || result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or result is NULL; expected both");
    *result = NULL;
    if (box->module->start == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT,
                         "module %s has no _start; expected a WASI command module",
                         module_describe(box->module->native)->name);
    pybox_status status = box_check_rest(box);
    if (status == PYBOX_OK)
        status = run_begin(box, NULL);
    if (status != PYBOX_OK)
        return status;
    status = run_keep(box);
    vfs_begin_run(box->vfs);
    if (status == PYBOX_OK)
        status = run_call(box, box->module->start, BOX_FINISHED, 0);
    return run_end(box, status, result);
}
