/* Values into the guest and out of it: variables, and calls of the guest's functions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "context.h"
#include "error.h"
#include "options.h"
#include "outcome.h"
#include "run.h"
#include "run_request.h"
#include "value_check.h"

#define NAME_BYTES_MOST 1000
#define ARGUMENTS_MOST 10000

_Static_assert(PYBOX_VALUE_BYTES_MOST == GUEST_VALUE_BYTES_MOST, "both sides have the same caps");
_Static_assert(PYBOX_VALUE_DEPTH_MOST == GUEST_VALUE_DEPTH_MOST, "both sides have the same caps");
_Static_assert(PYBOX_VALUE_ITEMS_MOST == GUEST_VALUE_ITEMS_MOST, "both sides have the same caps");
_Static_assert(VALUE_DIGITS_MOST == GUEST_VALUE_DIGITS_MOST, "both sides have the same caps");
_Static_assert((int)PYBOX_VALUES_TAGGED == (int)GUEST_VALUES_TAGGED && (int)PYBOX_VALUE_BYTES == (int)GUEST_VALUE_BYTES,
               "both sides have the same numbers");

/* A request for pybox_value: a header with its parts, and the texts. */
struct variable_request {
    struct guest_value_request *head; /* and the array of parts */
    struct box_part *texts;           /* 3 + count */
    uint32_t count;
    uint64_t bytes; /* of all values */
    pybox_bytes room;
    int has_room;
};

static void variable_clear(struct variable_request *r)
{
    free(r->head);
    free(r->texts);
}

static struct guest_value_part *variable_parts(const struct variable_request *r)
{
    return (struct guest_value_part *)(r->head + 1);
}

/* Begins one of `count` values. Errors: ARGUMENT, NO_MEMORY. */
static pybox_status variable_begin(struct variable_request *r, const char *context, const char *name,
                                   pybox_form_of_values form, size_t count)
{
    *r = (struct variable_request){0};
    if (context == NULL)
        context = CONTEXT_MAIN;
    pybox_status status = context_check_name(context);
    if (status == PYBOX_OK && strlen(name) > NAME_BYTES_MOST)
        status = error_set(PYBOX_ERROR_ARGUMENT, "a name of more than %d bytes", NAME_BYTES_MOST);
    if (status != PYBOX_OK)
        return status;
    if (form != PYBOX_VALUES_PLAIN && form != PYBOX_VALUES_TAGGED)
        return error_set(PYBOX_ERROR_ARGUMENT, "form is %d; expected a pybox_form_of_values", (int)form);
    const size_t head_bytes = sizeof *r->head + count * sizeof(struct guest_value_part);
    r->head = calloc(1, head_bytes);
    r->texts = calloc(3 + count, sizeof *r->texts);
    if (r->head == NULL || r->texts == NULL) {
        variable_clear(r);
        return error_set_memory("a request", head_bytes);
    }
    r->head->form = (uint32_t)form;
    r->head->context_bytes = (uint32_t)strlen(context);
    r->head->name_bytes = (uint32_t)strlen(name);
    r->head->count = (uint32_t)count;
    r->texts[0] = (struct box_part){(const char *)r->head, head_bytes};
    r->texts[1] = (struct box_part){context, strlen(context)};
    r->texts[2] = (struct box_part){name, strlen(name)};
    return PYBOX_OK;
}

/* A length of 0 with JSON means that it ends with a NUL. */
static size_t variable_length(const pybox_value *value)
{
    return value->kind == PYBOX_VALUE_JSON && value->length == 0 ? strlen(value->bytes) : value->length;
}

