/* Runs: from the host's call to the result, whatever the guest did. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "box.h"
#include "error.h"
#include "options.h"

struct run_clock {
    struct timespec wall, cpu;
};

static void run_clock_start(struct run_clock *clock)
{
    clock_gettime(CLOCK_MONOTONIC, &clock->wall);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &clock->cpu);
}

static uint64_t run_clock_passed(const struct timespec *start, clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)(now.tv_sec - start->tv_sec) * 1000000000u + (uint64_t)now.tv_nsec -
           (uint64_t)start->tv_nsec;
}

static pybox_status run_begin(pybox_box *box)
{
    switch (box->state) {
    case BOX_RUNNING:
        return error_set(PYBOX_ERROR_BUSY, "the box is running; a box runs one thing at a time");
    case BOX_DIRTY:
        return error_set(PYBOX_ERROR_DIRTY,
                         "the box was cut off in the middle of a run; destroy it");
    case BOX_FINISHED:
        return error_set(PYBOX_ERROR_DIRTY, "the box's program has ended; destroy it");
    case BOX_IDLE:
        break;
    }
    box->state = BOX_RUNNING;
    result_reset(&box->result);
    output_reset(&box->output);
    wasi_reset(box->wasi);
    return PYBOX_OK;
}

/* The fields that every result has. */
static void run_end(pybox_box *box, const struct run_clock *clock)
{
    pybox_result *result = &box->result.public_result;
    result->output = output_captured(&box->output, PYBOX_STDOUT);
    result->errors = output_captured(&box->output, PYBOX_STDERR);
    result->output_bytes = box->output.written_bytes;
    result->wall_ns = run_clock_passed(&clock->wall, CLOCK_MONOTONIC);
    result->cpu_ns = run_clock_passed(&clock->cpu, CLOCK_THREAD_CPUTIME_ID);
    result->memory_bytes = memory_bytes(&box->memory);
}

/* What cut the run off. */
static pybox_status run_trapped(pybox_box *box, uint32_t trap)
{
    pybox_result *result = &box->result.public_result;
    box->state = BOX_DIRTY;
    switch (trap) {
    case MODULE_TRAP_EXIT:
        box->state = BOX_FINISHED;
        result->outcome = PYBOX_EXIT;
        result->exit_code = wasi_exit_code(box->wasi);
        return PYBOX_OK;
    case MODULE_TRAP_OUTPUT_FULL:
        result->outcome = PYBOX_OUTPUT_FULL;
        break;
    default:
        result->outcome = PYBOX_TRAP;
        break;
    }
    const char *text = box_trap_text(trap);
    return result_set(&box->result, &result->error.message, text, strlen(text));
}

/* A MemoryError after a refused memory.grow: Python's own message is empty most of the time. */
static pybox_status run_out_of_memory(pybox_box *box)
{
    pybox_result *result = &box->result.public_result;
    result->outcome = PYBOX_OUT_OF_MEMORY;
    if (result->error.message.length > 0)
        return PYBOX_OK;
    char text[128];
    int length = snprintf(text, sizeof text,
                          "the program wanted more than the %llu MiB of memory it may use",
                          (unsigned long long)(box->memory.limit_pages * MEMORY_PAGE_BYTES >> 20));
    return result_set(&box->result, &result->error.message, text, (size_t)length);
}

static pybox_status run_replied(pybox_box *box, uint32_t address)
{
    pybox_result *result = &box->result.public_result;
    const struct guest_memory memory = box_memory(box);
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    pybox_status status = guest_read_reply(&memory, address, &reply, texts);
    if (status != PYBOX_OK)
        return status;
    pybox_bytes *const exception[] = {&result->error.type, &result->error.message,
                                      &result->error.traceback};
    pybox_bytes *const value[] = {&result->value_repr, &result->value};
    switch (reply.kind) {
    case GUEST_REPLY_EXCEPTION:
        result->outcome = PYBOX_EXCEPTION;
        for (int i = 0; i < 3 && status == PYBOX_OK; i++)
            status = result_set(&box->result, exception[i], texts[i].bytes, texts[i].length);
        result->error.line = guest_text_number(&texts[3]);
        if (status == PYBOX_OK && box->memory.refused &&
            strcmp(result->error.type.bytes, "MemoryError") == 0)
            status = run_out_of_memory(box);
        break;
    case GUEST_REPLY_EXIT:
        result->outcome = PYBOX_EXIT;
        result->exit_code = reply.exit_code;
        break;
    case GUEST_REPLY_VALUE:
        for (int i = 0; i < 2 && status == PYBOX_OK; i++)
            status = result_set(&box->result, value[i], texts[i].bytes, texts[i].length);
        break;
    default:
        break;
    }
    return status;
}

/* Calls an export that returns a reply, and turns it into the result. */
static pybox_status run_call(pybox_box *box, enum guest_export which, uint64_t *values)
{
    uint32_t trap;
    box->memory.refused = 0;
    pybox_status status = box_call(box, box->module->guest[which], values, &trap);
    if (status == PYBOX_OK)
        status = trap != 0 ? run_trapped(box, trap) : run_replied(box, (uint32_t)values[0]);
    return status;
}

