/* The public API over the real Python module: what pybox.h says of engine, module, image, box, run and result. */
#include "pybox.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "remove_tree.h"

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;
static char folder[] = "/tmp/test_box.XXXXXX";

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || pybox_engine_create(NULL, &engine) != PYBOX_OK ||
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
    return remove_tree(folder);
}

static pybox_box *make_box(const pybox_box_options *options)
{
    pybox_box *box;
    if (pybox_box_create(module, image, options, &box) != PYBOX_OK)
        fail_msg("pybox_box_create: %s", pybox_error_message());
    return box;
}

static const pybox_result *run_mode(pybox_box *box, pybox_mode mode, const char *code)
{
    const pybox_result *result;
    if (pybox_box_run(box, &(pybox_run){.mode = mode, .code = code}, &result) != PYBOX_OK)
        fail_msg("pybox_box_run: %s", pybox_error_message());
    return result;
}

static const pybox_result *run(pybox_box *box, const char *code)
{
    return run_mode(box, PYBOX_MODE_EXEC, code);
}

static const pybox_result *eval(pybox_box *box, const char *code)
{
    return run_mode(box, PYBOX_MODE_EVAL, code);
}

static void assert_bytes(pybox_bytes field, const char *text)
{
    assert_string_equal(field.bytes, text);
    assert_int_equal(field.length, strlen(text));
}

static void test_engine_refuses_bad_options(void **state)
{
    (void)state;
    pybox_engine *other = (pybox_engine *)1;
    assert_int_equal(pybox_engine_create(&(pybox_engine_options){.stack_bytes = 1}, &other),
                     PYBOX_ERROR_ARGUMENT);
    assert_null(other);
    assert_int_equal(pybox_engine_create(&(pybox_engine_options){.signals = 7}, &other),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_engine_create(&(pybox_engine_options){.size = 3}, &other),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_engine_create(NULL, NULL), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "engine"));
    pybox_engine_destroy(NULL);
}

static void test_a_newer_callers_options_work_if_the_unknown_part_is_zero(void **state)
{
    (void)state;
    struct {
        pybox_engine_options known;
        uint64_t unknown;
    } newer = {.known.size = sizeof newer};
    pybox_engine *other;
    assert_int_equal(pybox_engine_create(&newer.known, &other), PYBOX_OK);
    pybox_engine_destroy(other);
    newer.unknown = 1;
    assert_int_equal(pybox_engine_create(&newer.known, &other), PYBOX_ERROR_ARGUMENT);
}

static void test_module_is_described(void **state)
{
    (void)state;
    pybox_module_info info;
    pybox_module_describe(module, &info);
    assert_string_equal(info.name, "python");
    assert_int_equal(strlen(info.hash), 64);
    assert_true(info.is_python);
    assert_false(info.is_command);
    assert_true(info.memory_bytes > 1 << 20);
    pybox_module_describe(NULL, &info);
    assert_null(info.name);
}

static void test_module_that_is_none(void **state)
{
    (void)state;
    pybox_module *other = (pybox_module *)1;
    assert_int_equal(pybox_module_open(engine, "/nonexistent.so", &other), PYBOX_ERROR_IO);
    assert_null(other);
    assert_int_equal(pybox_module_open(engine, "/bin/sh", &other), PYBOX_ERROR_MODULE_FOREIGN);
    assert_int_equal(pybox_module_open(engine, "/etc/passwd", &other), PYBOX_ERROR_MODULE_FORMAT);
    assert_int_equal(pybox_module_open(NULL, NULL, &other), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_module_open_linked(engine, NULL, &other), PYBOX_ERROR_ARGUMENT);
}

static void test_image_that_is_none(void **state)
{
    (void)state;
    pybox_image *other = (pybox_image *)1;
    assert_int_equal(pybox_image_open(module, "/nonexistent", &other), PYBOX_ERROR_IO);
    assert_null(other);
    assert_int_equal(pybox_image_open(module, "/etc/passwd", &other),
                     PYBOX_ERROR_SNAPSHOT_FORMAT);
    assert_int_equal(pybox_image_open(NULL, NULL, &other), PYBOX_ERROR_ARGUMENT);
}

