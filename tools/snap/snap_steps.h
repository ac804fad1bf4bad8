/* What is run in a box before its state is saved, in the order of the command line. */
#ifndef SNAP_STEPS_H
#define SNAP_STEPS_H

#include <stddef.h>

struct snap_step {
    char *code;
    size_t length;
    char *filename; /* shown in tracebacks */
    int file;       /* of the host's, to be the step's standard input; -1: the command's own */
    int quiet;      /* it prints nothing unless it fails */
};

struct snap_steps {
    struct snap_step *steps;
    size_t count;
};

/* Each copies what it needs, may change its argument, and returns 0, or -1 after a message on standard error. */
int snap_steps_add_code(struct snap_steps *steps, const char *code);
int snap_steps_add_script(struct snap_steps *steps, const char *path);
int snap_steps_add_import(struct snap_steps *steps, const char *module);
/* HOST:GUEST: copies a file into the box. */
int snap_steps_add_file(struct snap_steps *steps, char *value);
int snap_steps_add_import_list(struct snap_steps *steps, const char *path);

void snap_steps_free(struct snap_steps *steps);

#endif
