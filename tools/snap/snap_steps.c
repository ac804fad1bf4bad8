#include "snap_steps.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "source_file.h"

/* Takes both texts over, even on failure; either may be NULL if memory was exhausted. */
static int snap_steps_add(struct snap_steps *steps, char *code, size_t length, char *filename)
{
    struct snap_step *grown = NULL;
    if (code != NULL && filename != NULL)
        grown = reallocarray(steps->steps, steps->count + 1, sizeof *grown);
    if (grown == NULL) {
        free(code);
        free(filename);
        return complain("out of memory");
    }
    grown[steps->count++] = (struct snap_step){code, length, filename};
    steps->steps = grown;
    return 0;
}

int snap_steps_add_code(struct snap_steps *steps, const char *code)
{
    return snap_steps_add(steps, strdup(code), strlen(code), strdup("<exec>"));
}

int snap_steps_add_script(struct snap_steps *steps, const char *path)
{
    struct source source;
    char failure[SOURCE_FILE_FAILURE_BYTES];
    if (source_file_read(path, &source, failure) != 0)
        return complain("%s", failure);
    return snap_steps_add(steps, source.text, source.length, strdup(path));
}

/* Names with dots between them. Letters beyond ASCII are left to Python. */
static int snap_steps_is_module(const char *name)
{
    int at_start = 1;
    for (const char *c = name; *c != '\0'; c++) {
        unsigned char letter = (unsigned char)*c;
        if (letter == '.' ? at_start : !isalnum(letter) && letter != '_' && letter < 0x80)
            return 0;
        if (at_start && isdigit(letter))
            return 0;
        at_start = letter == '.';
    }
    return !at_start;
}

int snap_steps_add_import(struct snap_steps *steps, const char *module)
{
    if (!snap_steps_is_module(module))
        return complain("--import wants the name of a module, such as xml.dom, not '%s'", module);
    char *code = NULL;
    /* An import statement would leave a name in __main__. */
    int length = asprintf(&code, "__import__('%s')\n", module);
    return snap_steps_add(steps, length < 0 ? NULL : code, length < 0 ? 0 : (size_t)length,
                          strdup("<import>"));
}

int snap_steps_add_import_list(struct snap_steps *steps, const char *path)
{
    struct source source;
    char failure[SOURCE_FILE_FAILURE_BYTES];
    if (source_file_read(path, &source, failure) != 0)
        return complain("%s", failure);
    int failed = 0;
    char *rest = source.text, *line;
    while (failed == 0 && (line = strsep(&rest, "\n")) != NULL) {
        line[strcspn(line, "#")] = '\0';
        line += strspn(line, " \t\r");
        line[strcspn(line, " \t\r")] = '\0';
        if (*line != '\0')
            failed = snap_steps_add_import(steps, line);
    }
    source_file_free(&source);
    return failed;
}

void snap_steps_free(struct snap_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        free(steps->steps[i].code);
        free(steps->steps[i].filename);
    }
    free(steps->steps);
    *steps = (struct snap_steps){0};
}
