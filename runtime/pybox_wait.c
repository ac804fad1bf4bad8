/* Pending runs: what they ask the host, its answers, and going on. */
#include <string.h>

#include "box.h"
#include "bytes.h"
#include "error.h"
#include "guard.h"
#include "host_function.h"
#include "options.h"
#include "outcome.h"
#include "run.h"
#include "run_limits.h"
#include "value_check.h"
#include "wait.h"

/* ------------------------------------------------------------------------------------------
 * What is asked
 */

/* Asks the guest whether a run of it waits, and for what. */
static pybox_status wait_ask(pybox_box *box)
{
    const struct module_export *export = box->module->guest[GUEST_REQUESTS];
    const enum box_state state = box->state;
    uint64_t values[1] = {0};
    uint32_t trap;
    if (export == NULL)
        return PYBOX_OK;
    box->state = BOX_RUNNING;
    box->has_run = 1;
    rollback_enter(box->rollback);
    guard_begin_setup(box);
    pybox_status status = box_call(box, export, values, &trap);
    box->state = state;
    if (status != PYBOX_OK)
        return status;
    struct guest_reply reply;
    struct guest_text payload;
    const struct guest_memory memory = box_memory(box);
    status = trap != 0 ? guest_broken("it cannot say what it waits for")
                       : guest_read_list(&memory, (uint32_t)values[0], &reply, &payload);
    if (status == PYBOX_OK && reply.kind == GUEST_REPLY_PENDING)
        status = wait_read(&box->wait, (const uint8_t *)payload.bytes, payload.length);
    else if (status == PYBOX_OK && state == BOX_WAITING)
        status = guest_broken("it waits no more");
    if (status == PYBOX_OK && reply.kind == GUEST_REPLY_PENDING)
        box_wait(box, 0);
    else if (status == PYBOX_ERROR_GUEST)
        box->state = BOX_DIRTY;
    return status;
}