static void test_output_is_captured(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result =
        run(box, "import sys\nprint('out', 1)\nprint('err', file=sys.stderr)\nsys.stdout.write('x')");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "out 1\nx");
    assert_bytes(result->errors, "err\n");
    assert_int_equal(result->output_bytes, 11);
    assert_bytes(result->value, "");
    assert_true(result->wall_ns > 0);
    assert_true(result->cpu_ns > 0);
    assert_true(result->memory_bytes >= 1 << 20);
    result = run(box, "pass");
    assert_bytes(result->output, "");
    pybox_box_destroy(box);
}

static void test_state_stays_and_boxes_are_apart(void **state)
{
    (void)state;
    pybox_box *one = make_box(NULL), *two = make_box(NULL);
    run(one, "x = 41; import os; os.environ['A'] = 'b'; open('/work/f', 'w').write('t')");
    assert_bytes(eval(one, "x + 1")->value_repr, "42");
    const pybox_result *result = eval(two, "import os\n('x' in globals(), os.environ.get('A'), "
                                           "os.path.exists('/work/f'))");
    assert_bytes(result->value_repr, "(False, None, False)");
    pybox_box_destroy(one);
    pybox_box_destroy(two);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *code, *repr, *json;
    } cases[] = {
        {"6 * 7", "42", "42"},
        {"x = 1\nx", "1", "1"},
        {"x = 1", "", ""},
        {"None", "", ""},
        {"", "", ""},
        {"[1, 2.5, 'a\u00e9', None, True]", "[1, 2.5, 'a\u00e9', None, True]",
         "[1,2.5,\"a\u00e9\",null,true]"},
        {"2 ** 100", "1267650600228229401496703205376", "1267650600228229401496703205376"},
        {"{'k': [1]}", "{'k': [1]}", "{\"k\":[1]}"},
        {"object", "<class 'object'>", ""},
        {"float('nan')", "nan", ""},
        {"for i in range(3): pass\ni", "2", "2"},
        {"def f():\n  return 5\nf()", "5", "5"},
    };
    pybox_box *box = make_box(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = eval(box, cases[i].code);
        assert_int_equal(result->outcome, PYBOX_DONE);
        assert_bytes(result->value_repr, cases[i].repr);
        assert_bytes(result->value, cases[i].json);
    }
    assert_bytes(eval(box, "class R:\n def __repr__(self): raise ValueError\nR()")->value_repr,
                 "<R: repr() raised ValueError>");
    pybox_box_destroy(box);
}

static void test_large_values_are_left_out_and_do_no_harm(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = eval(box, "print('ran'); 'x' * 70_000_000");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "ran\n");
    assert_bytes(result->value, "");
    assert_in_range(result->value_repr.length, 1 << 20, (1 << 20) + 100);
    pybox_box_destroy(box);
    box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.memory_bytes = 128 << 20}});
    result = eval(box, "b'\\1' * (40 << 20)"); /* its repr has no room */
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_non_null(strstr(result->value_repr.bytes, "MemoryError"));
    pybox_box_destroy(box);
}

static void test_a_mount_covers_an_empty_default_folder(void **state)
{
    (void)state;
    const pybox_mount mount = {.host = folder, .guest = "/work"};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    assert_bytes(run(box, "open('here', 'w').write('x')")->error.type, "");
    char path[64];
    snprintf(path, sizeof path, "%s/here", folder);
    assert_int_equal(access(path, F_OK), 0);
    pybox_box_destroy(box);
}

