#include "host_function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "error.h"
#include "guard.h"
#include "host_frame.h"
#include "outcome.h"
#include "value_check.h"

#define SMALL_BYTES 1024 /* longer arguments and answers are allocated */
#define MESSAGE_BYTES (1u << 20)
#define FAULT UINT32_MAX /* the guest's call makes no sense: no enum guest_answer */
#define OVER (UINT32_MAX - 1) /* its arguments are over a cap of values */

/* ------------------------------------------------------------------------------------------
 * Answers
 */

struct pybox_answer {
    enum guest_answer kind;
    uint32_t error; /* enum guest_error */
    char *bytes;    /* `small`, or allocated */
    size_t length;
    const struct function *function;
    char small[SMALL_BYTES];
};

int host_function_error(const char *type)
{
#define ERROR_NAME(name) [GUEST_ERROR_##name] = #name,
    static const char *const names[GUEST_ERROR_COUNT] = {GUEST_ERRORS(ERROR_NAME)};
#undef ERROR_NAME
    if (type == NULL)
        return GUEST_ERROR_HOST;
    for (int i = 1; i < GUEST_ERROR_COUNT; i++)
        if (strcmp(names[i], type) == 0)
            return i;
    return -1;
}

static void answer_forget(pybox_answer *answer)
{
    if (answer->bytes != answer->small)
        free(answer->bytes);
    answer->bytes = answer->small;
    answer->length = 0;
    answer->kind = GUEST_ANSWER_NONE;
}

static pybox_status answer_set(pybox_answer *answer, enum guest_answer kind, const char *bytes,
                               size_t length)
{
    char *to = length <= sizeof answer->small ? answer->small : malloc(length);
    if (to == NULL)
        return error_set_memory("an answer", length);
    answer_forget(answer);
    memcpy(to, bytes, length);
    answer->bytes = to;
    answer->length = length;
    answer->kind = kind;
    return PYBOX_OK;
}

