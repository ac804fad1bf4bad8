/*
 * From a metered module to what is compiled: the module without its data for wasm2c, and the C and
 * assembly around wasm2c's output that make it a native module of module_abi.h.
 *
 * Names are ours, so that wasm2c's mangling has nothing to do: imports are host.i<n> (n: index of
 * the import), the hooks of metering host.<their name>, exported functions e<n> (n: index among exported functions), the start function
 * `start`, tables T<n>, the memory M0, mutable globals g<n> (n: index of the global). wasm2c is
 * run with the module name "guest".
 */
#ifndef GLUE_H
#define GLUE_H

#include "meter.h"

#include <stdio.h>

/* What is to be made of a module. */
struct glue {
    const struct wasm_module *module;
    const char *name;     /* a C identifier: the descriptor is pybox_module_<name> */
    const char *wasm2c;   /* its version, for the note */
    const char *compiler; /* its name and version, for the note */
    uint8_t hash[32];     /* SHA-256 of the module's file */
    struct meter_mark mark;
    uint32_t flags; /* MODULE_FLAG_* */
    uint32_t exported_functions;
    uint32_t import_count; /* of the host's functions: the hooks of metering, which come last, are not */
    bool keeps_segments; /* code names data segments: they stay, the active ones empty */
    bool has_tail_calls;
};

/* Checks that a module is one that pybox can run: what it imports and exports, and that its
 * segments fit. Errors: UNSUPPORTED, MODULE_FORMAT, LIMIT. */
pybox_status glue_check(const struct wasm_module *module);

/* Checks the module, and fills in mark, flags and what follows; the fields before them are the
 * caller's. Errors: as glue_check(), and ARGUMENT (not metered). */
pybox_status glue_plan(struct glue *glue);

/* Appends the module for wasm2c. Error: NO_MEMORY. */
pybox_status glue_write_code(const struct glue *glue, struct wasm_writer *writer);

/* Appends the bytes of all active data segments, in order. Error: NO_MEMORY. */
pybox_status glue_write_data(const struct glue *glue, struct wasm_writer *writer);

/* Prints what goes behind wasm2c's header "guest.h": the instance as the host holds it, and the hooks. */
void glue_print_header(const struct glue *glue, FILE *out);

/* Prints the C source with the descriptor, the calls to imports and from exports. It includes
 * "guest.h". */
void glue_print_source(const struct glue *glue, FILE *out);

/* Prints the assembly that embeds the data, from the file "data.bin". */
void glue_print_data(FILE *out);

/* Prints the ELF note, as assembly (note_layout.h). */
void note_print(const struct glue *glue, FILE *out);

/* The type of a function as module_abi.h writes it: "iiI:i". `text` has room for GLUE_TYPE_BYTES.
 */
#define GLUE_TYPE_BYTES (WASM_MAX_PARAMETERS + 3)
const char *glue_type(const struct wasm_type *type, char *text);

/* Prints a text as a string literal that C and the assembler both read: unusual bytes in octal. */
void glue_print_string(FILE *out, struct wasm_text text);

#endif
