#include "outcome.h"

#include <stdio.h>
#include <string.h>

#include "box.h"
#include "explain.h"
#include "value_check.h"

static void outcome_set_limit(pybox_result *result, const char *name)
{
    result->limit = (pybox_bytes){name, strlen(name)};
}

static pybox_status outcome_set_message(struct pybox_box *box, const char *text, size_t length)
{
    pybox_result *result = &box->result.public_result;
    result->error.message = (pybox_bytes){"", 0};
    return result_set(&box->result, &result->error.message, text, length);
}

/* The run was stopped, whatever the guest said then. Its exception, if it raised one, says where in its traceback;
 * else the place where it was asked. */
static pybox_status outcome_of_stop(struct pybox_box *box, int ended)
{
    pybox_result *result = &box->result.public_result;
    const struct stop *stop = &box->stop;
    char text[EXPLAIN_BYTES];
    size_t length = explain_stop(box, ended, text);
    result->outcome = stop_outcome(stop->cause);
    result->cut = stop->step == STOP_CUT;
    outcome_set_limit(result, stop_limit(stop->cause));
    if (stop->step == STOP_CUT)
        result->error.line = stop->cut.line;
    else if (result->error.line == 0)
        result->error.line = stop->reached.line;
    return outcome_set_message(box, text, length);
}

/* A MemoryError of the limit's: Python's own message is empty most of the time. */
static pybox_status outcome_of_memory(struct pybox_box *box)
{
    pybox_result *result = &box->result.public_result;
    result->outcome = PYBOX_OUT_OF_MEMORY;
    outcome_set_limit(result, "memory_bytes");
    if (result->error.message.length > 0)
        return PYBOX_OK;
    char text[128];
    int length = snprintf(text, sizeof text,
                          "the program wanted more than the %llu MiB of memory it may use; raise "
                          "limits.memory_bytes",
                          (unsigned long long)(box->memory.limit_pages * MEMORY_PAGE_BYTES >> 20));
    return outcome_set_message(box, text, (size_t)length);
}

/* KeyboardInterrupt is the guest's to catch; if it comes out, that was what the host asked for. */
static pybox_status outcome_of_keyboard(struct pybox_box *box)
{
    static const char text[] = "was interrupted";
    pybox_result *result = &box->result.public_result;
    result->outcome = PYBOX_INTERRUPTED;
    outcome_set_limit(result, stop_limit(STOP_INTERRUPT));
    return result->error.message.length > 0 ? PYBOX_OK
                                            : outcome_set_message(box, text, sizeof text - 1);
}

static pybox_status outcome_of_exception(struct pybox_box *box, const struct guest_reply *reply,
                                         const struct guest_text texts[GUEST_MAX_TEXTS])
{
    pybox_result *result = &box->result.public_result;
    pybox_bytes *const fields[GUEST_MAX_TEXTS] = {
        &result->error.type,
        &result->error.message,
        &result->error.traceback,
        NULL, /* the line */
        &result->error.user_traceback,
        &result->error.object,
        &result->error.hint,
    };
    result->outcome = PYBOX_EXCEPTION;
    result->error.line = guest_text_number(&texts[3]);
    struct value_fault fault;
    for (int i = 0; i < GUEST_MAX_TEXTS; i++) {
        if (fields[i] == &result->error.object && value_check(texts[i].bytes, texts[i].length, &fault) < 0)
            continue;
        pybox_status status = fields[i] == NULL ? PYBOX_OK
                                                : result_set(&box->result, fields[i],
                                                             texts[i].bytes, texts[i].length);
        if (status != PYBOX_OK)
            return status;
    }
    if (box->stop.cause != STOP_NOTHING)
        return PYBOX_OK; /* see outcome_of_stop() */
    if (reply->flags & GUEST_REPLY_NO_MEMORY)
        return outcome_of_memory(box);
    if (box->stop.keyboard && strcmp(result->error.type.bytes, "KeyboardInterrupt") == 0)
        return outcome_of_keyboard(box);
    return PYBOX_OK;
}

static pybox_status outcome_of_value(struct pybox_box *box, const struct guest_memory *memory,
                                     const struct guest_reply *reply,
                                     const struct guest_text texts[GUEST_MAX_TEXTS])
{
    pybox_result *result = &box->result.public_result;
    struct guest_text value;
    pybox_status status = guest_read_value(memory, reply, &result->value_kind, &value);
    if (status == PYBOX_OK)
        status = result_set(&box->result, &result->value_repr, texts[0].bytes, texts[0].length);
    if (status == PYBOX_OK)
        status = result_set(&box->result, &result->value_error, texts[1].bytes, texts[1].length);
    if (status == PYBOX_OK)
        status = result_set(&box->result, &result->value, value.bytes, value.length);
    return status;
}

static pybox_status outcome_of_profile(struct pybox_box *box, const struct guest_memory *memory,
                                       const struct guest_reply *reply)
{
    struct guest_text profile;
    pybox_status status = guest_read_profile(memory, reply, &profile);
    if (status == PYBOX_OK)
        status = result_set(&box->result, &box->result.public_result.profile, profile.bytes,
                            profile.length);
    return status;
}

