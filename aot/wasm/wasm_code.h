/* Function bodies: instruction by instruction. */
#ifndef WASM_CODE_H
#define WASM_CODE_H

#include "wasm_module.h"

/* What follows an opcode (5.4). */
enum wasm_immediate {
    WASM_UNASSIGNED = 0,
    WASM_PLAIN,          /* nothing */
    WASM_BLOCK,          /* block_type */
    WASM_LABEL,          /* index: nesting depth */
    WASM_LABELS,         /* br_table: labels, label_count; index: the default */
    WASM_CALL,           /* index: function */
    WASM_CALL_INDIRECT,  /* index: type, second: table */
    WASM_LOCAL,          /* index */
    WASM_GLOBAL_INDEX,   /* index */
    WASM_TABLE_INDEX,    /* index */
    WASM_ACCESS,         /* align, offset */
    WASM_MEMORY_INDEX,   /* one zero byte */
    WASM_MEMORIES,       /* two zero bytes */
    WASM_INT32,          /* integer */
    WASM_INT64,          /* integer */
    WASM_FLOAT32,        /* bits */
    WASM_FLOAT64,        /* bits */
    WASM_SELECT_TYPES,   /* index: the one value type */
    WASM_REFERENCE_TYPE, /* index: the type */
    WASM_FUNCTION_INDEX, /* index: function */
    WASM_DATA_MEMORY,    /* index: data segment; one zero byte */
    WASM_DATA_INDEX,     /* index: data segment */
    WASM_ELEMENT_TABLE,  /* index: element segment, second: table */
    WASM_ELEMENT_INDEX,  /* index: element segment */
    WASM_TABLES,         /* index: destination, second: source */
};

/* Opcodes that code here or in the passes asks for. A prefixed one is 0xfc00 + its number. */
enum wasm_opcode {
    WASM_OP_UNREACHABLE = 0x00,
    WASM_OP_BLOCK = 0x02,
    WASM_OP_LOOP = 0x03,
    WASM_OP_IF = 0x04,
    WASM_OP_ELSE = 0x05,
    WASM_OP_END = 0x0b,
    WASM_OP_BR = 0x0c,
    WASM_OP_BR_IF = 0x0d,
    WASM_OP_BR_TABLE = 0x0e,
    WASM_OP_RETURN = 0x0f,
    WASM_OP_CALL = 0x10,
    WASM_OP_CALL_INDIRECT = 0x11,
    WASM_OP_RETURN_CALL = 0x12,
    WASM_OP_RETURN_CALL_INDIRECT = 0x13,
    WASM_OP_LOCAL_GET = 0x20,
    WASM_OP_LOCAL_SET = 0x21,
    WASM_OP_LOCAL_TEE = 0x22,
    WASM_OP_GLOBAL_GET = 0x23,
    WASM_OP_GLOBAL_SET = 0x24,
    WASM_OP_TABLE_SET = 0x26,
    WASM_OP_I32_CONST = 0x41,
    WASM_OP_I64_CONST = 0x42,
    WASM_OP_F32_CONST = 0x43,
    WASM_OP_F64_CONST = 0x44,
    WASM_OP_I64_LT_S = 0x53,
    WASM_OP_I64_SUB = 0x7d,
    WASM_OP_REF_NULL = 0xd0,
    WASM_OP_REF_FUNC = 0xd2,
    WASM_OP_MEMORY_INIT = 0xfc08,
    WASM_OP_DATA_DROP = 0xfc09,
    WASM_OP_TABLE_INIT = 0xfc0c,
    WASM_OP_ELEM_DROP = 0xfc0d,
    WASM_OP_TABLE_COPY = 0xfc0e,
    WASM_OP_TABLE_GROW = 0xfc0f,
    WASM_OP_TABLE_FILL = 0xfc11,
};

struct wasm_opcode_info {
    const char *name;
    uint8_t immediate; /* enum wasm_immediate */
    uint8_t align;     /* WASM_ACCESS: log2 of the natural alignment */
};

/* The s33 value of the block type 0x40. A value type v is v - 0x80. */
#define WASM_BLOCK_EMPTY (-64)

struct wasm_instruction {
    const struct wasm_opcode_info *info;
    const uint8_t *bytes; /* opcode and immediates */
    uint32_t length;
    uint16_t opcode;
    uint32_t index, second;
    uint32_t align, offset;
    int64_t integer;
    uint64_t bits;
    int64_t block_type;        /* WASM_BLOCK_EMPTY, a type index, or a negative value type */
    struct wasm_cursor labels; /* label_count u32 numbers, already known to be readable */
    uint32_t label_count;
};

/* The instruction at the cursor, which moves behind it. Only decodes: indices are not checked. */
pybox_status wasm_next(struct wasm_cursor *cursor, struct wasm_instruction *instruction);

/* At the first instruction of a body, with the end of the body as its end. */
struct wasm_cursor wasm_body_cursor(const struct wasm_module *module, const struct wasm_body *body);

/* Checks the instructions of body number `number`: indices, alignments, nesting, and that the last
 * `end` is the last byte. All other sections must have been read. */
pybox_status wasm_check_body(const struct wasm_module *module, uint32_t number);

#endif
