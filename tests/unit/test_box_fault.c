/* Every allocation of the runtime and of what is below it fails in turn: a clear status, nothing leaks (the
 * sanitizer build says so), and what was made before still works. */
#include "pybox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The N-th allocation from now fails; 0: none does. */
static int failing, failed;

static int fails(void)
{
    if (failing == 0 || --failing > 0)
        return 0;
    failed = 1;
    return 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;

static pybox_status make_engine(void)
{
    pybox_engine *made;
    pybox_status status = pybox_engine_create(NULL, &made);
    pybox_engine_destroy(made);
    return status;
}

static pybox_status open_module(void)
{
    pybox_module *opened;
    pybox_status status = pybox_module_open(engine, NULL, &opened);
    pybox_module_close(opened);
    return status;
}

static pybox_status open_image(void)
{
    pybox_image *opened;
    pybox_status status = pybox_image_open(module, NULL, &opened);
    pybox_image_close(opened);
    return status;
}

static pybox_status run_box(void)
{
    static const char *const words[] = {"A=b"};
    const pybox_mount mount = {.host = "/tmp", .guest = "/host", .read_only = 1};
    const pybox_box_options options = {.environment = words, .environment_count = 1,
                                       .arguments = words, .argument_count = 1,
                                       .input = "in\n", .input_length = 3,
                                       .mounts = &mount, .mount_count = 1};
    pybox_box *box;
    const pybox_result *result;
    pybox_status status = pybox_box_create(module, image, &options, &box);
    if (status != PYBOX_OK) {
        assert_null(box);
        return status;
    }
    const pybox_run run = {.mode = PYBOX_MODE_EVAL,
                           .code = "open('/work/f', 'w').write('x' * 100000); print(input()); 6 * 7"};
    status = pybox_box_run(box, &run, &result);
    /* The guest sees some failures as errors of its own (no space for a file, an output that fails). */
    if (status == PYBOX_OK && result->outcome == PYBOX_DONE)
        assert_string_equal(result->value.bytes, "42");
    else if (status == PYBOX_OK)
        status = PYBOX_ERROR_NO_MEMORY;
    pybox_box_destroy(box);
    return status;
}

static pybox_status pass_values(void)
{
    const pybox_variable x = {.name = "x"};
    const pybox_value arguments[] = {{PYBOX_VALUE_JSON, "[1, 2, 3]", 0}, {PYBOX_VALUE_BYTES, "abc", 3}};
    pybox_box *box;
    const pybox_result *result;
    pybox_status status = pybox_box_create(module, image, NULL, &box);
    if (status != PYBOX_OK)
        return status;
    status = pybox_variable_set(box, &x, &arguments[0]);
    if (status == PYBOX_OK)
        status = pybox_box_call(box, &(pybox_call){.function = "sum", .arguments = arguments, .argument_count = 1}, &result);
    if (status == PYBOX_OK)
        assert_string_equal(result->value.bytes, "6");
    if (status == PYBOX_OK)
        status = pybox_variable_set(box, &x, &arguments[1]);
    if (status == PYBOX_OK)
        status = pybox_variable_get(box, &x, &result);
    if (status == PYBOX_OK)
        assert_string_equal(result->value.bytes, "abc");
    if (status == PYBOX_OK)
        status = pybox_variable_delete(box, &x);
    pybox_box_destroy(box);
    return status;
}

/* Does the work with the first, the second, ... allocation failing, until none of them is reached. */
static void fail_each(pybox_status (*work)(void))
{
    for (int n = 1; n < 2000; n++) {
        failing = n;
        failed = 0;
        pybox_status status = work();
        failing = 0;
        if (!failed) {
            assert_int_equal(status, PYBOX_OK);
            assert_true(n > 1);
            return;
        }
        if (status != PYBOX_OK) {
            if (status != PYBOX_ERROR_NO_MEMORY)
                fail_msg("allocation %d: %s: %s", n, pybox_status_name(status), pybox_error_message());
            assert_int_not_equal(strlen(pybox_error_message()), 0);
        }
        assert_int_equal(work(), PYBOX_OK);
    }
    fail_msg("the work never succeeds");
}

static void test_engine(void **state)
{
    (void)state;
    fail_each(make_engine);
}

static void test_module(void **state)
{
    (void)state;
    fail_each(open_module);
}

static void test_image(void **state)
{
    (void)state;
    fail_each(open_image);
}

static void test_box(void **state)
{
    (void)state;
    fail_each(run_box);
}

static void test_values(void **state)
{
    (void)state;
    fail_each(pass_values);
}

static int set_up(void **state)
{
    (void)state;
    return pybox_engine_create(NULL, &engine) != PYBOX_OK ||
           pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
           pybox_image_open(module, NULL, &image) != PYBOX_OK;
}

static int tear_down(void **state)
{
    (void)state;
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine),
        cmocka_unit_test(test_module),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_box),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
