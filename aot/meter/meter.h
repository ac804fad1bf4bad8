/*
 * The metering pass: wasm in, wasm out, with fuel counted.
 *
 * METERING.md says what is counted, and what the hooks are that the metered module imports. It is written in
 * its shortest form, without the custom sections (debugging data, tool names) that say nothing about what
 * it does. What comes out is the module whose SHA-256 images are bound to.
 *
 * A custom section, METER_SECTION, says which pass wrote a module: the version as LEB128, and the
 * SHA-256 of the cost table, zeroes in a module that is not counted (version 0).
 */
#ifndef METER_H
#define METER_H

#include "branches.h"
#include "wasm_write.h"

#define METER_VERSION 1
#define METER_SECTION "pybox.meter"

/* The module that the hooks are imported from. */
#define METER_HOOKS "pybox_meter"
/* They are the last so many imports of a metered module. */
#define METER_HOOK_COUNT 6

/* What METER_SECTION says. */
struct meter_mark {
    uint32_t version;
    uint8_t costs_hash[32];
};

/* Appends the metered form of `module`. Errors: ARGUMENT (it is metered already, or imports hooks), LIMIT,
 * NO_MEMORY. */
pybox_status meter_write(const struct wasm_module *module, struct wasm_writer *writer);

enum meter_kind {
    METER_COUNTED,
    METER_UNCOUNTED, /* version 0: marked, but not counted. To compare speeds */
    METER_TRAINING,  /* not counted; before each branch it asks METER_TRAINING_HOOK of METER_HOOKS, which is given
                        the condition and the branch's number in the module, from 0, and returns the condition:
                        "ii:i", the only import behind the module's own */
};

#define METER_TRAINING_HOOK "branch"

struct meter_options {
    enum meter_kind kind;
    const struct branches *branches; /* METER_COUNTED: what is known of them, or NULL */
};

/* The same in another form. Errors: likewise. */
pybox_status meter_write_as(const struct wasm_module *module, const struct meter_options *options,
                            struct wasm_writer *writer);

/* The mark of a module that meter_write() wrote. Error: ARGUMENT (it has none). */
pybox_status meter_read_mark(const struct wasm_module *module, struct meter_mark *mark);

#endif