static pybox_status outcome_of_waiting(struct pybox_box *box, const struct guest_memory *memory,
                                       uint32_t address)
{
    struct guest_reply reply;
    struct guest_text list;
    pybox_status status = guest_read_list(memory, address, &reply, &list);
    if (status == PYBOX_OK)
        status = wait_read(&box->wait, (const uint8_t *)list.bytes, list.length);
    if (status == PYBOX_OK)
        box->result.public_result.outcome = PYBOX_PENDING;
    return status;
}

pybox_status outcome_of_reply(struct pybox_box *box, uint32_t address)
{
    pybox_result *result = &box->result.public_result;
    const struct guest_memory memory = box_memory(box);
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    pybox_status status = guest_read_reply(&memory, address, &reply, texts);
    if (status != PYBOX_OK)
        return status;
    if (reply.kind == GUEST_REPLY_EXCEPTION) {
        status = outcome_of_exception(box, &reply, texts);
    } else if (reply.kind == GUEST_REPLY_VALUE) {
        status = outcome_of_value(box, &memory, &reply, texts);
    } else if (reply.kind == GUEST_REPLY_EXIT) {
        result->outcome = PYBOX_EXIT;
        result->exit_code = reply.exit_code;
    } else if (reply.kind == GUEST_REPLY_REFUSED) {
        return guest_refused(&reply, &texts[0]);
    } else if (reply.kind == GUEST_REPLY_PENDING && box->stop.cause == STOP_NOTHING) {
        return outcome_of_waiting(box, &memory, address);
    } else if (reply.kind != GUEST_REPLY_DONE && reply.kind != GUEST_REPLY_PENDING) {
        status = guest_broken("a reply to another question");
    }
    if (status == PYBOX_OK && box->profiling)
        status = outcome_of_profile(box, &memory, &reply);
    if (status == PYBOX_OK && box->stop.cause != STOP_NOTHING)
        status = outcome_of_stop(box, reply.kind != GUEST_REPLY_EXCEPTION);
    return status;
}

pybox_status outcome_of_trap(struct pybox_box *box, uint32_t trap)
{
    pybox_result *result = &box->result.public_result;
    char text[EXPLAIN_BYTES];
    box->state = trap == MODULE_TRAP_EXIT ? BOX_FINISHED : BOX_DIRTY;
    if (box->nested_end.is_set && trap == MODULE_TRAP_HOST) {
        result->outcome = box->nested_end.outcome;
        result->cut = 1;
        outcome_set_limit(result, box->nested_end.limit);
        return outcome_set_message(box, box->nested_end.text, strlen(box->nested_end.text));
    }
    if (trap == MODULE_TRAP_EXIT && box->stop.cause == STOP_NOTHING) {
        result->outcome = PYBOX_EXIT;
        result->exit_code = wasi_exit_code(box->wasi);
        return PYBOX_OK;
    }
    if (trap == MODULE_TRAP_EXIT || trap == MODULE_TRAP_LIMIT ||
        (trap == MODULE_TRAP_EXHAUSTION && box->stop.cause == STOP_STACK)) {
        if (trap != MODULE_TRAP_EXIT)
            box->stop.step = STOP_CUT;
        return outcome_of_stop(box, trap == MODULE_TRAP_EXIT);
    }
    result->outcome = PYBOX_TRAP;
    result->error.line = box->stop.cut.line;
    if (box->stop.cause != STOP_NOTHING) { /* it was being stopped: that stays the reason */
        result->outcome = stop_outcome(box->stop.cause);
        result->cut = 1;
        outcome_set_limit(result, stop_limit(box->stop.cause));
    }
    return outcome_set_message(box, text, explain_trap(box, box_trap_text(trap), text));
}

void outcome_add_wait(struct pybox_box *box)
{
    pybox_result *result = &box->result.public_result;
    result->outcome = PYBOX_PENDING;
    result->wait = box->wait.kind;
    result->wake_ns = box->wait.wake_ns;
    result->requests = box->wait.requests;
    result->request_count = box->wait.count;
}

void outcome_add_figures(struct pybox_box *box)
{
    pybox_result *result = &box->result.public_result;
    if (result->outcome != PYBOX_PENDING)
        output_finish(&box->output);
    result->output = output_captured(&box->output, PYBOX_STDOUT);
    result->errors = output_captured(&box->output, PYBOX_STDERR);
    result->output_bytes = box->output.written_bytes;
    result->displays = box->display.kept;
    result->display_count = box->display.count;
    result->fuel_used = box->fuel.used;
    result->fuel_left = fuel_left(&box->fuel);
    result->host_calls = box->host_calls;
    result->wall_ns = run_clock_wall(&box->clock);
    result->cpu_ns = run_clock_cpu(&box->clock);
    result->memory_bytes = memory_bytes(&box->memory);
}