/* Before the first run: new random numbers after a restore, arguments, environment, working directory. */
static pybox_status run_prepare(pybox_box *box)
{
    uint64_t values[1] = {0};
    uint32_t trap = 0;
    pybox_status status = PYBOX_OK;
    if (box->unrestored) {
        box->unrestored = 0;
        status = box_call(box, box->module->guest[GUEST_RESTORE], values, &trap);
    }
    if (status == PYBOX_OK && trap == 0 && box->configuration != NULL) {
        const struct box_part part = {box->configuration, strlen(box->configuration)};
        status = box_put_request(box, &part, 1);
        values[0] = part.length;
        if (status == PYBOX_OK)
            status = run_call(box, GUEST_CONFIGURE, values);
        cJSON_free(box->configuration);
        box->configuration = NULL;
        if (status == PYBOX_OK && box->result.public_result.outcome != PYBOX_DONE)
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "the box did not accept its arguments, environment or directory: %s",
                             box->result.public_result.error.message.bytes);
    }
    if (status == PYBOX_OK && trap != 0)
        status = error_set(PYBOX_ERROR_GUEST, "the guest failed after its restore: %s",
                           box_trap_text(trap));
    return status;
}

/* The state after the call: a guest that broke its protocol is not to be run again. */
static pybox_status run_leave(pybox_box *box, const struct run_clock *clock, pybox_status status,
                              enum box_state next, const pybox_result **result)
{
    run_end(box, clock);
    if (status == PYBOX_ERROR_GUEST)
        box->state = BOX_DIRTY;
    else if (box->state == BOX_RUNNING)
        box->state = next;
    if (status == PYBOX_OK)
        *result = &box->result.public_result;
    return status;
}

static pybox_status run_need_python(const pybox_box *box, const pybox_result **result)
{
    if (box == NULL || result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or result is NULL; expected both");
    *result = NULL;
    if (box->module->guest[0] == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT,
                         "module %s is no Python guest; a command module is run by "
                         "pybox_box_start()",
                         module_describe(box->module->native)->name);
    return PYBOX_OK;
}

pybox_status pybox_box_run(pybox_box *box, const pybox_run *run, const pybox_result **result)
{
    pybox_status status = run_need_python(box, result);
    if (status != PYBOX_OK)
        return status;
    pybox_run chosen = {0};
    if (run == NULL || run->code == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "there is no code to run; expected Python source");
    status = options_copy(&chosen, sizeof chosen, run, "pybox_run");
    if (status != PYBOX_OK)
        return status;
    if (chosen.mode < PYBOX_MODE_EXEC || chosen.mode > PYBOX_MODE_SINGLE)
        return error_set(PYBOX_ERROR_ARGUMENT, "mode is %d; expected a pybox_mode",
                         (int)chosen.mode);
    status = run_begin(box);
    if (status != PYBOX_OK)
        return status;
    struct run_clock clock;
    run_clock_start(&clock);
    const char *filename = chosen.filename != NULL ? chosen.filename : "<run>";
    const struct box_part parts[] = {
        {chosen.code, chosen.code_length > 0 ? chosen.code_length : strlen(chosen.code)},
        {filename, strlen(filename)},
    };
    status = run_prepare(box);
    if (status == PYBOX_OK)
        status = box_put_request(box, parts, 2);
    uint64_t values[3] = {chosen.mode, parts[0].length, parts[1].length};
    if (status == PYBOX_OK)
        status = run_call(box, GUEST_RUN, values);
    return run_leave(box, &clock, status, BOX_IDLE, result);
}

pybox_status pybox_box_finish(pybox_box *box, const pybox_result **result)
{
    pybox_status status = run_need_python(box, result);
    if (status == PYBOX_OK && box->state == BOX_FINISHED) {
        result_reset(&box->result);
        *result = &box->result.public_result;
        return PYBOX_OK;
    }
    if (status == PYBOX_OK)
        status = run_begin(box);
    if (status != PYBOX_OK)
        return status;
    struct run_clock clock;
    run_clock_start(&clock);
    uint64_t values[1] = {0};
    status = run_call(box, GUEST_FINISH, values);
    return run_leave(box, &clock, status, BOX_FINISHED, result);
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
    pybox_status status = run_begin(box);
    if (status != PYBOX_OK)
        return status;
    struct run_clock clock;
    run_clock_start(&clock);
    uint64_t values[1] = {0};
    uint32_t trap;
    status = box_call(box, box->module->start, values, &trap);
    if (status == PYBOX_OK && trap != 0)
        status = run_trapped(box, trap);
    else if (status == PYBOX_OK)
        box->result.public_result.outcome = PYBOX_EXIT; /* it returned: exit code 0 */
    return run_leave(box, &clock, status, BOX_FINISHED, result);
}
