/* What the files of the reader share. */
#ifndef WASM_PARTS_H
#define WASM_PARTS_H

#include "wasm_module.h"

/* Room in *array for `count` more items of `bytes` bytes behind `used` of them, zeroed. Error:
 * NO_MEMORY. */
pybox_status wasm_reserve(void **array, uint32_t used, uint32_t count, size_t bytes);

#define RESERVE(array, used, count) wasm_reserve((void **)&(array), used, count, sizeof(*(array)))

/* Function names from the rest of a name section into module->function_names. Error: NO_MEMORY. */
pybox_status wasm_read_names(struct wasm_cursor *cursor, struct wasm_module *module);

#endif
