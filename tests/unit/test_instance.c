#include "instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "samples/sample_box.h"

static int open_box(void **state)
{
    static struct sample_box box;
    sample_box_open(&box);
    *state = &box;
    return 0;
}

static int close_box(void **state)
{
    sample_box_close(*state);
    return 0;
}

static void test_globals_are_read_and_set_by_their_type(void **state)
{
    struct sample_box *box = *state;
    assert_int_equal(instance_find_global(box->instance, 0, 'i'), 0);
    assert_int_equal(instance_find_global(box->instance, 2, 'F'), 1);
    assert_int_equal(instance_find_global(box->instance, 1, 'i'), -1);
    assert_int_equal(instance_find_global(box->instance, 0, 'I'), -1);
    assert_int_equal(instance_global(box->instance, 0), 7);
    assert_true(instance_global(box->instance, 1) == 0x3ff8000000000000);
    instance_set_global(box->instance, 0, UINT64_C(0xabcdef0012345678));
    instance_set_global(box->instance, 1, UINT64_C(0xabcdef0012345678));
    assert_true(instance_global(box->instance, 0) == 0x12345678);
    assert_true(instance_global(box->instance, 1) == UINT64_C(0xabcdef0012345678));
    uint64_t values[4];
    assert_int_equal(sample_call(box, "count", values), 0);
    assert_int_equal(values[0], 0x12345679);
}

static void test_instances_are_apart(void **state)
{
    struct sample_box *box = *state, other;
    sample_box_open(&other);
    instance_set_global(box->instance, 0, 100);
    assert_int_equal(instance_global(other.instance, 0), 7);
    assert_int_equal((uintptr_t)instance_storage(other.instance) % 16, 0);
    sample_box_close(&other);
    assert_int_equal(instance_global(box->instance, 0), 100);
}

static void test_the_instance_is_told_its_pages(void **state)
{
    struct sample_box *box = *state;
    uint64_t values[4];
    assert_int_equal(sample_call(box, "pages", values), 0);
    assert_int_equal(values[0], 2);
    instance_set_pages(box->instance, 9);
    assert_int_equal(sample_call(box, "pages", values), 0);
    assert_int_equal(values[0], 9);
}

static void test_segments_are_copied_where_they_belong(void **state)
{
    struct sample_box *box = *state;
    assert_int_equal(instance_copy_segments(box->instance, &box->memory), PYBOX_OK);
    assert_memory_equal(box->memory.base + 15, "\0hello\0", 7);
    assert_int_equal(box->memory.base[65536], 'h');
    assert_int_equal(box->memory.base[65537], 0);
}

static void test_a_segment_outside_memory_is_refused(void **state)
{
    struct sample_box *box = *state;
    struct memory small;
    assert_int_equal(memory_create(1, 1, &small), PYBOX_OK);
    assert_int_equal(instance_copy_segments(box->instance, &small), PYBOX_ERROR_MODULE_LOAD);
    assert_non_null(strstr(error_message(), "segment 1 is 1 bytes at 65536"));
    assert_int_equal(small.base[16], 0); /* nothing was copied */
    memory_destroy(&small);
}

static void test_an_instance_keeps_its_module(void **state)
{
    struct sample_box *box = *state;
    struct module_env env = {.memory_base = box->memory.base};
    struct module *module;
    struct instance *instance;
    assert_int_equal(module_open(sample_path, NULL, &module), PYBOX_OK);
    assert_int_equal(instance_create(module, &env, 2, &instance), PYBOX_OK);
    module_close(module);
    assert_int_equal(instance_global(instance, 0), 7);
    instance_destroy(instance);
    instance_destroy(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_globals_are_read_and_set_by_their_type, open_box,
                                        close_box),
        cmocka_unit_test_setup_teardown(test_instances_are_apart, open_box, close_box),
        cmocka_unit_test_setup_teardown(test_the_instance_is_told_its_pages, open_box, close_box),
        cmocka_unit_test_setup_teardown(test_segments_are_copied_where_they_belong, open_box,
                                        close_box),
        cmocka_unit_test_setup_teardown(test_a_segment_outside_memory_is_refused, open_box,
                                        close_box),
        cmocka_unit_test_setup_teardown(test_an_instance_keeps_its_module, open_box, close_box),
    };
    if (argc != 2)
        return 99;
    sample_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
