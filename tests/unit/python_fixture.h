/* Boxes of the real Python module for tests: set-up, and runs that must work. Include it in one file of a program;
 * every function fails the test where something is not as it must be. */
#ifndef PYTHON_FIXTURE_H
#define PYTHON_FIXTURE_H

#include "pybox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;

static int set_up(void **state)
{
    (void)state;
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK ||
        pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
        pybox_image_open(module, NULL, &image) != PYBOX_OK) {
        print_error("set-up: %s\n", pybox_error_message());
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}

static inline void assert_works(pybox_status status)
{
    if (status != PYBOX_OK)
        fail_msg("%s: %s", pybox_status_name(status), pybox_error_message());
}

/* With all the time for its grace, unless the limits say how much: on a busy machine the usual one may pass before the
 * guest has had a moment to wind up. What is tested is seldom the time. */
static inline pybox_box *make_box(const pybox_box_options *options)
{
    const pybox_box_options none = {0};
    pybox_limits limits = {0};
    pybox_box *box;
    if (options == NULL)
        options = &none;
    if (options->limits != NULL)
        limits = *options->limits;
    if (limits.grace_ns == 0)
        limits.grace_ns = PYBOX_UNLIMITED;
    pybox_box_options patient = *options;
    patient.limits = &limits;
    assert_works(pybox_box_create(module, image, &patient, &box));
    return box;
}

static inline pybox_box *make_policy(pybox_rollback policy)
{
    return make_box(&(pybox_box_options){.rollback = policy});
}

/* With limits of the run's own, or NULL. Whatever its outcome is. */
static inline const pybox_result *run_limited(pybox_box *box, const char *code,
                                              const pybox_limits *limits)
{
    const pybox_result *result;
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = code, .limits = limits};
    if (pybox_box_run(box, &run, &result) != PYBOX_OK)
        fail_msg("%s: %s", code, pybox_error_message());
    return result;
}

/* What tells of a result that the run was where the test wants it. */
typedef int result_test(const pybox_result *result);

/* Runs code with ever more of a limit, whose place is given, until it is enough for the run to come to where the test
 * wants it: how far it comes in a time is the machine's affair. */
static inline const pybox_result *run_until(pybox_box *box, const char *code, size_t limit, result_test *is_there)
{
    for (uint64_t amount = 20000000; amount < UINT64_C(60000000000); amount *= 2) {
        pybox_limits limits = {0};
        memcpy((char *)&limits + limit, &amount, sizeof amount);
        const pybox_result *result = run_limited(box, code, &limits);
        if (is_there(result))
            return result;
    }
    fail_msg("%s: it never came there", code);
    return NULL;
}

/* Runs code that must come to its end. The repr of its value, until the box's next call. */
static inline const char *eval(pybox_box *box, const char *code)
{
    const pybox_result *result = run_limited(box, code, NULL);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s: %s", code, pybox_outcome_name(result->outcome),
                 result->error.traceback.bytes);
    return result->value_repr.bytes;
}

static inline void assert_eval(pybox_box *box, const char *code, const char *value)
{
    assert_string_equal(eval(box, code), value);
}

static inline void checkpoint(pybox_box *box)
{
    assert_works(pybox_box_checkpoint(box));
}

static inline void rollback(pybox_box *box)
{
    assert_works(pybox_box_rollback(box));
}

static inline void drop(pybox_box *box)
{
    assert_works(pybox_box_drop(box));
}

static inline pybox_box *clone_box(pybox_box *box)
{
    pybox_box *clone;
    assert_works(pybox_box_clone(box, NULL, &clone));
    return clone;
}

/* KiB of mapped files that this process has written: what boxes have of their images, and not what a sanitizer has. */
static inline long image_kib(void)
{
    char line[512];
    long value, sum = 0;
    int is_file = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long low, inode;
        if (sscanf(line, "%lx-%*x %*s %*x %*s %lu", &low, &inode) == 2)
            is_file = inode != 0;
        else if (is_file && sscanf(line, "Private_Dirty: %ld", &value) == 1)
            sum += value;
    }
    fclose(file);
    return sum;
}

/* KiB that this process has written. */
static inline long private_kib(void)
{
    char line[256];
    long value, sum = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Private_Dirty: %ld", &value) == 1)
            sum += value;
    fclose(file);
    return sum;
}

#endif