/* Adds the next value, which must stay; `what` names it. Errors: ARGUMENT, LIMIT. */
static pybox_status variable_add(struct variable_request *r, const pybox_value *value, const char *what,
                                 size_t index)
{
    struct value_fault fault;
    char name[64];
    snprintf(name, sizeof name, index == SIZE_MAX ? "%s" : "%s[%zu]", what, index);
    if (value->kind < PYBOX_VALUE_NONE || value->kind > PYBOX_VALUE_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT, "%s.kind is %d; expected a pybox_value_kind", name,
                         (int)value->kind);
    if (value->kind != PYBOX_VALUE_NONE && value->bytes == NULL && (value->length > 0 || value->kind == PYBOX_VALUE_JSON))
        return error_set(PYBOX_ERROR_ARGUMENT, "%s.bytes is NULL; expected %s", name,
                         value->kind == PYBOX_VALUE_JSON ? "JSON text" : "bytes");
    const size_t length = value->kind == PYBOX_VALUE_NONE ? 0 : variable_length(value);
    r->bytes += length;
    if (length > PYBOX_VALUE_BYTES_MOST || r->bytes > PYBOX_VALUE_BYTES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "%s: more than 64 MiB; pass parts of it", name);
    if (value->kind == PYBOX_VALUE_JSON && value_check(value->bytes, length, &fault) != 0)
        return error_set(fault.is_cap ? PYBOX_ERROR_LIMIT : PYBOX_ERROR_ARGUMENT, "%s: no JSON at byte %zu: %s",
                         name, fault.offset, fault.what);
    variable_parts(r)[r->count] = (struct guest_value_part){(uint32_t)value->kind, (uint32_t)length};
    r->texts[3 + r->count] = (struct box_part){length > 0 ? value->bytes : "", length};
    r->count++;
    return PYBOX_OK;
}

/* Bytes that are alone need not go through the request. */
static void variable_use_room(struct variable_request *r)
{
    if (r->count != 1 || variable_parts(r)->kind != GUEST_VALUE_BYTES)
        return;
    r->room = (pybox_bytes){r->texts[3].bytes, r->texts[3].length};
    r->has_room = 1;
    variable_parts(r)->kind = GUEST_VALUE_IN_ROOM;
    variable_parts(r)->bytes = 0;
    r->texts[3] = (struct box_part){"", 0};
}

static pybox_status variable_run(pybox_box *box, const struct variable_request *r, enum guest_value_op op,
                                 const pybox_call *call, const pybox_result **result)
{
    struct run_request request = {
        .export = GUEST_VALUE,
        .values = {op, 0, 0},
        .parts = r->texts,
        .part_count = 3 + (int)r->count,
        .context = r->texts[1].bytes,
        .room = r->has_room ? &r->room : NULL,
        .is_kept = op != GUEST_VALUE_CALL,
    };
    if (call != NULL) {
        request.limits = call->limits;
        request.refill = call->refill;
        request.refill_context = call->refill_context;
    }
    return run_request(box, &request, result);
}

/* What became of setting or deleting, for a caller who gets no result. */
static pybox_status variable_end(const pybox_box *box, pybox_status status, const pybox_result *result, const char *name)
{
    if (status != PYBOX_OK || result->outcome == PYBOX_DONE)
        return status;
    const char *why = result->error.message.length > 0 ? result->error.message.bytes : result->error.type.bytes;
    if (result->outcome == PYBOX_EXIT && box->state != BOX_IDLE) /* no mere SystemExit */
        return error_set(PYBOX_ERROR_DIRTY, "the box's program ended itself when %s was changed", name);
    return error_set(result->outcome == PYBOX_TRAP ? PYBOX_ERROR_GUEST : PYBOX_ERROR_LIMIT,
                     "changing %s ended with %s: %.700s", name, pybox_outcome_name(result->outcome), why);
}

/* Copies the options. Errors: ARGUMENT, MODULE_EXPORT. */
static pybox_status variable_check(const pybox_box *box, const pybox_variable *variable, pybox_variable *chosen)
{
    pybox_status status = run_need_python(box);
    if (status == PYBOX_OK)
        status = options_copy(chosen, sizeof *chosen, variable, "pybox_variable");
    if (status == PYBOX_OK && (variable == NULL || chosen->name == NULL))
        status = error_set(PYBOX_ERROR_ARGUMENT, "the variable's name is NULL; expected an identifier");
    return status;
}

