/* The imports of a guest that is stepped, answered by the WASI shim. */
#ifndef PYTHON_BIND_H
#define PYTHON_BIND_H

#include "wasi.h"
#include "wasm_module.h"

/* Finds the calls that satisfy the imported functions, in their order; NULL for one that nothing does. *calls is the
 * caller's to free. *fuel_import is the one that is pybox.fuel_used, which is no WASI call, or UINT32_MAX. False: an import of a strange type, or no memory. */
bool python_bind(const struct wasm_module *module, const struct wasi_call ***calls,
                 uint32_t *fuel_import);

#endif
