/* Contexts: what the guest keeps of them is asked for and changed in calls of one export, in the set-up of no run. */
#include "context.h"

#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "bytes.h"
#include "error.h"
#include "guard.h"
#include "run.h"

#define ASKED_MOST 100000 /* names in one call */

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

/* What the guest has answered. */
static pybox_status context_read(pybox_box *box, uint32_t address)
{
    const struct guest_memory memory = box_memory(box);
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    pybox_status status = guest_read_reply(&memory, address, &reply, texts);
    if (status != PYBOX_OK)
        return status;
    if (reply.kind == GUEST_REPLY_REFUSED)
        return guest_refused(&reply, &texts[0]);
    return reply.kind == GUEST_REPLY_DONE ? PYBOX_OK : guest_broken("a reply to another question");
}

static pybox_status context_call(pybox_box *box, enum guest_context_act act, const struct box_part *parts,
                                 size_t count)
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
    return context_read(box, (uint32_t)values[0]);
}

/* The parts are the request's texts. */
static pybox_status context_ask(pybox_box *box, enum guest_context_act act, const struct box_part *parts,
                                size_t count)
{
    const pybox_result *result;
    pybox_status status = run_begin(box, NULL);
    if (status != PYBOX_OK)
        return status;
    status = context_call(box, act, parts, count);
    return run_return(box, status, &result);
}

static pybox_status context_act(pybox_box *box, enum guest_context_act act, const char *name, const char *of)
{
    const struct box_part parts[] = {{name, strlen(name)}, {of, strlen(of)}};
    return context_ask(box, act, parts, 2);
}

/* ------------------------------------------------------------------------------------------
 * Reading the guest's list of them
 */

pybox_status context_find_first(pybox_box *box, uint32_t *first)
{
    uint64_t values[1] = {0};
    *first = 0;
    if (!guard_call_nested(box, GUEST_CONTEXTS, values))
        return guest_broken("it does not find its contexts");
    *first = (uint32_t)values[0];
    return PYBOX_OK;
}

static int context_read_entry(const struct guest_memory *memory, uint32_t address,
                              struct guest_context_entry *entry, char name[CONTEXT_NAME_BYTES])
{
    const uint8_t *at = guest_range(memory, address, sizeof *entry);
    if (at == NULL)
        return -1;
    memcpy(entry, at, sizeof *entry);
    at = guest_range(memory, entry->name, entry->name_bytes);
    if (at == NULL || !is_name((const char *)at, entry->name_bytes))
        return -1;
    memcpy(name, at, entry->name_bytes);
    name[entry->name_bytes] = '\0';
    return 0;
}

pybox_status context_go_through(pybox_box *box, uint32_t first,
                                int (*each)(void *context, const char *name, const char *parent),
                                void *context)
{
    const struct guest_memory memory = box_memory(box);
    char name[CONTEXT_NAME_BYTES], parent_name[CONTEXT_NAME_BYTES];
    struct guest_context_entry entry = {.next = first}, parent;
    for (uint32_t count = 0; entry.next != 0; count++) {
        if (count >= GUEST_CONTEXTS_MOST || context_read_entry(&memory, entry.next, &entry, name) < 0 ||
            (entry.parent != 0 && context_read_entry(&memory, entry.parent, &parent, parent_name) < 0))
            return guest_broken("a list of contexts that is none");
        if (each != NULL && each(context, name, entry.parent != 0 ? parent_name : NULL) != 0)
            break;
    }
    return PYBOX_OK;
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

pybox_status pybox_context_list(pybox_box *box,
                                int (*each)(void *context, const char *name, const char *parent),
                                void *context)
{
    const pybox_result *result;
    uint32_t first = 0;
    pybox_status status = context_need(box);
    if (status == PYBOX_OK && each == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "each is NULL; expected a function");
    if (status == PYBOX_OK)
        status = run_begin(box, NULL);
    if (status != PYBOX_OK)
        return status;
    status = context_find_first(box, &first);
    if (status == PYBOX_OK)
        status = context_go_through(box, first, NULL, NULL);
    status = run_return(box, status, &result);
    return status == PYBOX_OK ? context_go_through(box, first, each, context) : status;
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
        status = context_ask(box, act, parts, count + 1);
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