/* Finds out what the box waits for, if it is not running. Errors: BUSY, NO_MEMORY, GUEST. */
static pybox_status wait_find_out(pybox_box *box)
{
    if (box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box is NULL; expected a box");
    if (box->state == BOX_RUNNING)
        return box_check_rest(box);
    if (box->state == BOX_IDLE || (box->state == BOX_WAITING && !box->wait.is_listed))
        return wait_ask(box);
    return PYBOX_OK;
}

static int wait_is_for_host(const pybox_box *box)
{
    return box->wait.kind == PYBOX_WAIT_HOST || box->wait.kind == PYBOX_WAIT_STACK;
}

pybox_status pybox_box_requests(pybox_box *box, const pybox_request **requests, size_t *count)
{
    if (requests == NULL || count == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "requests or count is NULL; expected both");
    *requests = NULL;
    *count = 0;
    pybox_status status = wait_find_out(box);
    if (status == PYBOX_OK && wait_is_for_host(box)) {
        *count = wait_list_open(&box->wait);
        *requests = box->wait.open;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Answers
 */

static pybox_status wait_need_requests(pybox_box *box)
{
    pybox_status status = wait_find_out(box);
    if (status == PYBOX_OK && !wait_is_for_host(box))
        status = error_set(PYBOX_ERROR_ARGUMENT, "the box waits for no answers; expected one whose run is "
                                                 "pending for the host");
    return status;
}

pybox_status pybox_box_answer(pybox_box *box, uint64_t id, const pybox_value *value)
{
    static const pybox_value none;
    if (value == NULL)
        value = &none;
    size_t length = value->length;
    if (value->kind < PYBOX_VALUE_NONE || value->kind > PYBOX_VALUE_BYTES ||
        (value->kind != PYBOX_VALUE_NONE && value->bytes == NULL))
        return error_set(PYBOX_ERROR_ARGUMENT, "the answer is no value; expected none, JSON or bytes");
    if (value->kind == PYBOX_VALUE_NONE)
        length = 0;
    else if (value->kind == PYBOX_VALUE_JSON && length == 0)
        length = strlen(value->bytes);
    if (length > PYBOX_VALUE_BYTES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "an answer of %zu bytes; expected at most 64 MiB", length);
    struct value_fault fault;
    if (value->kind == PYBOX_VALUE_JSON && value_check(value->bytes, length, &fault) != 0)
        return error_set(fault.is_cap ? PYBOX_ERROR_LIMIT : PYBOX_ERROR_ARGUMENT,
                         "the answer is no valid JSON at byte %zu: %s", fault.offset, fault.what);
    pybox_status status = wait_need_requests(box);
    if (status == PYBOX_OK)
        status = wait_answer(&box->wait, id, (enum guest_answer)value->kind, NULL, 0, value->bytes,
                             length);
    return status;
}

pybox_status pybox_box_answer_error(pybox_box *box, uint64_t id, const char *type,
                                    const char *message)
{
    uint8_t error[4];
    const int number = host_function_error(type);
    if (number < 0)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "\"%.100s\" is no exception that a host function can raise; expected NULL, or the name of a "
                         "built-in one that is made of a message",
                         type);
    bytes_store_u32(error, (uint32_t)number);
    if (message == NULL)
        message = "";
    const size_t length = strlen(message);
    if (length > PYBOX_VALUE_BYTES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "a message of %zu bytes; expected at most 64 MiB", length);
    if (!bytes_are_utf8(message, length))
        return error_set(PYBOX_ERROR_ARGUMENT, "the message is not UTF-8");
    pybox_status status = wait_need_requests(box);
    if (status == PYBOX_OK)
        status = wait_answer(&box->wait, id, GUEST_ANSWER_ERROR, error, sizeof error, message, length);
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Going on
 */

/* On the native stack where the run waits. */
static pybox_status resume_stack(pybox_box *box, const pybox_resume *options,
                                 const pybox_result **result)
{
    if (!pthread_equal(box->runner, pthread_self()))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the run belongs to another thread; expected the one that began it");
    if (options->limits != NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "the run waits on its native stack with the limits that it has; "
                                               "expected no limits, but fuel if it is to get more");
    const int for_host = box->wait.kind == PYBOX_WAIT_STACK;
    box->state = BOX_RUNNING;
    result_reset(&box->result);
    rollback_enter(box->rollback);
    run_clock_go_on(&box->clock);
    uint32_t trap = for_host ? guard_go_on(box, options->fuel) : guard_resume(box, options->fuel);
    if (for_host && trap == 0) {
        box->wait.taken = box->wait.answer_bytes;
        box->wait.values[0] = box->wait.taken;
    }
    box->wait.kind = PYBOX_WAIT_NONE;
    if (trap == MODULE_TRAP_LIMIT)
        box_abandon(box);
    else if (trap == 0)
        trap = box_resume(box);
    return run_end(box, run_leave(box, trap, BOX_IDLE, 1), result);
}

/* The limits of the part of a run that comes. */
static pybox_status resume_limits(pybox_box *box, const pybox_resume *options, pybox_limits *limits)
{
    if (options->limits == NULL) {
        *limits = box->wait.has_account ? box->run_limits : box->limits;
        return PYBOX_OK;
    }
    pybox_status status =
        limits_choose(options->limits, &box->limits, 1, "pybox_resume.limits", limits);
    return status == PYBOX_OK ? limits_check_module(limits, box->module) : status;
}

static uint64_t resume_add(uint64_t used, uint64_t limit)
{
    return limit > UINT64_MAX - used ? UINT64_MAX : used + limit;
}

/* Limits that are given hold from now on; what has been used does not count. */
static void resume_renew(pybox_box *box)
{
    pybox_limits *limits = &box->run_limits;
    box->wait.fuel.granted = box->wait.fuel.bound = resume_add(box->wait.fuel.used, limits->fuel);
    limits->wall_ns = resume_add(run_clock_wall(&box->clock), limits->wall_ns);
    limits->cpu_ns = resume_add(run_clock_cpu(&box->clock), limits->cpu_ns);
    limits->output_bytes = resume_add(box->output.written_bytes, limits->output_bytes);
    limits->host_calls = resume_add(box->host_calls, limits->host_calls);
}

/* In the set-up: the run is as it was, or begins if it is not this box's, and the guest has the answers. */
static pybox_status resume_prepare(pybox_box *box, const pybox_resume *options,
                                   const pybox_limits *limits)
{
    struct wait *wait = &box->wait;
    box->run_limits = *limits;
    if (wait->has_account) {
        result_reset(&box->result);
        run_clock_wake(&box->clock);
        if (options->limits != NULL)
            resume_renew(box);
        box->output.limit_bytes = box->run_limits.output_bytes;
    } else {
        run_reset(box);
        fuel_begin(&wait->fuel, box->module->metered ? limits->fuel : PYBOX_UNLIMITED);
    }
    rollback_enter(box->rollback);
    guard_begin_setup(box);
    pybox_status status = wait->has_account ? PYBOX_OK : run_prepare(box);
    const struct box_part part = {wait->answers != NULL ? (const char *)wait->answers : "",
                                  wait->answer_bytes};
    return status == PYBOX_OK ? box_put_request(box, &part, 1) : status;
}

/* Without a native stack. */
static pybox_status resume_host(pybox_box *box, const pybox_resume *options,
                                const pybox_result **result)
{
    pybox_limits limits;
    pybox_status status = resume_limits(box, options, &limits);
    if (status != PYBOX_OK)
        return status;
    box->state = BOX_RUNNING;
    status = resume_prepare(box, options, &limits);
    struct wait before = box->wait;
    box->wait = (struct wait){0};
    uint32_t trap = 0;
    if (status == PYBOX_OK) {
        box->values[0] = before.answer_bytes;
        trap = guard_go_on_from(box, &before.fuel, options->fuel);
    }
    if (status == PYBOX_OK && trap == 0)
        status = box_call(box, box->module->guest[GUEST_RESUME], box->values, &trap);
    if (status != PYBOX_OK) { /* nothing was run: it waits on, with its answers */
        box->wait = before;
        box->state = status == PYBOX_ERROR_GUEST ? BOX_DIRTY : BOX_WAITING;
        run_clock_rest(&box->clock);
        return status;
    }
    wait_clear(&before);
    return run_end(box, run_leave(box, trap, BOX_IDLE, 1), result);
}

pybox_status pybox_box_resume(pybox_box *box, const pybox_resume *options,
                              const pybox_result **result)
{
    if (box == NULL || result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or result is NULL; expected both");
    *result = NULL;
    pybox_resume chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_resume");
    if (status == PYBOX_OK && box->state != BOX_WAITING && box->state != BOX_PENDING)
        status = wait_find_out(box);
    if (status != PYBOX_OK)
        return status;
    if (box->state == BOX_PENDING)
        return resume_stack(box, &chosen, result);
    if (box->state == BOX_WAITING)
        return resume_host(box, &chosen, result);
    return error_set(PYBOX_ERROR_ARGUMENT, "no run of the box is pending; expected one whose outcome was "
                                           "PYBOX_PENDING");
}
