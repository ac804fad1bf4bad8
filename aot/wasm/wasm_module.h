/*
 * A WebAssembly module as data: read from its binary form, changed, written again.
 *
 * Read are version 1 binaries with the extensions that C compilers use: sign extension, saturating
 * conversions, bulk memory, multi-value, mutable globals, reference types, tail calls. Refused,
 * each by name: 64-bit and more than one memory, shared memory, exceptions, garbage collection,
 * SIMD, extended constant expressions, components. Structure and indices are all checked, function
 * bodies down to each instruction's immediates and the nesting of blocks; what types are on the
 * operand stack is left to wasm2c, which checks it before it writes a line.
 *
 * A module points into the bytes it was read from; they must outlive it. Not thread-safe.
 * Section numbers are those of the WebAssembly specification 2.0, chapter 5.
 */
#ifndef WASM_MODULE_H
#define WASM_MODULE_H

#include "wasm_cursor.h"

#include <stdbool.h>

/* Value types, by their bytes (5.3.1 and 5.3.3). */
enum wasm_value {
    WASM_I32 = 0x7f,
    WASM_I64 = 0x7e,
    WASM_F32 = 0x7d,
    WASM_F64 = 0x7c,
    WASM_V128 = 0x7b,
    WASM_FUNCREF = 0x70,
    WASM_EXTERNREF = 0x6f,
};

enum wasm_kind { WASM_FUNCTION = 0, WASM_TABLE = 1, WASM_MEMORY = 2, WASM_GLOBAL = 3 };

/* What other engines allow as well (the JavaScript API's implementation limits). */
#define WASM_MAX_BYTES (1u << 30)
#define WASM_MAX_TYPES 1000000u
#define WASM_MAX_FUNCTIONS 1000000u
#define WASM_MAX_IMPORTS 100000u
#define WASM_MAX_EXPORTS 100000u
#define WASM_MAX_GLOBALS 1000000u
#define WASM_MAX_TABLES 100u
#define WASM_MAX_SEGMENTS 100000u
#define WASM_MAX_ELEMENTS 10000000u
#define WASM_MAX_PARAMETERS 1000u
#define WASM_MAX_LOCALS 50000u
#define WASM_MAX_BODY_BYTES 7654321u
#define WASM_MAX_NESTING 10000u
#define WASM_MAX_PAGES 65536u

struct wasm_type {
    const uint8_t *parameters, *results; /* one enum wasm_value a byte */
    uint32_t parameter_count, result_count;
};

struct wasm_limits {
    uint32_t min, max; /* max: UINT32_MAX if there is none */
    bool has_max;
};

struct wasm_table {
    uint8_t type; /* WASM_FUNCREF or WASM_EXTERNREF */
    struct wasm_limits limits;
};

/* A constant expression: one instruction. */
struct wasm_constant {
    uint8_t opcode; /* i32.const 41, i64.const 42, f32.const 43, f64.const 44, global.get 23,
                       ref.null d0, ref.func d2 */
    uint8_t type;   /* of its value */
    int64_t integer;
    uint64_t bits;  /* of a float */
    uint32_t index; /* global.get, ref.func */
};

struct wasm_global {
    uint8_t type;
    bool is_mutable;
    struct wasm_constant initial; /* not for imported ones */
};

struct wasm_import {
    struct wasm_text module, name;
    enum wasm_kind kind;
    uint32_t type; /* WASM_FUNCTION: index of its type */
    struct wasm_table table;
    struct wasm_limits memory;
    struct wasm_global global;
};

struct wasm_export {
    struct wasm_text name;
    enum wasm_kind kind;
    uint32_t index;
};

#define WASM_NULL_FUNCTION UINT32_MAX

enum wasm_segment_mode { WASM_ACTIVE, WASM_PASSIVE, WASM_DECLARED };

struct wasm_element {
    uint8_t flags; /* the binary form's choice of encoding; 0 to 7 */
    enum wasm_segment_mode mode;
    uint32_t table;              /* active */
    struct wasm_constant offset; /* active */
    uint8_t type;
    uint32_t count;
    uint32_t *functions; /* indices, or WASM_NULL_FUNCTION */
};

struct wasm_data {
    uint8_t flags; /* the binary form's choice of encoding; 0 to 2 */
    enum wasm_segment_mode mode;
    struct wasm_constant offset; /* active */
    const uint8_t *bytes;
    uint32_t length;
};

/* A function body: local declarations and instructions, as they are in the binary form. */
struct wasm_body {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t code;        /* where in it the first instruction is */
    uint32_t local_count; /* parameters included */
};

/* A custom section. The name section is kept apart (function_names). */
struct wasm_custom {
    struct wasm_text name;
    const uint8_t *bytes;
    uint32_t length;
};

struct wasm_name {
    uint32_t index;
    struct wasm_text name;
};

/* Everything of a module. The arrays belong to it. Of functions, tables and globals the first ones
 * are imported, as in the index spaces; `imports` has them again with their names. */
struct wasm_module {
    const uint8_t *file; /* what it was read from: byte offsets in messages count from here */

    struct wasm_type *types;
    struct wasm_import *imports;
    uint32_t *functions; /* the types, by function index */
    struct wasm_table *tables;
    struct wasm_limits memory;
    struct wasm_global *globals;
    struct wasm_export *exports;
    struct wasm_element *elements;
    struct wasm_body *bodies; /* of the functions that are not imported */
    struct wasm_data *data;
    struct wasm_custom *customs;
    struct wasm_name *function_names; /* by rising index */

    uint32_t type_count, import_count, function_count, table_count, global_count, export_count;
    uint32_t element_count, body_count, data_count, custom_count, function_name_count;
    uint32_t imported_functions, imported_tables, imported_globals;

    bool has_memory, imports_memory;
    bool has_start, has_data_count;
    uint32_t start;
};

/* Reads and checks `length` bytes. On failure *module is zeroes. Errors: MODULE_FORMAT,
 * UNSUPPORTED, LIMIT, NO_MEMORY. */
pybox_status wasm_read(const uint8_t *bytes, size_t length, struct wasm_module *module);

/* Frees the arrays, not the bytes. */
void wasm_free(struct wasm_module *module);

/* The type of function `index`, which must exist. */
static inline const struct wasm_type *wasm_function_type(const struct wasm_module *module,
                                                         uint32_t index)
{
    return &module->types[module->functions[index]];
}

#endif
