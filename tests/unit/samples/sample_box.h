/* A box in miniature around the sample module: what a test of entries, traps and signals needs. */
#ifndef SAMPLE_BOX_H
#define SAMPLE_BOX_H

#include "instance.h"
#include "memory.h"
#include "module.h"
#include "sample_module.h"
#include "stack.h"
#include "trap.h"

struct sample_box {
    struct module_env env; /* first */
    struct module *module;
    struct instance *instance;
    struct memory memory;
    struct stack_pool *pool;
    struct stack stack; /* of the call that is running */
    /* SAMPLE_IMPORT_NESTED and SAMPLE_IMPORT_SEE */
    uint64_t (*nested)(struct sample_box *box, uint64_t value);
    uint64_t (*see)(struct sample_box *box, uint64_t value);
};

/* The path of the shared object, from the test's arguments; then each box opens it by itself. */
extern const char *sample_path;

/* Two pages of memory, limit 10, in stacks of 1 MiB. Fails the process with a message if that
 * cannot be. */
void sample_box_open(struct sample_box *box);
void sample_box_close(struct sample_box *box);

/* Calls an export: the trap code. */
int sample_call(struct sample_box *box, const char *name, uint64_t *values);

/* With one argument. */
int sample_call1(struct sample_box *box, const char *name, uint64_t value);

#endif
