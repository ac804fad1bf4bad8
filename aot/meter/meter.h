/*
 * The metering pass: wasm in, wasm out, with fuel counted.
 *
 * Version 0 counts nothing: it checks the module and writes it in its shortest form, without the
 * custom sections (debugging data, tool names) that say nothing about what it does. What comes out
 * is the module whose SHA-256 images are bound to.
 *
 * A custom section, METER_SECTION, says which pass wrote a module: the version as LEB128, and the
 * SHA-256 of the cost table, zeroes in version 0.
 */
#ifndef METER_H
#define METER_H

#include "wasm_write.h"

#define METER_VERSION 0
#define METER_SECTION "pybox.meter"

/* What METER_SECTION says. */
struct meter_mark {
    uint32_t version;
    uint8_t costs_hash[32];
};

/* Appends the metered form of `module`. Errors: ARGUMENT (it is metered already), NO_MEMORY. */
pybox_status meter_write(const struct wasm_module *module, struct wasm_writer *writer);

/* The mark of a module that meter_write() wrote. Error: ARGUMENT (it has none). */
pybox_status meter_read_mark(const struct wasm_module *module, struct meter_mark *mark);

#endif
