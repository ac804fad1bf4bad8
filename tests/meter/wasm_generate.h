/* Valid WebAssembly modules from arbitrary bytes: what the metering pass is fuzzed with. */
#ifndef WASM_GENERATE_H
#define WASM_GENERATE_H

#include "wasm_write.h"

/*
 * Appends a module that the bytes choose: a few functions, exported as "f0", "f1", ..., of blocks, loops and branches in
 * every shape, calls of each other, through a table and of imports ("env"), operations on memory and tables. Most loops
 * end by themselves, and most operations do not trap.
 */
void wasm_generate(const uint8_t *bytes, size_t length, struct wasm_writer *writer);

#endif