static void test_exceptions(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    const pybox_run failing = {.code = "def f():\n    raise ValueError('bad \\u00fc')\n\nf()\n",
                               .filename = "job.py"};
    assert_int_equal(pybox_box_run(box, &failing, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "ValueError");
    assert_bytes(result->error.message, "bad \u00fc");
    assert_int_equal(result->error.line, 2);
    assert_bytes(result->error.traceback, "Traceback (most recent call last):\n"
                                          "  File \"job.py\", line 4, in <module>\n"
                                          "    f()\n"
                                          "    ~^^\n"
                                          "  File \"job.py\", line 2, in f\n"
                                          "    raise ValueError('bad \\u00fc')\n"
                                          "ValueError: bad \u00fc\n");
    result = run(box, "x = (\n");
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "SyntaxError");
    assert_int_equal(result->error.line, 1);
    result = run(box, "import json\njson.loads('{')");
    assert_bytes(result->error.type, "json.decoder.JSONDecodeError");
    assert_int_equal(result->error.line, 2);
    assert_bytes(run(box, "1")->error.type, "");
    pybox_box_destroy(box);
}

static void test_code_with_a_null_byte_is_a_syntax_error(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    assert_int_equal(
        pybox_box_run(box, &(pybox_run){.code = "x\0y", .code_length = 3}, &result), PYBOX_OK);
    assert_bytes(result->error.type, "SyntaxError");
    pybox_box_destroy(box);
}

static void test_exit(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int exit_code;
        const char *errors;
    } cases[] = {
        {"import sys; sys.exit(3)", 3, ""},        {"raise SystemExit", 0, ""},
        {"raise SystemExit('why')", 1, "why\n"},   {"exit()", 0, ""},
        {"import sys; sys.exit(None)", 0, ""},     {"import sys; sys.exit(-1)", -1, ""},
    };
    pybox_box *box = make_box(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = run(box, cases[i].code);
        assert_int_equal(result->outcome, PYBOX_EXIT);
        assert_int_equal(result->exit_code, cases[i].exit_code);
        assert_bytes(result->errors, cases[i].errors);
    }
    assert_bytes(eval(box, "1 + 1")->value_repr, "2"); /* sys.exit() does not hurt the box */
    const pybox_result *result = run(box, "import os; os._exit(5)");
    assert_int_equal(result->outcome, PYBOX_EXIT);
    assert_int_equal(result->exit_code, 5);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    assert_null(result);
    assert_int_equal(pybox_box_finish(box, &result), PYBOX_OK); /* it has ended: nothing to do */
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "");
    pybox_box_destroy(box);
}

struct seen {
    char text[4096];
    size_t length;
    pybox_box *box;
    int status;
};

static int collect(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    struct seen *seen = context;
    if (length + 2 > sizeof seen->text - seen->length)
        return EFBIG;
    seen->text[seen->length++] = stream == PYBOX_STDOUT ? 'o' : 'e';
    memcpy(seen->text + seen->length, bytes, length);
    seen->length += length;
    seen->text[seen->length] = '\0';
    const pybox_result *result;
    if (seen->box != NULL)
        seen->status = (int)pybox_box_run(seen->box, &(pybox_run){.code = "1"}, &result);
    return 0;
}

static int refuse(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context, (void)bytes, (void)length;
    return stream == PYBOX_STDOUT ? EPIPE : 0;
}

static void test_output_callback(void **state)
{
    (void)state;
    struct seen seen = {.length = 0};
    pybox_box *box =
        make_box(&(pybox_box_options){.output = collect, .output_context = &seen});
    seen.box = box;
    const pybox_result *result =
        run(box, "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')");
    assert_string_equal(seen.text, "oa\neb\noc\n");
    assert_int_equal(seen.status, PYBOX_ERROR_BUSY);
    assert_bytes(result->output, "");
    assert_int_equal(result->output_bytes, 6);
    pybox_box_destroy(box);
    box = make_box(&(pybox_box_options){.output = refuse});
    result = run(box, "print('x')");
    assert_bytes(result->error.type, "BrokenPipeError");
    pybox_box_destroy(box);
}

