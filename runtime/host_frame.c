#include "host_frame.h"

#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "error.h"
#include "guard.h"

void host_frame_push(struct pybox_box *box, struct host_frame *frame)
{
    frame->outer = box->host_frame;
    frame->thread = pthread_self();
    frame->depth = frame->outer != NULL ? frame->outer->depth + 1 : 1;
    frame->cut = 0;
    frame->in_run = 0;
    frame->results = NULL;
    box->host_frame = frame;
}

void host_frame_pop(struct pybox_box *box)
{
    struct host_frame *frame = box->host_frame;
    box->host_frame = frame->outer;
    while (frame->results != NULL) {
        struct nested_result *older = frame->results->older;
        result_reset(&frame->results->result);
        free(frame->results->captured[0]);
        free(frame->results->captured[1]);
        free(frame->results);
        frame->results = older;
    }
}

pybox_status host_frame_check_run(const struct pybox_box *box)
{
    const struct host_frame *frame = box->host_frame;
    if (box->state != BOX_RUNNING || frame == NULL || frame->in_run ||
        !pthread_equal(frame->thread, pthread_self()))
        return box_check_rest(box);
    if (frame->cut != 0)
        return error_set(PYBOX_ERROR_DIRTY, "a run within this host function was cut off, so no other can begin; return");
    if (frame->depth > HOST_FRAMES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "runs in host functions are nested %d deep; expected no more",
                         HOST_FRAMES_MOST);
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Putting a run aside
 */

static uint64_t lower(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t left_of(uint64_t limit, uint64_t used)
{
    if (limit == PYBOX_UNLIMITED)
        return PYBOX_UNLIMITED;
    return limit > used ? limit - used : 1;
}

/* What the run that is put aside has left of its limits: the nested one may have no more. */
static void frame_lower_limits(struct host_frame *frame, const struct pybox_box *box, pybox_limits *limits)
{
    const struct run_aside *aside = &frame->aside;
    const uint64_t now_ns = run_clock_now();
    uint64_t fuel = aside->fuel.bound == UINT64_MAX ? PYBOX_UNLIMITED
                                                    : left_of(aside->fuel.bound, aside->fuel.used);
    frame->fuel_is_own = limits->fuel < fuel;
    limits->fuel = lower(limits->fuel, fuel);
    if (aside->stop.deadline_ns != RUN_CLOCK_NEVER)
        limits->wall_ns = lower(limits->wall_ns, left_of(aside->stop.deadline_ns, now_ns));
    if (aside->limits.cpu_ns != PYBOX_UNLIMITED)
        limits->cpu_ns =
            lower(limits->cpu_ns, left_of(aside->limits.cpu_ns, run_clock_cpu(&aside->clock)));
    limits->host_calls = lower(limits->host_calls, left_of(aside->limits.host_calls, aside->host_calls));
    limits->output_bytes =
        lower(limits->output_bytes, left_of(box->output.limit_bytes, box->output.written_bytes));
    limits->stack_bytes = lower(limits->stack_bytes, aside->limits.stack_bytes);
    limits->grace_fuel = lower(limits->grace_fuel, aside->limits.grace_fuel);
    limits->grace_ns = lower(limits->grace_ns, aside->limits.grace_ns);
}

static void frame_put_aside(struct host_frame *frame, struct pybox_box *box)
{
    guard_settle(box);
    frame->aside = (struct run_aside){
        .limits = box->run_limits,
        .refill = box->refill,
        .refill_context = box->refill_context,
        .profiling = box->profiling,
        .phase = box->phase,
        .clock = box->clock,
        .fuel = box->fuel,
        .host_calls = box->host_calls,
        .result = box->result,
        .guest_stack = box->env.guest_stack,
        .output_limit_bytes = box->output.limit_bytes,
    };
    stop_copy(&frame->aside.stop, &box->stop);
    memcpy(frame->aside.context, box->context, sizeof box->context);
    box->result = (struct result){0};
    for (int i = 0; i < 2; i++)
        frame->captured_before[i] = output_captured(&box->output, (pybox_stream)(PYBOX_STDOUT + i)).length;
    frame->written_before = box->output.written_bytes;
}

pybox_status host_frame_begin_run(struct pybox_box *box, pybox_limits *limits)
{
    struct host_frame *frame = box->host_frame;
    struct nested_result *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("the result of a nested run", sizeof *made);
    made->older = frame->results;
    frame->results = made;
    frame_put_aside(frame, box);
    frame_lower_limits(frame, box, limits);
    frame->in_run = 1;
    frame->has_account = 0;
    box->nested_end.is_set = 0;
    box->output.limit_bytes = limits->output_bytes < UINT64_MAX - box->output.written_bytes
                                  ? box->output.written_bytes + limits->output_bytes
                                  : PYBOX_UNLIMITED;
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Taking it back
 */

/* What of a captured stream the nested run has written, as a copy. */
static pybox_status frame_keep_stream(const struct pybox_box *box, const struct host_frame *frame, int stream,
                                      pybox_bytes *field)
{
    const pybox_bytes all = output_captured(&box->output, (pybox_stream)(PYBOX_STDOUT + stream));
    const size_t before = frame->captured_before[stream];
    *field = (pybox_bytes){"", 0};
    if (all.length <= before)
        return PYBOX_OK;
    char *copy = malloc(all.length - before + 1);
    if (copy == NULL)
        return error_set_memory("the output of a nested run", all.length - before);
    memcpy(copy, all.bytes + before, all.length - before);
    copy[all.length - before] = '\0';
    frame->results->captured[stream] = copy;
    *field = (pybox_bytes){copy, all.length - before};
    return PYBOX_OK;
}

static pybox_status frame_keep_result(struct pybox_box *box, const struct host_frame *frame)
{
    struct nested_result *kept = frame->results;
    pybox_status status = frame_keep_stream(box, frame, 0, &box->result.public_result.output);
    if (status == PYBOX_OK)
        status = frame_keep_stream(box, frame, 1, &box->result.public_result.errors);
    box->result.public_result.output_bytes = box->output.written_bytes - frame->written_before;
    kept->result = box->result;
    box->result = (struct result){0};
    return status;
}

/* The run around a run that was cut is to be cut as well, for the same reason. */
static void frame_note_cut(struct pybox_box *box, struct host_frame *frame, pybox_status status)
{
    const pybox_result *result = &box->result.public_result;
    if (box->state == BOX_RUNNING || box->state == BOX_IDLE)
        return;
    frame->cut = box->state == BOX_FINISHED ? MODULE_TRAP_EXIT : MODULE_TRAP_HOST;
    box->nested_end = (struct nested_end){.is_set = 1, .outcome = PYBOX_TRAP, .limit = ""};
    if (status == PYBOX_OK) {
        box->nested_end.outcome = result->outcome;
        box->nested_end.limit = result->limit.bytes; /* a text that stays */
    }
    const char *why = status == PYBOX_OK ? result->error.message.bytes : error_message();
    size_t length = strlen(why);
    if (length > EXPLAIN_BYTES - 32)
        length = EXPLAIN_BYTES - 32;
    memcpy(box->nested_end.text, "a run within it: ", 17);
    memcpy(box->nested_end.text + 17, why, length);
    box->nested_end.text[17 + length] = '\0';
}

/* The account of what the nested run has used goes to the run around it, whose own it was. */
static void frame_take_back(struct pybox_box *box, const struct host_frame *frame)
{
    const struct run_aside *aside = &frame->aside;
    const uint64_t fuel_used = box->fuel.used, host_calls = box->host_calls;
    const int was_interrupted = box->stop.cause == STOP_INTERRUPT;
    box->run_limits = aside->limits;
    box->refill = aside->refill;
    box->refill_context = aside->refill_context;
    box->profiling = aside->profiling;
    box->phase = aside->phase;
    box->clock = aside->clock;
    box->fuel = aside->fuel;
    box->fuel.began_ns = 0; /* the slice says nothing of the pace */
    box->host_calls = aside->host_calls;
    box->result = aside->result;
    memcpy(box->context, aside->context, sizeof box->context);
    box->env.guest_stack = aside->guest_stack;
    box->output.limit_bytes = aside->output_limit_bytes;
    stop_copy(&box->stop, &aside->stop);
    if (frame->has_account) {
        box->fuel.used += fuel_used;
        box->host_calls += host_calls;
    }
    if (was_interrupted && box->stop.step == STOP_GOING)
        stop_ask(&box->stop, PYBOX_INTERRUPT_STOP); /* it was the whole run that was meant */
    box->state = BOX_RUNNING;
    box->env.stop = 0;
    box->env.fuel = fuel_next(&box->fuel);
}

pybox_status host_frame_end_run(struct pybox_box *box, pybox_status status, const pybox_result **result)
{
    struct host_frame *frame = box->host_frame;
    frame_note_cut(box, frame, status);
    pybox_status kept = frame_keep_result(box, frame);
    frame_take_back(box, frame);
    frame->in_run = 0;
    if (status == PYBOX_OK)
        status = kept;
    if (status == PYBOX_OK && result != NULL)
        *result = &frame->results->result.public_result;
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Fuel
 */

uint64_t host_frame_fuel_around(const struct pybox_box *box)
{
    uint64_t used = 0;
    for (const struct host_frame *frame = box->host_frame; frame != NULL; frame = frame->outer)
        if (frame->in_run)
            used += frame->aside.fuel.used;
    return used;
}

uint64_t host_frame_refill(struct pybox_box *box)
{
    struct host_frame *frame = box->host_frame;
    uint64_t used = box->fuel.used;
    while (frame != NULL && frame->in_run && !frame->fuel_is_own) {
        struct run_aside *aside = &frame->aside;
        used += aside->fuel.used;
        if (aside->refill != NULL && aside->stop.step == STOP_GOING) {
            uint64_t more = aside->refill(aside->refill_context, box, used);
            if (more == PYBOX_REFILL_YIELD)
                return 0; /* a nested run cannot wait */
            for (struct host_frame *at = box->host_frame; more > 0; at = at->outer) {
                fuel_grant(&at->aside.fuel, more);
                if (at == frame)
                    break;
            }
            return more;
        }
        frame = frame->outer;
    }
    return 0;
}