pybox_status pybox_variable_set(pybox_box *box, const pybox_variable *variable, const pybox_value *value)
{
    pybox_variable chosen = {0};
    const pybox_result *result = NULL;
    struct variable_request request;
    pybox_status status = variable_check(box, variable, &chosen);
    if (status == PYBOX_OK && value == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "value is NULL; expected one, of kind NONE for None");
    if (status == PYBOX_OK)
        status = variable_begin(&request, chosen.context, chosen.name, chosen.form, 1);
    if (status != PYBOX_OK)
        return status;
    request.head->frozen = chosen.frozen != 0;
    status = variable_add(&request, value, "value", SIZE_MAX);
    if (status == PYBOX_OK) {
        variable_use_room(&request);
        status = variable_run(box, &request, GUEST_VALUE_SET, NULL, &result);
    }
    variable_clear(&request);
    return variable_end(box, status, result, chosen.name);
}

pybox_status pybox_variable_get(pybox_box *box, const pybox_variable *variable, const pybox_result **result)
{
    pybox_variable chosen = {0};
    struct variable_request request;
    if (result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "result is NULL; expected where to put it");
    *result = NULL;
    pybox_status status = variable_check(box, variable, &chosen);
    if (status == PYBOX_OK)
        status = variable_begin(&request, chosen.context, chosen.name, chosen.form, 0);
    if (status != PYBOX_OK)
        return status;
    status = variable_run(box, &request, GUEST_VALUE_GET, NULL, result);
    variable_clear(&request);
    return status;
}

pybox_status pybox_variable_delete(pybox_box *box, const pybox_variable *variable)
{
    pybox_variable chosen = {0};
    const pybox_result *result = NULL;
    struct variable_request request;
    pybox_status status = variable_check(box, variable, &chosen);
    if (status == PYBOX_OK)
        status = variable_begin(&request, chosen.context, chosen.name, chosen.form, 0);
    if (status != PYBOX_OK)
        return status;
    status = variable_run(box, &request, GUEST_VALUE_DELETE, NULL, &result);
    variable_clear(&request);
    return variable_end(box, status, result, chosen.name);
}

/* The values of a call. Errors: ARGUMENT, LIMIT. */
static pybox_status variable_add_arguments(struct variable_request *r, const pybox_call *call)
{
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < call->argument_count && status == PYBOX_OK; i++)
        status = variable_add(r, &call->arguments[i], "arguments", i);
    if (status != PYBOX_OK || call->keywords == NULL)
        return status;
    r->head->has_keywords = 1;
    const pybox_value keywords = {PYBOX_VALUE_JSON, call->keywords, call->keywords_length};
    return variable_add(r, &keywords, "keywords", SIZE_MAX);
}

pybox_status pybox_box_call(pybox_box *box, const pybox_call *call, const pybox_result **result)
{
    pybox_call chosen = {0};
    struct variable_request request;
    if (result == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "result is NULL; expected where to put it");
    *result = NULL;
    pybox_status status = run_need_python(box);
    if (status == PYBOX_OK)
        status = options_copy(&chosen, sizeof chosen, call, "pybox_call");
    if (status == PYBOX_OK && (call == NULL || chosen.function == NULL))
        status = error_set(PYBOX_ERROR_ARGUMENT, "function is NULL; expected a name, or a dotted path from one");
    if (status == PYBOX_OK && chosen.arguments == NULL && chosen.argument_count > 0)
        status = error_set(PYBOX_ERROR_ARGUMENT, "arguments is NULL; expected %zu of them", chosen.argument_count);
    if (status == PYBOX_OK && chosen.argument_count > ARGUMENTS_MOST)
        status = error_set(PYBOX_ERROR_LIMIT, "%zu arguments; expected at most %d", chosen.argument_count, ARGUMENTS_MOST);
    if (status == PYBOX_OK)
        status = variable_begin(&request, chosen.context, chosen.function, chosen.form,
                                chosen.argument_count + (chosen.keywords != NULL));
    if (status != PYBOX_OK)
        return status;
    status = variable_add_arguments(&request, &chosen);
    if (status == PYBOX_OK)
        status = variable_run(box, &request, GUEST_VALUE_CALL, &chosen, result);
    variable_clear(&request);
    return status;
}
