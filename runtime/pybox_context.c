/* Contexts: what the guest keeps of them is asked for and changed in calls of one export, in the set-up of no run. */
#include "context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "bytes.h"
#include "error.h"
#include "run.h"

#define ASKED_MOST 1000000 /* names in one call */

static int is_plain(const char *text, size_t length)
{
    if (!bytes_are_utf8(text, length))
        return 0;
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
            return 0;
    }
    return 1;
}

static int is_name(const char *text, size_t length)
{
    return length > 0 && length <= GUEST_CONTEXT_NAME_MOST && is_plain(text, length);
}

pybox_status context_check_name(const char *name)
{
    if (name == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "there is no name of a context; expected one");
    if (!is_name(name, strnlen(name, GUEST_CONTEXT_NAME_MOST + 1)))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the name of a context is 1 to %d bytes of UTF-8 without control characters; "
                         "this one is not: %.*s",
                         GUEST_CONTEXT_NAME_MOST, GUEST_CONTEXT_NAME_MOST, name);
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Asking the guest
 */

static pybox_status context_need(const pybox_box *box)
{
    if (box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box is NULL; expected one");
    if (box->module->guest[GUEST_CONTEXT] == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT, "module %s has no contexts; expected a Python guest",
                         module_describe(box->module->native)->name);
    return PYBOX_OK;
}

/* A copy of a text in linear memory, with a NUL behind it. */
static pybox_status context_keep_text(const struct guest_text *text, char **copy, size_t *length)
{
    *copy = malloc((size_t)text->length + 1);
    if (*copy == NULL)
        return error_set_memory("the names of a box's contexts", text->length);
    memcpy(*copy, text->bytes, text->length);
    (*copy)[text->length] = '\0';
    *length = text->length;
    return PYBOX_OK;
}

/* What the guest has answered. `list` is NULL if no list is asked for. */
static pybox_status context_read(pybox_box *box, uint32_t address, char **list, size_t *length)
{
    const struct guest_memory memory = box_memory(box);
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    pybox_status status = guest_read_reply(&memory, address, &reply, texts);
    if (status != PYBOX_OK)
        return status;
    if (reply.kind == GUEST_REPLY_REFUSED)
        return guest_refused(&reply, &texts[0]);
    if (list != NULL && reply.kind == GUEST_REPLY_LIST)
        return context_keep_text(&texts[0], list, length);
    return list == NULL && reply.kind == GUEST_REPLY_DONE ? PYBOX_OK
                                                          : guest_broken("a reply to another question");
}

static pybox_status context_call(pybox_box *box, enum guest_context_act act, const struct box_part *parts,
                                 size_t count, char **list, size_t *length)
{
    uint64_t values[2] = {act, count};
    uint32_t trap = 0;
    pybox_status status = run_prepare(box);
    if (status == PYBOX_OK)
        status = box_put_request(box, parts, (int)count);
    if (status == PYBOX_OK)
        status = box_call(box, box->module->guest[GUEST_CONTEXT], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return error_set(PYBOX_ERROR_GUEST, "the guest failed at a change of its contexts (a finaliser?): %s",
                         box_trap_text(trap));
    return context_read(box, (uint32_t)values[0], list, length);
}

/* The parts are the request's texts. With `list`, *list is to be freed. */
static pybox_status context_ask(pybox_box *box, enum guest_context_act act, const struct box_part *parts,
                                size_t count, char **list, size_t *length)
{
    const pybox_result *result;
    pybox_status status = run_begin(box, NULL);
    if (status != PYBOX_OK)
        return status;
    status = context_call(box, act, parts, count, list, length);
    return run_return(box, status, &result);
}

static pybox_status context_act(pybox_box *box, enum guest_context_act act, const char *name, const char *of)
{
    const struct box_part parts[] = {{name, strlen(name)}, {of, strlen(of)}};
    return context_ask(box, act, parts, 2, NULL, NULL);
}

/* ------------------------------------------------------------------------------------------
 * The calls
 */

pybox_status pybox_context_create(pybox_box *box, const char *name, const char *parent)
{
    pybox_status status = context_need(box);
    if (status == PYBOX_OK)
        status = context_check_name(name);
    if (status == PYBOX_OK && parent != NULL)
        status = context_check_name(parent);
    if (status == PYBOX_OK)
        status = context_act(box, GUEST_CONTEXT_CREATE, name, parent != NULL ? parent : "");
    return status;
}

pybox_status pybox_context_copy(pybox_box *box, const char *name, const char *source)
{
    pybox_status status = context_need(box);
    if (status == PYBOX_OK)
        status = context_check_name(name);
    if (status == PYBOX_OK)
        status = context_check_name(source);
    if (status == PYBOX_OK)
        status = context_act(box, GUEST_CONTEXT_COPY, name, source);
    return status;
}

pybox_status pybox_context_reset(pybox_box *box, const char *name)
{
    pybox_status status = context_need(box);
    if (status == PYBOX_OK)
        status = context_check_name(name);
    if (status == PYBOX_OK)
        status = context_act(box, GUEST_CONTEXT_RESET, name, "");
    return status;
}

pybox_status pybox_context_destroy(pybox_box *box, const char *name)
{
    pybox_status status = context_need(box);
    if (status == PYBOX_OK)
        status = context_check_name(name);
    if (status == PYBOX_OK)
        status = context_act(box, GUEST_CONTEXT_DESTROY, name, "");
    return status;
}

/* One text of a list, which has a NUL behind each; NULL: it is no name. */
static const char *context_take(const char **at, const char *end, int may_be_empty)
{
    const char *text = *at;
    const char *last = memchr(text, '\0', (size_t)(end - text));
    if (last == NULL)
        return NULL;
    *at = last + 1;
    if (last == text)
        return may_be_empty ? text : NULL;
    return is_name(text, (size_t)(last - text)) ? text : NULL;
}

/* Goes through a list; `each` may be NULL. Errors: GUEST (it is none). */
static pybox_status context_tell(const char *list, size_t length,
                                 int (*each)(void *context, const char *name, const char *parent),
                                 void *context)
{
    const char *at = list, *end = list + length;
    for (uint32_t count = 0; at < end; count++) {
        const char *name = context_take(&at, end, 0);
        const char *parent = name != NULL ? context_take(&at, end, 1) : NULL;
        if (parent == NULL || count >= GUEST_CONTEXTS_MOST)
            return guest_broken("a list of contexts that is none");
        if (each != NULL && each(context, name, parent[0] != '\0' ? parent : NULL) != 0)
            break;
    }
    return PYBOX_OK;
}

pybox_status pybox_context_list(pybox_box *box,
                                int (*each)(void *context, const char *name, const char *parent),
                                void *context)
{
    char *list = NULL;
    size_t length = 0;
    pybox_status status = context_need(box);
    if (status == PYBOX_OK && each == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "each is NULL; expected a function");
    if (status == PYBOX_OK)
        status = context_ask(box, GUEST_CONTEXT_LIST, NULL, 0, &list, &length);
    if (status == PYBOX_OK)
        status = context_tell(list, length, NULL, NULL);
    if (status == PYBOX_ERROR_GUEST)
        box->state = BOX_DIRTY;
    if (status == PYBOX_OK)
        status = context_tell(list, length, each, context);
    free(list);
    return status;
}

/* Asks with a context and names in it. */
static pybox_status context_ask_names(pybox_box *box, enum guest_context_act act, const char *context,
                                      const char *const *names, size_t count)
{
    pybox_status status = context_need(box);
    if (status == PYBOX_OK)
        status = context_check_name(context);
    if (status == PYBOX_OK && count > ASKED_MOST)
        status = error_set(PYBOX_ERROR_LIMIT, "%zu names in one call; expected at most %d", count, ASKED_MOST);
    if (status != PYBOX_OK)
        return status;
    struct box_part *parts = malloc((count + 1) * sizeof *parts);
    if (parts == NULL)
        return error_set_memory("a request", (count + 1) * sizeof *parts);
    parts[0] = (struct box_part){context, strlen(context)};
    for (size_t i = 0; i < count && status == PYBOX_OK; i++) {
        const char *name = names[i] != NULL ? names[i] : "";
        parts[i + 1] = (struct box_part){name, strlen(name)};
        if (name[0] == '\0' || !bytes_are_utf8(name, parts[i + 1].length))
            status = error_set(PYBOX_ERROR_ARGUMENT, "name %zu is NULL, empty or not UTF-8; expected a variable's", i);
    }
    if (status == PYBOX_OK)
        status = context_ask(box, act, parts, count + 1, NULL, NULL);
    free(parts);
    return status;
}

pybox_status pybox_context_protect(pybox_box *box, const char *context, const char *const *names,
                                   size_t count)
{
    if (names == NULL && count > 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "names is NULL; expected %zu of them", count);
    return context_ask_names(box, GUEST_CONTEXT_PROTECT, context, names, count);
}

pybox_status pybox_context_unprotect(pybox_box *box, const char *context, const char *const *names,
                                     size_t count)
{
    if (names != NULL && count == 0) /* none of them; the guest would take them all back */
        return context_ask_names(box, GUEST_CONTEXT_PROTECT, context, NULL, 0);
    return context_ask_names(box, GUEST_CONTEXT_UNPROTECT, context, names, names != NULL ? count : 0);
}
