/* Runs in contexts of a Python box, for tests. */
#ifndef CONTEXT_FIXTURE_H
#define CONTEXT_FIXTURE_H

#include "python_fixture.h"

static inline const pybox_result *run_in(pybox_box *box, const char *context, pybox_mode mode,
                                         const char *code)
{
    const pybox_result *result;
    const pybox_run run = {.mode = mode, .code = code, .context = context};
    if (pybox_box_run(box, &run, &result) != PYBOX_OK)
        fail_msg("%s: %s: %s", context, code, pybox_error_message());
    return result;
}

/* Runs code that must come to its end. The repr of its value. */
static inline const char *eval_in(pybox_box *box, const char *context, const char *code)
{
    const pybox_result *result = run_in(box, context, PYBOX_MODE_EVAL, code);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s: %s: %s", context, code, pybox_outcome_name(result->outcome),
                 result->error.traceback.bytes);
    return result->value_repr.bytes;
}

static inline void assert_in(pybox_box *box, const char *context, const char *code, const char *value)
{
    const char *got = eval_in(box, context, code);
    if (strcmp(got, value) != 0)
        fail_msg("%s: %s: %s; expected %s", context, code, got, value);
}

/* Runs code that must raise. */
static inline const pybox_result *assert_raises(pybox_box *box, const char *context, const char *code,
                                                const char *type)
{
    const pybox_result *result = run_in(box, context, PYBOX_MODE_EXEC, code);
    if (result->outcome != PYBOX_EXCEPTION || strcmp(result->error.type.bytes, type) != 0)
        fail_msg("%s: %s: %s %s; expected %s", context, code, pybox_outcome_name(result->outcome),
                 result->error.traceback.bytes, type);
    return result;
}

static inline void create(pybox_box *box, const char *name, const char *parent)
{
    assert_works(pybox_context_create(box, name, parent));
}

static inline void protect(pybox_box *box, const char *context, const char *name)
{
    assert_works(pybox_context_protect(box, context, &name, 1));
}

#endif