static void test_output_limit(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.output_bytes = 10}});
    const pybox_result *result = run(box, "print('12345')");
    assert_int_equal(result->outcome, PYBOX_DONE);
    result = run(box, "while True: print('1234')");
    assert_int_equal(result->outcome, PYBOX_OUTPUT_FULL);
    assert_bytes(result->output, "1234\n1234\n");
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static ptrdiff_t give_input(void *context, void *bytes, size_t capacity)
{
    int *calls = context;
    if (*calls >= 2 || capacity < 2)
        return 0;
    memcpy(bytes, *calls == 0 ? "p\n" : "q\n", 2);
    ++*calls;
    return 2;
}

static void test_input(void **state)
{
    (void)state;
    pybox_box *box =
        make_box(&(pybox_box_options){.input = "one\ntwo", .input_length = strlen("one\ntwo")});
    assert_bytes(eval(box, "[input(), input()]")->value, "[\"one\",\"two\"]");
    assert_bytes(run(box, "input()")->error.type, "EOFError");
    pybox_box_destroy(box);
    int calls = 0;
    box = make_box(&(pybox_box_options){.input_callback = give_input, .input_context = &calls});
    assert_bytes(eval(box, "import sys; sys.stdin.read()")->value, "\"p\\nq\\n\"");
    pybox_box_destroy(box);
    box = make_box(NULL);
    assert_bytes(eval(box, "import sys; sys.stdin.read()")->value, "\"\"");
    pybox_box_destroy(box);
}

static void test_arguments_environment_directory(void **state)
{
    (void)state;
    assert_int_equal(setenv("PYBOX_TEST_LEAK", "1", 1), 0);
    pybox_box *box = make_box(NULL);
    assert_bytes(eval(box, "import sys, os\n[sys.argv, dict(os.environ), os.getcwd()]")->value,
                 "[[\"\"],{},\"/work\"]");
    pybox_box_destroy(box);
    box = make_box(&(pybox_box_options){
        .arguments = (const char *const[]){"a.py", "b c", "\u00e9", "\xff"},
        .argument_count = 4,
        .environment = (const char *const[]){"X=1=2", "Y="},
        .environment_count = 2,
        .directory = "/tmp",
    });
    assert_bytes(eval(box, "import sys, os\n[sys.argv, dict(os.environ), os.getcwd()]")->value_repr,
                 "[['a.py', 'b c', '\u00e9', '\\udcff'], {'X': '1=2', 'Y': ''}, '/tmp']");
    pybox_box_destroy(box);
    static const char *const unnamed[] = {"X"}, *const nameless[] = {"=X"}, *const none[] = {NULL};
    const struct {
        pybox_box_options options;
        pybox_status status;
    } cases[] = {
        {{.environment = unnamed, .environment_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.environment = nameless, .environment_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.environment_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.environment = none, .environment_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.arguments = none, .argument_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.argument_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.directory = "/nowhere"}, PYBOX_ERROR_PATH},
        {{.limits = &(pybox_limits){.memory_bytes = 1}}, PYBOX_ERROR_LIMIT},
        {{.limits = &(pybox_limits){.memory_bytes = UINT64_C(5) << 30}}, PYBOX_ERROR_ARGUMENT},
        {{.mounts = &(pybox_mount){.host = "/nonexistent", .guest = "/data"}, .mount_count = 1}, PYBOX_ERROR_PATH},
        {{.mounts = &(pybox_mount){.host = "/tmp", .guest = "relative"}, .mount_count = 1}, PYBOX_ERROR_PATH},
        {{.mounts = &(pybox_mount){.host = "/tmp", .guest = "/"}, .mount_count = 1}, PYBOX_ERROR_PATH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        box = (pybox_box *)1;
        assert_int_equal(pybox_box_create(module, image, &cases[i].options, &box), cases[i].status);
        assert_null(box);
    }
}

/* Only where the guest is started from nothing; that programs find them is tested by tests/wasi. */
static void test_preopened_directories(void **state)
{
    (void)state;
    static const char *const some[] = {"work", "/tmp"}, *const none[] = {NULL}, *const missing[] = {"work/none"};
    const char *many[65];
    pybox_box *box = NULL;
    for (size_t i = 0; i < 65; i++)
        many[i] = "work";
    assert_int_equal(pybox_box_create(module, image, &(pybox_box_options){.preopens = some, .preopen_count = 2}, &box),
                     PYBOX_ERROR_ARGUMENT);
    const struct {
        pybox_box_options options;
        pybox_status status;
    } cases[] = {
        {{.preopen_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.preopens = none, .preopen_count = 1}, PYBOX_ERROR_ARGUMENT},
        {{.preopens = missing, .preopen_count = 1}, PYBOX_ERROR_PATH},
        {{.preopens = many, .preopen_count = 65}, PYBOX_ERROR_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        box = (pybox_box *)1;
        assert_int_equal(pybox_box_create(module, NULL, &cases[i].options, &box), cases[i].status);
        assert_null(box);
    }
    if (pybox_box_create(module, NULL, &(pybox_box_options){.preopens = some, .preopen_count = 2}, &box) != PYBOX_OK)
        fail_msg("%s", pybox_error_message());
    assert_bytes(eval(box, "import os; os.open('/work', os.O_RDONLY) > 5")->value, "true"); /* 4 and 5 are taken */
    pybox_box_destroy(box);
}

static void test_mounts(void **state)
{
    (void)state;
    const pybox_mount mounts[] = {{.host = folder, .guest = "/data"}, {.host = folder, .guest = "/only", .read_only = 1}};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = mounts, .mount_count = 2});
    const pybox_result *result = run(box, "import pathlib\n"
                                          "pathlib.Path('/data/f').write_text('hello')\n"
                                          "print(pathlib.Path('/only/f').read_text())\n"
                                          "pathlib.Path('/only/g').write_text('no')\n");
    assert_bytes(result->output, "hello\n");
    assert_bytes(result->error.type, "OSError");
    result = run(box, "open('/data/../../etc/passwd')");
    assert_bytes(result->error.type, "FileNotFoundError");
    char path[64];
    snprintf(path, sizeof path, "%s/f", folder);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 5);
    pybox_box_destroy(box);
}

