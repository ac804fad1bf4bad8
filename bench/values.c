/*
 * bench-values [RUNS]: what it takes to pass values: small ones over a run that does nothing, and a megabyte of JSON,
 * beside the same work in a native Python, if the command that starts one follows the number:
 *
 *     mapfile -t python < <(bench/native-python); build/bin/bench-values 2000 "${python[@]}"
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pybox_box *box;
static const pybox_result *result;
static char *megabyte;
static size_t megabyte_length;

/* Rows as services pass them: 1.2 MB as JSON. */
#define ROWS                                                                                       \
    "import random\nr = random.Random(1)\n"                                                        \
    "rows = [{'id': i, 'name': f'user {i}', 'score': r.random() * 100, 'tags': ['a', 'bb', 'ccc'], 'active': i % 2 == 0, " \
    "'note': None, 'text': 'some longer text with \"quotes\" and \\u00e9'} for i in range(7000)]\n"

static void check(pybox_status status, const char *what)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-values: %s: %s\n", what, pybox_error_message());
    exit(1);
}

static void check_done(const char *what)
{
    if (result->outcome == PYBOX_DONE && result->value_error.length == 0)
        return;
    fprintf(stderr, "bench-values: %s: %s%s\n", what, result->error.traceback.bytes, result->value_error.bytes);
    exit(1);
}

static void run(pybox_mode mode, const char *code)
{
    check(pybox_box_run(box, &(pybox_run){.mode = mode, .code = code}, &result), code);
    check_done(code);
}

static void set(const char *name, const char *json, size_t length)
{
    check(pybox_variable_set(box, &(pybox_variable){.name = name}, &(pybox_value){PYBOX_VALUE_JSON, json, length}), name);
}

static void get(const char *name, pybox_form_of_values form)
{
    check(pybox_variable_get(box, &(pybox_variable){.name = name, .form = form}, &result), name);
    check_done(name);
}

static void exec_pass(void) { run(PYBOX_MODE_EXEC, "pass"); }
static void eval_sum(void) { run(PYBOX_MODE_EVAL, "1+1"); }
static void eval_dict(void) { run(PYBOX_MODE_EVAL, "{'a': 1, 'b': [1.5, 'text']}"); }
static void set_small(void) { set("small", "{\"a\": 1, \"b\": [1.5, \"text\"]}", 0); }
static void get_small(void) { get("small", PYBOX_VALUES_PLAIN); }
static void get_tagged(void) { get("small", PYBOX_VALUES_TAGGED); }
static void set_megabyte(void) { set("large", megabyte, megabyte_length); }
static void get_megabyte(void) { get("rows", PYBOX_VALUES_PLAIN); }
static void get_megabyte_tagged(void) { get("rows", PYBOX_VALUES_TAGGED); }

static void call_small(void)
{
    const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    check(pybox_box_call(box, &(pybox_call){.function = "add", .arguments = (pybox_value[]){one, one}, .argument_count = 2}, &result), "call");
    check_done("call");
}

static void set_bytes(void)
{
    static char bytes[1 << 20];
    check(pybox_variable_set(box, &(pybox_variable){.name = "data"}, &(pybox_value){PYBOX_VALUE_BYTES, bytes, sizeof bytes}), "set");
}

static void get_bytes(void) { get("data", PYBOX_VALUES_PLAIN); }

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void measure(const char *name, void (*work)(void), int runs)
{
    double *us = calloc((size_t)runs, sizeof *us);
    if (us == NULL)
        exit(1);
    for (int i = 0; i < runs / 10 + 2; i++)
        work();
    for (int i = 0; i < runs; i++) {
        const double start = now_us();
        work();
        us[i] = now_us() - start;
    }
    qsort(us, (size_t)runs, sizeof *us, compare);
    printf("| %s | %.1f | %.1f | %.1f |\n", name, us[0], us[runs / 2], us[runs * 99 / 100]);
    fflush(stdout);
    free(us);
}

/* The same of a native Python's json module. */
static void measure_native(char **command)
{
    static const char code[] = ROWS
        "import json, time\n"
        "text = json.dumps(rows)\n"
        "def measure(name, work):\n"
        "    times = []\n"
        "    for i in range(60):\n"
        "        start = time.perf_counter()\n"
        "        work()\n"
        "        times.append((time.perf_counter() - start) * 1e6)\n"
        "    times = sorted(times[3:])\n"
        "    print(f'| {name} | {times[0]:.1f} | {times[len(times) // 2]:.1f} | {times[-1]:.1f} |')\n"
        "measure('native json.dumps, the same rows', lambda: json.dumps(rows))\n"
        "measure('native json.loads', lambda: json.loads(text))\n";
    int count = 0;
    while (command[count] != NULL)
        count++;
    char **arguments = calloc((size_t)count + 4, sizeof *arguments);
    if (arguments == NULL)
        exit(1);
    memcpy(arguments, command, (size_t)count * sizeof *arguments);
    arguments[count] = "-I";
    arguments[count + 1] = "-c";
    arguments[count + 2] = (char *)code;
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], arguments);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        fprintf(stderr, "bench-values: %s could not be measured\n", command[0]);
    free(arguments);
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 2000;
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    if (runs < 100) {
        fprintf(stderr, "usage: bench-values [RUNS [PYTHON...]], at least 100\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine), "engine");
    check(pybox_module_open(engine, NULL, &module), "module");
    check(pybox_image_open(module, NULL, &image), "image");
    check(pybox_box_create(module, image, NULL, &box), "box");
    run(PYBOX_MODE_EXEC, ROWS "def add(a, b): return a + b\n");
    get("rows", PYBOX_VALUES_PLAIN);
    megabyte_length = result->value.length;
    megabyte = malloc(megabyte_length + 1);
    if (megabyte == NULL)
        return 1;
    memcpy(megabyte, result->value.bytes, megabyte_length + 1);
    printf("| us | least | median | p99 |\n|---|---|---|---|\n");
    measure("run `pass`", exec_pass, runs);
    measure("eval `1+1`", eval_sum, runs);
    measure("eval a small dict", eval_dict, runs);
    measure("set a small dict", set_small, runs);
    measure("get it", get_small, runs);
    measure("get it, tagged", get_tagged, runs);
    measure("call add(1, 1)", call_small, runs);
    measure("set 1 MiB of bytes", set_bytes, runs / 10);
    measure("get it", get_bytes, runs / 10);
    printf("| %.2f MB of JSON: | | | |\n", (double)megabyte_length / 1e6);
    measure("get", get_megabyte, 60);
    measure("get, tagged", get_megabyte_tagged, 60);
    measure("set", set_megabyte, 60);
    if (argc > 2)
        measure_native(argv + 2);
    free(megabyte);
    pybox_box_destroy(box);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
