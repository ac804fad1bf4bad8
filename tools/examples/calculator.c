/*
 * A calculator service: one line of Python in, one line of JSON out. What users send is evaluated in a box of small
 * limits; variables last from line to line, a line that is stopped leaves no trace, and nothing that anybody sends can
 * reach the process.
 *
 *     printf 'x = 6\nx * 7\nwhile True: pass\nx\n' | calculator
 */
#include <pybox.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "calculator: %s: %s\n", what, pybox_error_message());
    return 1;
}

/* One line of JSON for each line of input, whatever it did. */
static void answer(const pybox_result *result)
{
    if (result->outcome == PYBOX_DONE && result->value.length > 0)
        printf("{\"value\": %s}\n", result->value.bytes);
    else if (result->outcome == PYBOX_DONE)
        printf("{\"value\": null}\n");
    else if (result->outcome == PYBOX_EXCEPTION && result->error.object.length > 0)
        printf("{\"error\": \"%s\", \"exception\": %s}\n", pybox_outcome_name(result->outcome),
               result->error.object.bytes);
    else
        printf("{\"error\": \"%s\"}\n", pybox_outcome_name(result->outcome));
}

int main(void)
{
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_box *box;
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK ||
        pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
        pybox_image_open(module, NULL, &image) != PYBOX_OK)
        return fail("cannot start");

    const pybox_limits limits = {
        .fuel = 50000000, .wall_ns = 500000000, .memory_bytes = 64 << 20, .output_bytes = 10000};
    const pybox_box_options options = {.limits = &limits, .rollback = PYBOX_ROLLBACK_RUN};
    if (pybox_box_create(module, image, &options, &box) != PYBOX_OK)
        return fail("cannot make a box");

    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const pybox_result *result;
        const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = line};
        if (pybox_box_run(box, &run, &result) != PYBOX_OK)
            return fail("a run");
        answer(result);
        fflush(stdout);
    }
    pybox_box_destroy(box);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
