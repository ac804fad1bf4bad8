#include "result.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

static const pybox_bytes empty = {"", 0};

void result_reset(struct result *result)
{
    for (int i = 0; i < result->text_count; i++)
        free(result->texts[i]);
    memset(result, 0, sizeof *result);
    pybox_result *r = &result->public_result;
    r->size = sizeof *r;
    r->value = r->value_repr = r->value_error = r->output = r->errors = r->limit = r->profile = empty;
    r->error.type = r->error.message = r->error.traceback = empty;
    r->error.user_traceback = r->error.object = r->error.hint = empty;
}

pybox_status result_set(struct result *result, pybox_bytes *field, const void *bytes, size_t length)
{
    if (length == 0)
        return PYBOX_OK;
    char *copy = result->text_count < RESULT_MAX_TEXTS ? malloc(length + 1) : NULL;
    if (copy == NULL)
        return error_set_memory("a run's result", length);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    result->texts[result->text_count++] = copy;
    *field = (pybox_bytes){copy, length};
    return PYBOX_OK;
}
