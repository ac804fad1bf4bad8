/* The metering pass against modules made of arbitrary bytes (wasm_generate.h). */
#ifndef GENERATED_H
#define GENERATED_H

#include "wasm_write.h"

#define GENERATED_WHY_BYTES 512

/*
 * Generates a module from the bytes, meters it, and steps both side by side (pair.h). What can be seen of them must be the
 * same, the fuel included; a run that does not end must be stopped by the metered form's checks. If it is not so, returns
 * false and says why. The module is appended to `module`.
 */
bool generated_check(const uint8_t *bytes, size_t length, struct wasm_writer *module,
                     char why[GENERATED_WHY_BYTES]);

#endif
