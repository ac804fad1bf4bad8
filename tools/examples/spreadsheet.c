/*
 * A spreadsheet whose formulas are Python. An edit is one transaction: the cell is set and all cells are calculated
 * again; if that raises, runs too long or does not come to an end, the box is rolled back, and the sheet is as it was.
 *
 *     printf 'A1 = 6\nB1 = A1 * 7\nA1 = B1\nshow\n' | spreadsheet
 */
#include <pybox.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The sheet, in the guest: the text of each formula, and a namespace that looks up cells as names. */
static const char sheet[] =
    "import builtins\n"
    "formulas = {}\n"
    "class Values(dict):\n"
    "    def __missing__(self, name):\n"
    "        if name not in formulas and hasattr(builtins, name):\n"
    "            return getattr(builtins, name)\n"
    "        if name not in formulas:\n"
    "            raise NameError(f'{name} is empty')\n"
    "        if name in running:\n"
    "            raise RecursionError(f'{name} depends on itself')\n"
    "        running.add(name)\n"
    "        value = self[name] = eval(formulas[name], {}, self)\n"
    "        running.discard(name)\n"
    "        return value\n"
    "running = set()\n"
    "def edit(name, formula):\n"
    "    formulas[name] = formula\n"
    "    running.clear()\n"
    "    values = Values()\n"
    "    return {cell: values[cell] for cell in sorted(formulas)}\n";

static int fail(const char *what)
{
    fprintf(stderr, "spreadsheet: %s: %s\n", what, pybox_error_message());
    return 1;
}

/* Sets a cell and calculates the sheet, or leaves it as it was. 0, or 1: the program cannot go on. */
static int edit(pybox_box *box, const char *name, const char *formula)
{
    char quoted[2][600];
    const char *texts[] = {name, formula};
    for (int i = 0; i < 2; i++) { /* JSON */
        char *to = quoted[i];
        *to++ = '"';
        for (const char *from = texts[i]; *from != '\0' && to < quoted[i] + 590; from++) {
            if (*from == '"' || *from == '\\')
                *to++ = '\\';
            *to++ = *from;
        }
        memcpy(to, "\"", 2);
    }
    const pybox_value arguments[] = {{PYBOX_VALUE_JSON, quoted[0], 0}, {PYBOX_VALUE_JSON, quoted[1], 0}};
    const pybox_call call = {.function = "edit", .arguments = arguments, .argument_count = 2};
    const pybox_result *result;
    if (pybox_box_checkpoint(box) != PYBOX_OK || pybox_box_call(box, &call, &result) != PYBOX_OK)
        return fail(name);
    if (result->outcome == PYBOX_DONE) {
        printf("%s\n", result->value.bytes);
    } else {
        printf("refused: %s: %s\n", pybox_outcome_name(result->outcome), result->error.message.bytes);
        if (pybox_box_rollback(box) != PYBOX_OK)
            return fail("rolling back");
    }
    return pybox_box_drop(box) == PYBOX_OK ? 0 : fail("dropping the checkpoint");
}

int main(void)
{
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_box *box;
    const pybox_result *result;
    const pybox_limits limits = {.fuel = 20000000, .memory_bytes = 64 << 20};
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK ||
        pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
        pybox_image_open(module, NULL, &image) != PYBOX_OK ||
        pybox_box_create(module, image, &(pybox_box_options){.limits = &limits}, &box) != PYBOX_OK ||
        pybox_box_run(box, &(pybox_run){.code = sheet, .filename = "sheet.py"}, &result) != PYBOX_OK)
        return fail("cannot start");

    char line[300], name[300];
    int failed = 0;
    while (!failed && fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *equals = strchr(line, '=');
        if (equals == NULL || sscanf(line, " %299[A-Za-z0-9]", name) != 1 || !isalpha((unsigned char)name[0])) {
            printf("refused: expected CELL = FORMULA\n");
            continue;
        }
        for (equals++; *equals == ' '; equals++) {
        }
        failed = edit(box, name, equals);
    }
    pybox_box_destroy(box);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return failed;
}
