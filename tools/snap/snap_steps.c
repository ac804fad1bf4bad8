#include "snap_steps.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    grown[steps->count++] =
        (struct snap_step){.code = code, .length = length, .filename = filename, .file = -1};
    steps->steps = grown;
    return 0;
}

/* A step of our own making, with a name such as "<import json>". Takes the code over; NULL: memory was exhausted. */
static int snap_steps_add_quiet(struct snap_steps *steps, char *code, const char *kind,
                                const char *name)
{
    char filename[256];
    if (snprintf(filename, sizeof filename, "<%s %s>", kind, name) >= (int)sizeof filename)
        memcpy(filename + sizeof filename - 5, "...>", 5);
    int failed = snap_steps_add(steps, code, code != NULL ? strlen(code) : 0, strdup(filename));
    if (failed == 0)
        steps->steps[steps->count - 1].quiet = 1;
    return failed;
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
    return snap_steps_add_quiet(steps, length < 0 ? NULL : code, "import", module);
}

/* What copies standard input to a file, and leaves no name in __main__. The path is in hex: it may be any bytes. */
static const char copy_code[] = "exec(\"\"\"\n"
                                "import os\n"
                                "os.makedirs(os.path.dirname(path) or b'.', exist_ok=True)\n"
                                "with open(path, 'wb') as file:\n"
                                "    while piece := os.read(0, 65536):\n"
                                "        file.write(piece)\n"
                                "\"\"\", {'path': bytes.fromhex('%s')})\n";

/* Opens what --file copies. The descriptor, or -1 after a message. */
static int snap_steps_open(const char *path)
{
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int failed = file < 0 || fstat(file, &facts) != 0 ? errno : 0;
    if (failed == 0 && S_ISDIR(facts.st_mode))
        failed = EISDIR;
    if (failed == 0)
        return file;
    if (file >= 0)
        close(file);
    return complain("can't read %s: %s", path, strerror(failed));
}

/* The code that copies to that path. NULL without memory. */
static char *snap_steps_copy(const char *guest)
{
    char *hex = calloc(2 * strlen(guest) + 1, 1), *code = NULL;
    for (size_t i = 0; hex != NULL && guest[i] != '\0'; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)guest[i]);
    if (hex != NULL && asprintf(&code, copy_code, hex) < 0)
        code = NULL;
    free(hex);
    return code;
}

int snap_steps_add_file(struct snap_steps *steps, char *value)
{
    char *colon = strrchr(value, ':');
    if (colon == NULL || colon == value || colon[1] == '\0')
        return complain("--file wants HOST:GUEST, as in --file config.json:/work/config.json");
    *colon = '\0';
    int file = snap_steps_open(value);
    if (file < 0)
        return -1;
    if (snap_steps_add_quiet(steps, snap_steps_copy(colon + 1), "file", value) != 0) {
        close(file);
        return -1;
    }
    steps->steps[steps->count - 1].file = file;
    return 0;
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
        if (steps->steps[i].file >= 0)
            close(steps->steps[i].file);
    }
    free(steps->steps);
    *steps = (struct snap_steps){0};
}
