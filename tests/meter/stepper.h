/*
 * A plain interpreter of WebAssembly modules, which counts fuel by the rule of aot/meter/METERING.md: what the metering
 * pass and the native code made of its output are checked against. It shares the reader (aot/wasm) and the table of
 * prices with the pass, and no line with either.
 *
 * Where the rule leaves a choice, this one is taken: prices are those of instructions as they stand in the module, so an
 * indirect call has its own price whoever is called, and only `call` and `return_call` of an import cost HOST_CALL more.
 *
 * It runs an unmetered module and adds up the prices of what it executes, or a metered one and answers its hooks.
 * Bodies are checked in full (types of the operand stack included) and brought into a compact form once, at the
 * beginning. Supported is what wasm_module.h says, but for imports that are not functions.
 */
#ifndef STEPPER_H
#define STEPPER_H

#include "wasm_module.h"

struct stepper;

/* Codes of traps: those of module_abi.h, and what only the stepper has. An import may return others. */
enum stepper_trap {
    STEPPER_TRAP_FUEL = 300,  /* the fuel is used up */
    STEPPER_TRAP_STEPS = 301, /* the limit of steps was reached */
};

struct stepper_options {
    bool counts;        /* prices of executed instructions are counted; else the hooks do it, if the module has them */
    int64_t fuel;       /* what there is: when it is below 0 the run stops, at the next place where it is looked at */
    uint32_t max_pages; /* of memory, at most; 0: as many as the module says */
    uint32_t max_depth; /* of calls; 0: 20,000 */
    uint64_t max_steps; /* of calls and rounds of loops, over all calls; 0: no limit */

    void *context; /* given to both */
    /* Answers a call of imported function `import`, which is none of the hooks: `values` holds its arguments, one u64
     * each (i32 zero-extended, floats by their bits), and takes its results likewise. Returns 0, or the code of the
     * trap that it ends with. */
    uint32_t (*import)(void *context, struct stepper *stepper, uint32_t import, uint64_t *values);
    /* Called whenever function number `body` of the module's own is entered or returns, with the fuel used by then:
     * the counter is exact at both. May be NULL. */
    void (*trace)(void *context, uint32_t body, bool entered, int64_t used);
};

/* An instance: globals, tables and memory as the module says, nothing run yet. The module must outlive it.
 * Errors: MODULE_FORMAT (invalid code), UNSUPPORTED, ARGUMENT (a metered module is to be counted), NO_MEMORY. */
pybox_status stepper_create(const struct wasm_module *module, const struct stepper_options *options,
                            struct stepper **stepper);

/* NULL is allowed. */
void stepper_destroy(struct stepper *stepper);

/* Calls a function by its index: arguments from and results to `values`, as for imports. Returns 0 or the code of the
 * trap. Not to be called by an import. */
uint32_t stepper_call(struct stepper *stepper, uint32_t function, uint64_t *values);

#define STEPPER_NO_FUNCTION UINT32_MAX

/* The index of the function that is exported under that name, or STEPPER_NO_FUNCTION. */
uint32_t stepper_find(const struct stepper *stepper, const char *name);

/* Fuel used since the beginning; also during calls of imports. */
int64_t stepper_used(const struct stepper *stepper);

/* The linear memory as it is now; its address stays the same. */
uint8_t *stepper_memory(const struct stepper *stepper, uint64_t *bytes);

/* From now on no memory.grow succeeds, but for 0 pages. */
void stepper_refuse_memory(struct stepper *stepper);

/* The value of a global; a reference is 0 or a function's index + 1. */
uint64_t stepper_global(const struct stepper *stepper, uint32_t index);

/* The elements of a table, references as in stepper_global(). */
const uint64_t *stepper_table(const struct stepper *stepper, uint32_t index, uint32_t *count);

#endif