/* The guest gets an error: the function's name, with a text before it and one behind it. */
static void answer_fail(pybox_answer *answer, uint32_t error, const char *before, const char *after)
{
    char text[512];
    int length = snprintf(text, sizeof text, "%s%s%s", before, answer->function->full_name, after);
    answer->error = error;
    answer_set(answer, GUEST_ANSWER_ERROR, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* What the host has answered cannot go: the guest gets an error that says so. */
static void answer_refuse(pybox_answer *answer, const char *what)
{
    answer_fail(answer, GUEST_ERROR_HOST, "the host's answer to ", what);
}

pybox_status pybox_answer_value(pybox_answer *answer, const pybox_value *value)
{
    if (answer == NULL || value == NULL || (value->kind != PYBOX_VALUE_NONE && value->bytes == NULL))
        return error_set(PYBOX_ERROR_ARGUMENT, "answer, value or its bytes are NULL; expected all");
    if (value->kind == PYBOX_VALUE_NONE) {
        answer_forget(answer);
        return PYBOX_OK;
    }
    if (value->kind != PYBOX_VALUE_JSON && value->kind != PYBOX_VALUE_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT, "the value's kind is %d; expected a pybox_value_kind",
                         (int)value->kind);
    const int is_text = value->kind == PYBOX_VALUE_JSON;
    const size_t length = value->length == 0 && is_text ? strlen(value->bytes) : value->length;
    if (length > PYBOX_VALUE_BYTES_MOST) {
        answer_refuse(answer, " is longer than 64 MiB");
        return error_set(PYBOX_ERROR_LIMIT, "an answer of %zu bytes; expected at most 64 MiB", length);
    }
    struct value_fault fault;
    if (is_text && value_check(value->bytes, length, &fault) < 0) {
        answer_refuse(answer, fault.is_cap ? " is over a cap of values" : " is no JSON");
        return error_set(fault.is_cap ? PYBOX_ERROR_LIMIT : PYBOX_ERROR_ARGUMENT, "the answer, at byte %zu: %s",
                         fault.offset, fault.what);
    }
    return answer_set(answer, is_text ? GUEST_ANSWER_JSON : GUEST_ANSWER_BYTES, value->bytes, length);
}

pybox_status pybox_answer_error(pybox_answer *answer, const char *type, const char *message)
{
    if (answer == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "answer is NULL; expected the call's");
    const int error = host_function_error(type);
    if (error < 0)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "\"%.100s\" is no exception that a host function can raise; expected NULL, or the name of a "
                         "built-in one that is made of a message",
                         type);
    if (message == NULL)
        message = "";
    const size_t length = strlen(message);
    if (length > MESSAGE_BYTES)
        return error_set(PYBOX_ERROR_LIMIT, "a message of %zu bytes; expected at most 1 MiB", length);
    pybox_status status = answer_set(answer, GUEST_ANSWER_ERROR, message, length);
    if (status == PYBOX_OK)
        answer->error = (uint32_t)error;
    return status;
}

void pybox_answer_later(pybox_answer *answer)
{
    if (answer == NULL)
        return;
    answer_forget(answer);
    answer->kind = GUEST_ANSWER_LATER;
}

/* ------------------------------------------------------------------------------------------
 * Arguments
 */

/* What a call has, copied: the guest's memory changes if the host function runs code in it. */
struct call_arguments {
    char *text; /* NUL-terminated: `small`, or allocated */
    size_t length;
    pybox_bytes *blobs;
    uint32_t blob_count;
    char small[SMALL_BYTES];
};

static void arguments_free(struct call_arguments *arguments)
{
    if (arguments->text != arguments->small)
        free(arguments->text);
    free(arguments->blobs);
}

/* The blobs and their bytes in one piece. 0, or why it cannot be. */
static enum guest_answer arguments_copy_blobs(struct call_arguments *to, const struct guest_memory *memory,
                                              const struct guest_host_call *call, uint64_t *moved)
{
    struct guest_blob blobs[SIGNATURE_PARAMETERS];
    uint64_t total = 0;
    if (call->blob_count == 0)
        return GUEST_ANSWER_NONE;
    const uint8_t *list =
        call->blob_count <= SIGNATURE_PARAMETERS
            ? guest_range(memory, call->blobs, call->blob_count * sizeof(struct guest_blob))
            : NULL;
    if (list == NULL)
        return FAULT;
    memcpy(blobs, list, call->blob_count * sizeof(struct guest_blob));
    for (uint32_t i = 0; i < call->blob_count; i++) {
        if (guest_range(memory, blobs[i].address, blobs[i].bytes) == NULL)
            return FAULT;
        total += (uint64_t)blobs[i].bytes + 1;
    }
    if (total > PYBOX_VALUE_BYTES_MOST + call->blob_count)
        return OVER;
    to->blobs = malloc(call->blob_count * sizeof *to->blobs + total);
    if (to->blobs == NULL)
        return GUEST_ANSWER_ERROR;
    char *at = (char *)(to->blobs + call->blob_count);
    for (uint32_t i = 0; i < call->blob_count; i++) {
        memcpy(at, memory->base + blobs[i].address, blobs[i].bytes);
        at[blobs[i].bytes] = '\0';
        to->blobs[i] = (pybox_bytes){at, blobs[i].bytes};
        at += blobs[i].bytes + 1;
    }
    to->blob_count = call->blob_count;
    *moved += total;
    return GUEST_ANSWER_NONE;
}

/* 0, FAULT if the guest has broken its protocol, OVER, GUEST_ANSWER_ERROR if there is no memory. */
static enum guest_answer arguments_copy(struct call_arguments *to, const struct guest_memory *memory,
                                        const struct guest_host_call *call, uint64_t *moved)
{
    const size_t length = call->arguments_bytes;
    const uint8_t *from = guest_range(memory, call->arguments, length);
    to->text = to->small;
    to->blobs = NULL;
    to->blob_count = 0;
    if (from == NULL)
        return FAULT;
    if (length > PYBOX_VALUE_BYTES_MOST)
        return OVER;
    if (length >= sizeof to->small) {
        char *copy = malloc(length + 1);
        if (copy == NULL)
            return GUEST_ANSWER_ERROR;
        to->text = copy;
    }
    memcpy(to->text, from, length);
    to->text[length] = '\0';
    to->length = length;
    *moved += length;
    struct value_fault fault;
    if (to->text[0] != '{')
        return FAULT;
    if (value_check(to->text, length, &fault) < 0)
        return fault.is_cap ? OVER : FAULT;
    return arguments_copy_blobs(to, memory, call, moved);
}

/* ------------------------------------------------------------------------------------------
 * The import
 */

/* Calls the host's function, in whose time the box may be run. */
static void function_run(struct pybox_box *box, const struct function *function,
                         const struct call_arguments *arguments, uint64_t id, pybox_answer *answer)
{
    struct host_frame frame;
    char context[CONTEXT_NAME_BYTES]; /* the box's own changes with runs within */
    memcpy(context, box->context, sizeof context);
    const pybox_host_call call = {
        .size = sizeof call,
        .box = box,
        .function = function->full_name,
        .context = context,
        .arguments = {arguments->text, arguments->length},
        .blobs = arguments->blobs,
        .blob_count = arguments->blob_count,
        .id = id,
    };
    host_frame_push(box, &frame);
    function->function(function->context, &call, answer);
    box->env.stop = frame.cut;
    host_frame_pop(box);
}

static void box_forget_answer(struct pybox_box *box)
{
    free(box->answer.bytes);
    box->answer = (struct host_answer){0};
}

/* Gives the answer to the guest, whose call struct is at `address`: the import's result. */
static uint32_t answer_give(struct pybox_box *box, pybox_answer *answer, uint32_t address,
                            struct guest_host_call *call)
{
    const struct guest_memory memory = box_memory(box);
    uint8_t *back = guest_range(&memory, address, sizeof *call);
    uint8_t *buffer = guest_range(&memory, call->answer, call->answer_capacity);
    if (back == NULL || buffer == NULL)
        return FAULT;
    call->answer_bytes = (uint32_t)answer->length;
    call->error = answer->error;
    if (answer->length <= call->answer_capacity) {
        memcpy(buffer, answer->bytes, answer->length);
    } else if (answer->bytes != answer->small) {
        box->answer = (struct host_answer){answer->bytes, answer->length};
        answer->bytes = answer->small;
    } else { /* a buffer smaller than ours */
        box->answer.bytes = malloc(answer->length);
        box->answer.length = box->answer.bytes != NULL ? answer->length : 0;
        if (box->answer.bytes != NULL)
            memcpy(box->answer.bytes, answer->bytes, answer->length);
    }
    memcpy(back, call, sizeof *call);
    guard_charge_moved(box, answer->length);
    return answer->kind;
}

static uint32_t function_call(struct pybox_box *box, const struct function *function, uint32_t address)
{
    const struct guest_memory memory = box_memory(box);
    struct guest_host_call call;
    struct call_arguments arguments;
    pybox_answer answer;
    uint64_t moved = 0;
    const uint8_t *given = guest_range(&memory, address, sizeof call);
    if (given == NULL)
        return FAULT;
    memcpy(&call, given, sizeof call);
    answer.kind = GUEST_ANSWER_NONE;
    answer.error = GUEST_ERROR_HOST;
    answer.bytes = answer.small;
    answer.length = 0;
    answer.function = function;
    uint32_t kind = arguments_copy(&arguments, &memory, &call, &moved);
    guard_charge_moved(box, moved);
    if (kind == GUEST_ANSWER_ERROR)
        answer_refuse(&answer, " cannot be asked for: the host has no memory for the arguments");
    else if (kind == OVER)
        answer_fail(&answer, GUEST_ERROR_ValueError, "the arguments of ",
                    " are over a cap of values in all: 64 MiB, 4,000,000 items, 199 levels; pass parts of them");
    else if (kind == GUEST_ANSWER_NONE)
        function_run(box, function, &arguments, call.id, &answer);
    if (kind != FAULT && box->env.stop == 0)
        kind = answer_give(box, &answer, address, &call);
    arguments_free(&arguments);
    answer_forget(&answer);
    return kind;
}

void host_function_call(struct pybox_box *box, uint64_t *values)
{
    const uint32_t number = (uint32_t)values[0];
    const struct pybox_functions *set = box->functions;
    box_forget_answer(box);
    if (set == NULL || number >= set->count || box->phase != BOX_RUN)
        values[0] = GUEST_ANSWER_GONE;
    else
        values[0] = function_call(box, set->list[number], (uint32_t)values[1]);
}

void host_function_take(struct pybox_box *box, uint64_t *values)
{
    const struct guest_memory memory = box_memory(box);
    const uint32_t address = (uint32_t)values[0], capacity = (uint32_t)values[1];
    uint8_t *to = guest_range(&memory, address, capacity);
    values[0] = 1;
    if (to != NULL && box->answer.bytes != NULL && box->answer.length <= capacity) {
        memcpy(to, box->answer.bytes, box->answer.length);
        guard_charge_moved(box, box->answer.length);
        values[0] = 0;
    }
    box_forget_answer(box);
}

/* ------------------------------------------------------------------------------------------
 * Telling the guest
 */

static pybox_status declare_failed(uint32_t trap)
{
    return error_set(PYBOX_ERROR_GUEST, "the guest failed before the run, at the host's functions: %s",
                     box_trap_text(trap));
}

pybox_status host_function_declare(struct pybox_box *box)
{
    const struct pybox_functions *set = box->functions;
    const struct box_part part = {set->declarations, strlen(set->declarations)};
    uint64_t values[3] = {set->name[0], set->name[1], part.length};
    uint32_t trap;
    pybox_status status = box_call(box, box->module->guest[GUEST_FUNCTIONS_KNOWN], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return declare_failed(trap);
    if ((uint32_t)values[0] == 1)
        return PYBOX_OK;
    status = box_put_request(box, &part, 1);
    if (status != PYBOX_OK)
        return status;
    values[0] = set->name[0];
    status = box_call(box, box->module->guest[GUEST_FUNCTIONS], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return declare_failed(trap);
    status = outcome_of_reply(box, (uint32_t)values[0]);
    if (status == PYBOX_OK && box->result.public_result.outcome != PYBOX_DONE)
        status = error_set(PYBOX_ERROR_GUEST, "the guest did not accept the host's functions: %s",
                           box->result.public_result.error.message.bytes);
    return status;
}
