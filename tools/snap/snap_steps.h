/* What is run in a box before its state is saved, in the order of the command line. */
#ifndef SNAP_STEPS_H
#define SNAP_STEPS_H

#include <stddef.h>

struct snap_step {
    char *code;
    size_t length;
    char *filename; /* shown in tracebacks */
};

struct snap_steps {
    struct snap_step *steps;
    size_t count;
};

/* Each copies what it needs and returns 0, or -1 after a message on standard error. */
int snap_steps_add_code(struct snap_steps *steps, const char *code);
int snap_steps_add_script(struct snap_steps *steps, const char *path);
int snap_steps_add_import(struct snap_steps *steps, const char *module);
int snap_steps_add_import_list(struct snap_steps *steps, const char *path);

void snap_steps_free(struct snap_steps *steps);

#endif
