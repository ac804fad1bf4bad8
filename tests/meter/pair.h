/*
 * A module and its metered form, stepped side by side: the one (side 0) counts by the rule, the other by its hooks, and a
 * third, metered too, shows that a metered run repeats. After every call all that can be seen of them is compared: results and
 * traps, memory, globals and tables, calls of imports with their arguments, and the fuel at each entry and return of a
 * function, at each call of an import, and (unless the call trapped) at its end.
 */
#ifndef PAIR_H
#define PAIR_H

#include "stepper.h"

struct pair;

#define PAIR_VALUES 64 /* most parameters, and most results, of a function that is called */
#define PAIR_DIFFERENCE_BYTES 256

#define PAIR_SIDES 3

struct pair_options {
    int64_t fuel;
    uint32_t max_pages, max_depth;
    uint64_t max_steps;
    void *context;
    /* As in stepper_options, called once for each side, which must all be answered alike. May be NULL if nothing is
     * imported. */
    uint32_t (*import)(void *context, struct stepper *stepper, int side, uint32_t import,
                       uint64_t *values);
};

/* Both modules must outlive the pair. Errors: those of stepper_create(). */
pybox_status pair_create(const struct wasm_module *module, const struct wasm_module *metered,
                         const struct pair_options *options, struct pair **pair);

/* NULL is allowed. */
void pair_destroy(struct pair *pair);

/* Calls an export of all, `values` as in stepper_call(), with room for PAIR_VALUES. Returns 0 or the trap's code, of the unmetered one. */
uint32_t pair_call(struct pair *pair, const char *export, uint64_t *values);

/* Calls the start function, if there is one. */
uint32_t pair_start(struct pair *pair);

/* What the last call used on a side. The metered ones differ from side 0 only if it trapped. */
int64_t pair_fuel(const struct pair *pair, int side);

/* The first difference that was found since this was asked last, as text. False: there was none. */
bool pair_take_difference(struct pair *pair, char text[PAIR_DIFFERENCE_BYTES]);

/* The stepper of a side, to look at. */
struct stepper *pair_stepper(struct pair *pair, int side);

#endif
