/* Presets of limits, and the limits of names and depths. */
#include "python_fixture.h"

static void assert_raises(pybox_box *box, const char *code, const char *type)
{
    const pybox_result *result = run_limited(box, code, NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_string_equal(result->error.type.bytes, type);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"normal", "strict", "permissive"};
    for (int i = 0; i < 3; i++) {
        pybox_preset preset = (pybox_preset)7;
        assert_works(pybox_preset_find(names[i], &preset));
        assert_int_equal(preset, i);
        assert_string_equal(pybox_preset_name(preset), names[i]);
        assert_int_equal(pybox_preset_limits(preset)->size, sizeof(pybox_limits));
    }
    pybox_preset preset = PYBOX_PRESET_STRICT;
    assert_int_equal(pybox_preset_find("none", &preset), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "strict, normal or permissive"));
    assert_int_equal(preset, PYBOX_PRESET_NORMAL);
    assert_int_equal(pybox_preset_find(NULL, &preset), PYBOX_ERROR_ARGUMENT);
    assert_string_equal(pybox_preset_name((pybox_preset)3), "unknown");
    assert_null(pybox_preset_limits((pybox_preset)3));
    assert_null(pybox_preset_limits((pybox_preset)-1));
}

/* Every field is set, and is one that could be given. */
static void test_limits_are_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const pybox_limits *limits = pybox_preset_limits((pybox_preset)i);
        assert_true(limits->fuel && limits->wall_ns && limits->cpu_ns && limits->grace_fuel && limits->grace_ns &&
                    limits->output_bytes && limits->host_calls && limits->stack_bytes && limits->memory_bytes &&
                    limits->files_bytes && limits->files && limits->open_files && limits->recursion &&
                    limits->name_bytes && limits->folder_depth);
        pybox_box *box = make_box(&(pybox_box_options){.limits = limits});
        assert_eval(box, "1 + 1", "2");
        pybox_box_destroy(box);
        box = make_box(&(pybox_box_options){.preset = (pybox_preset)i});
        assert_eval(box, "import json, re, sqlite3; json.dumps([1])", "'[1]'");
        pybox_box_destroy(box);
    }
    const pybox_limits *strict = pybox_preset_limits(PYBOX_PRESET_STRICT);
    assert_true(strict->fuel < PYBOX_UNLIMITED && strict->wall_ns < PYBOX_UNLIMITED &&
                strict->cpu_ns < PYBOX_UNLIMITED && strict->host_calls < PYBOX_UNLIMITED);
}

static void test_they_hold(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.preset = PYBOX_PRESET_STRICT});
    assert_raises(box, "open('f', 'w').write('x' * (17 << 20))", "OSError");
    assert_int_equal(run_limited(box, "bytearray(200 << 20)", NULL)->outcome, PYBOX_OUT_OF_MEMORY);
    pybox_box_destroy(box);
    const pybox_limits more = {.files_bytes = 64 << 20};
    box = make_box(&(pybox_box_options){.preset = PYBOX_PRESET_STRICT, .limits = &more});
    assert_eval(box, "open('f', 'w').write('x' * (17 << 20))", "17825792"); /* what is given goes before it */
    assert_int_equal(run_limited(box, "bytearray(200 << 20)", NULL)->outcome, PYBOX_OUT_OF_MEMORY);
    pybox_box_destroy(box);
    box = make_box(&(pybox_box_options){.preset = PYBOX_PRESET_PERMISSIVE});
    assert_eval(box, "len(bytearray(600 << 20))", "629145600");
    pybox_box_destroy(box);
    const pybox_box_options wrong = {.preset = (pybox_preset)3};
    assert_int_equal(pybox_box_create(module, image, &wrong, &box), PYBOX_ERROR_ARGUMENT);
}

static int swallow(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)stream;
    (void)bytes;
    *(size_t *)context += length;
    return 0;
}

static void test_output_to_a_callback(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t got = 0;
        pybox_box *box =
            make_box(&(pybox_box_options){.preset = (pybox_preset)i, .output = swallow, .output_context = &got});
        const pybox_result *result = run_limited(box, "print('x' * (2 << 20))", NULL);
        assert_int_equal(result->outcome, i == PYBOX_PRESET_STRICT ? PYBOX_OUTPUT_FULL : PYBOX_DONE);
        pybox_box_destroy(box);
    }
}

static void test_mounts(void **state)
{
    (void)state;
    pybox_mount mount = {.host = "/tmp", .guest = "/data"};
    const pybox_box_options options = {.preset = PYBOX_PRESET_STRICT, .mounts = &mount, .mount_count = 1};
    pybox_box *box;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "/data can write to the host"));
    mount.read_only = 1;
    pybox_box_destroy(make_box(&options));
    mount.read_only = 0;
    mount.kind = PYBOX_MOUNT_OVERLAY;
    pybox_box_destroy(make_box(&options));
}

static void test_names_and_depths(void **state)
{
    (void)state;
    const pybox_limits limits = {.name_bytes = 10, .folder_depth = 2};
    pybox_box *box = make_box(&(pybox_box_options){.limits = &limits});
    eval(box, "open('0123456789', 'w').close(); import os; os.makedirs('a/b')");
    assert_raises(box, "open('0123456789x', 'w')", "OSError");
    assert_raises(box, "os.mkdir('a/b/c')", "OSError");
    eval(box, "open('a/b/f', 'w').close()"); /* folders are counted */
    assert_int_equal(pybox_box_file_write(box, "0123456789x", "", 0), PYBOX_ERROR_PATH);
    assert_int_equal(pybox_box_file_make_folder(box, "a/b/c"), PYBOX_ERROR_LIMIT);
    pybox_box_destroy(box);
    const pybox_limits bad[] = {{.name_bytes = 256}, {.folder_depth = 1025}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pybox_box_create(module, image, &(pybox_box_options){.limits = &bad[i]}, &box),
                         PYBOX_ERROR_ARGUMENT);
    const pybox_limits deep = {.folder_depth = 1024};
    box = make_box(&(pybox_box_options){.limits = &deep});
    eval(box, "import os\nfor i in range(900): os.mkdir('d'); os.chdir('d')\nos.chdir('/')");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_limits_are_whole),
        cmocka_unit_test(test_they_hold),
        cmocka_unit_test(test_output_to_a_callback),
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_names_and_depths),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
