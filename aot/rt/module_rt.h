/* What the glue takes from the module's own runtime, besides wasm-rt.h. */
#ifndef MODULE_RT_H
#define MODULE_RT_H

#include "wasm-rt.h"

/* The function that the host put there; wasm_rt_trap() calls it. */
extern void (*module_trap)(uint32_t code);

/* Set by module.lds around all of the module's code. */
extern const uint8_t module_code_start[], module_code_end[];

#endif