static void test_memory_limit(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.memory_bytes = 96 << 20}});
    const pybox_result *result = run(box, "x = bytearray(200 << 20)");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_MEMORY);
    assert_bytes(result->error.type, "MemoryError");
    assert_true(result->memory_bytes <= 96 << 20);
    result = run(box, "try:\n x = bytearray(200 << 20)\nexcept MemoryError: print('caught')");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "caught\n");
    result = run(box, "raise MemoryError"); /* the limit has nothing to do with it */
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    pybox_box_destroy(box);
}

static void test_deep_recursion(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "def f(): f()\nf()",
        "import json; json.loads('[' * 100000)",
        "x = []\nfor i in range(100000): x = [x]\nrepr(x)",
        "import sys; sys.setrecursionlimit(10**6)\nclass A:\n def __repr__(self): return repr(self)\nrepr(A())",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pybox_box *box = make_box(NULL);
        const pybox_result *result = run(box, codes[i]);
        if (result->outcome == PYBOX_LIMIT)
            assert_bytes(result->limit, "stack_bytes");
        else
            assert_bytes(result->error.type, "RecursionError");
        pybox_box_destroy(box);
    }
}

static void test_finish(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    run(box, "import atexit\natexit.register(print, 'bye')\n"
             "class D:\n def __del__(self): print('deleted')\nd = D()");
    const pybox_result *result;
    assert_int_equal(pybox_box_finish(box, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "bye\ndeleted\n");
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_interactive_mode(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_bytes(run_mode(box, PYBOX_MODE_SINGLE, "1 + 1\n")->output, "2\n");
    const pybox_result *result = run_mode(box, PYBOX_MODE_SINGLE, "def f():\n");
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "_IncompleteInputError");
    assert_bytes(run_mode(box, PYBOX_MODE_SINGLE, "x = )\n")->error.type, "SyntaxError");
    run_mode(box, PYBOX_MODE_SINGLE, "from __future__ import annotations\n");
    assert_bytes(
        run_mode(box, PYBOX_MODE_SINGLE, "def g(a: nowhere): pass\n")->error.type, "");
    pybox_box_destroy(box);
}

static void test_bad_runs(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = (const pybox_result *)1;
    assert_int_equal(pybox_box_run(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    assert_null(result);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1", .mode = 9}, &result),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_run(NULL, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_start(box, &result), PYBOX_ERROR_MODULE_EXPORT);
    assert_bytes(eval(box, "1")->value, "1"); /* none of that hurt */
    pybox_box_destroy(box);
    pybox_box_destroy(NULL);
}

static void test_random_numbers(void **state)
{
    (void)state;
    static const char code[] =
        "import random, secrets, uuid\n[random.random(), secrets.token_hex(8), str(uuid.uuid4())]";
    char seen[2][2][256];
    const uint64_t seed = 7;
    for (int fixed = 0; fixed < 2; fixed++)
        for (int i = 0; i < 2; i++) {
            pybox_box *box = make_box(&(pybox_box_options){.seed = fixed ? &seed : NULL});
            snprintf(seen[fixed][i], sizeof seen[fixed][i], "%s", eval(box, code)->value.bytes);
            assert_true(strlen(seen[fixed][i]) > 60);
            pybox_box_destroy(box);
        }
    assert_string_not_equal(seen[0][0], seen[0][1]);
    assert_string_equal(seen[1][0], seen[1][1]);
}

static void test_fixed_clock(void **state)
{
    (void)state;
    const uint64_t start = UINT64_C(1000000000) * 1000000000u;
    pybox_box *box = make_box(&(pybox_box_options){.clock_ns = &start});
    assert_bytes(eval(box, "import datetime\n"
                           "str(datetime.datetime.now(datetime.timezone.utc))[:19]")->value,
                 "\"2001-09-09 01:46:40\"");
    assert_bytes(eval(box, "import time; a = time.time(); time.sleep(3600)\n"
                           "round(time.time() - a)")->value, "3600");
    pybox_box_destroy(box);
}

static void test_save_and_restore(void **state)
{
    (void)state;
    char path[64];
    for (int form = PYBOX_FORM_COMPRESSED; form <= PYBOX_FORM_MAPPED; form++) {
        snprintf(path, sizeof path, "%s/saved.%d", folder, form);
        pybox_box *box = make_box(NULL);
        run(box, "import sqlite3\ntable = {n: n * n for n in range(1000)}\n"
                 "open('/work/notes', 'w').write('kept')\nimport os; os.chdir('/tmp')\n"
                 "handle = open('/work/notes'); handle.read(2)");
        const pybox_save_options options = {.form = (pybox_form)form, .metadata = "{\"k\": 1}"};
        if (pybox_box_save(box, path, &options) != PYBOX_OK)
            fail_msg("%s", pybox_error_message());
        assert_bytes(eval(box, "table[12]")->value, "144"); /* saving does not disturb the box */
        pybox_box_destroy(box);

        pybox_image *saved;
        if (pybox_image_open(module, path, &saved) != PYBOX_OK)
            fail_msg("%s", pybox_error_message());
        assert_int_equal(pybox_box_create(module, saved, NULL, &box), PYBOX_OK);
        pybox_image_close(saved); /* the box holds it */
        assert_bytes(eval(box, "[table[31], open('/work/notes').read(), os.getcwd(), handle.read()]")
                         ->value, "[961,\"kept\",\"/tmp\",\"pt\"]");
        pybox_box_destroy(box);

        assert_int_equal(pybox_snapshot_verify(path), PYBOX_OK);
        pybox_snapshot_info *info;
        assert_int_equal(pybox_snapshot_describe(path, &info), PYBOX_OK);
        assert_int_equal(info->form, form);
        assert_string_equal(info->metadata, "{\"k\": 1}");
        pybox_module_info described;
        pybox_module_describe(module, &described);
        assert_string_equal(info->module_hash, described.hash);
        pybox_snapshot_info_destroy(info);
    }
}

static void test_a_start_from_nothing_repeats_bit_for_bit(void **state)
{
    (void)state;
    char digest[2][65];
    const uint64_t zero = 0;
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/base.%d", folder, i);
        pybox_box *box;
        const pybox_box_options options = {.seed = &zero, .clock_ns = &zero};
        if (pybox_box_create(module, NULL, &options, &box) != PYBOX_OK)
            fail_msg("%s", pybox_error_message());
        assert_bytes(eval(box, "import json, asyncio; 1")->value, "1");
        assert_int_equal(pybox_box_save(box, path, NULL), PYBOX_OK);
        pybox_box_destroy(box);
        pybox_snapshot_info *info;
        assert_int_equal(pybox_snapshot_describe(path, &info), PYBOX_OK);
        memcpy(digest[i], info->digest, sizeof digest[i]);
        pybox_snapshot_info_destroy(info);
    }
    assert_string_equal(digest[0], digest[1]);
}

static void *run_many(void *context)
{
    for (int i = 0; i < 25; i++) {
        pybox_box *box;
        const pybox_result *result;
        if (pybox_box_create(module, image, NULL, &box) != PYBOX_OK ||
            pybox_box_run(box, &(pybox_run){.mode = PYBOX_MODE_EVAL,
                                            .code = "import re\nre.sub('a', 'b', 'banana')"},
                          &result) != PYBOX_OK ||
            strcmp(result->value.bytes, "\"bbnbnb\"") != 0)
            *(int *)context = 1;
        pybox_box_destroy(box);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    pthread_t threads[8];
    int failed[8] = {0};
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &failed[i]), 0);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(failed[i], 0);
    }
}

static void test_handles_outlive_their_parents(void **state)
{
    (void)state;
    pybox_engine *e;
    pybox_module *m;
    pybox_image *i;
    pybox_box *box;
    assert_int_equal(pybox_engine_create(NULL, &e), PYBOX_OK);
    assert_int_equal(pybox_module_open(e, NULL, &m), PYBOX_OK);
    pybox_engine_destroy(e);
    assert_int_equal(pybox_image_open(m, NULL, &i), PYBOX_OK);
    assert_int_equal(pybox_box_create(module, i, NULL, &box), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_create(m, i, NULL, &box), PYBOX_OK);
    pybox_module_close(m);
    pybox_image_close(i);
    assert_bytes(eval(box, "2 + 2")->value, "4");
    pybox_box_destroy(box);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(pybox_version(), PYBOX_VERSION);
    for (int i = 0; i <= PYBOX_TRAP; i++)
        assert_string_not_equal(pybox_outcome_name((pybox_outcome)i), "unknown");
    assert_string_equal(pybox_outcome_name((pybox_outcome)99), "unknown");
    assert_string_equal(pybox_status_name(PYBOX_OK), "ok");
    assert_string_equal(pybox_status_name(PYBOX_ERROR_MODULE_ABI), "module_abi");
    assert_string_equal(pybox_status_name((pybox_status)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_refuses_bad_options),
        cmocka_unit_test(test_a_newer_callers_options_work_if_the_unknown_part_is_zero),
        cmocka_unit_test(test_module_is_described),
        cmocka_unit_test(test_module_that_is_none),
        cmocka_unit_test(test_image_that_is_none),
        cmocka_unit_test(test_output_is_captured),
        cmocka_unit_test(test_state_stays_and_boxes_are_apart),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_large_values_are_left_out_and_do_no_harm),
        cmocka_unit_test(test_a_mount_covers_an_empty_default_folder),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_code_with_a_null_byte_is_a_syntax_error),
        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_output_callback),
        cmocka_unit_test(test_output_limit),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_arguments_environment_directory),
        cmocka_unit_test(test_preopened_directories),
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_deep_recursion),
        cmocka_unit_test(test_finish),
        cmocka_unit_test(test_interactive_mode),
        cmocka_unit_test(test_bad_runs),
        cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_fixed_clock),
        cmocka_unit_test(test_save_and_restore),
        cmocka_unit_test(test_a_start_from_nothing_repeats_bit_for_bit),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_handles_outlive_their_parents),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
