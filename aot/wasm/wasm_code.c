#include "wasm_code.h"

#include <string.h>

#define P(name_) {.name = name_, .immediate = WASM_PLAIN}
#define I(name_, immediate_) {.name = name_, .immediate = immediate_}
#define A(name_, align_) {.name = name_, .immediate = WASM_ACCESS, .align = align_}

/* clang-format off: tables of the specification, in its order */
/* 5.4.1 to 5.4.7, and tail calls. */
static const struct wasm_opcode_info one_byte[256] = {
    [0x00] = P("unreachable"),
    P("nop"),
    I("block", WASM_BLOCK),
    I("loop", WASM_BLOCK),
    I("if", WASM_BLOCK),
    P("else"),
    [0x0b] = P("end"),
    I("br", WASM_LABEL),
    I("br_if", WASM_LABEL),
    I("br_table", WASM_LABELS),
    P("return"),
    I("call", WASM_CALL),
    I("call_indirect", WASM_CALL_INDIRECT),
    I("return_call", WASM_CALL),
    I("return_call_indirect", WASM_CALL_INDIRECT),
    [0x1a] = P("drop"),
    P("select"),
    I("select", WASM_SELECT_TYPES),
    [0x20] = I("local.get", WASM_LOCAL),
    I("local.set", WASM_LOCAL),
    I("local.tee", WASM_LOCAL),
    I("global.get", WASM_GLOBAL_INDEX),
    I("global.set", WASM_GLOBAL_INDEX),
    I("table.get", WASM_TABLE_INDEX),
    I("table.set", WASM_TABLE_INDEX),
    [0x28] = A("i32.load", 2),
    A("i64.load", 3),
    A("f32.load", 2),
    A("f64.load", 3),
    A("i32.load8_s", 0),
    A("i32.load8_u", 0),
    A("i32.load16_s", 1),
    A("i32.load16_u", 1),
    A("i64.load8_s", 0),
    A("i64.load8_u", 0),
    A("i64.load16_s", 1),
    A("i64.load16_u", 1),
    A("i64.load32_s", 2),
    A("i64.load32_u", 2),
    A("i32.store", 2),
    A("i64.store", 3),
    A("f32.store", 2),
    A("f64.store", 3),
    A("i32.store8", 0),
    A("i32.store16", 1),
    A("i64.store8", 0),
    A("i64.store16", 1),
    A("i64.store32", 2),
    I("memory.size", WASM_MEMORY_INDEX),
    I("memory.grow", WASM_MEMORY_INDEX),
    I("i32.const", WASM_INT32),
    I("i64.const", WASM_INT64),
    I("f32.const", WASM_FLOAT32),
    I("f64.const", WASM_FLOAT64),
    P("i32.eqz"),
    P("i32.eq"),
    P("i32.ne"),
    P("i32.lt_s"),
    P("i32.lt_u"),
    P("i32.gt_s"),
    P("i32.gt_u"),
    P("i32.le_s"),
    P("i32.le_u"),
    P("i32.ge_s"),
    P("i32.ge_u"),
    P("i64.eqz"),
    P("i64.eq"),
    P("i64.ne"),
    P("i64.lt_s"),
    P("i64.lt_u"),
    P("i64.gt_s"),
    P("i64.gt_u"),
    P("i64.le_s"),
    P("i64.le_u"),
    P("i64.ge_s"),
    P("i64.ge_u"),
    P("f32.eq"),
    P("f32.ne"),
    P("f32.lt"),
    P("f32.gt"),
    P("f32.le"),
    P("f32.ge"),
    P("f64.eq"),
    P("f64.ne"),
    P("f64.lt"),
    P("f64.gt"),
    P("f64.le"),
    P("f64.ge"),
    P("i32.clz"),
    P("i32.ctz"),
    P("i32.popcnt"),
    P("i32.add"),
    P("i32.sub"),
    P("i32.mul"),
    P("i32.div_s"),
    P("i32.div_u"),
    P("i32.rem_s"),
    P("i32.rem_u"),
    P("i32.and"),
    P("i32.or"),
    P("i32.xor"),
    P("i32.shl"),
    P("i32.shr_s"),
    P("i32.shr_u"),
    P("i32.rotl"),
    P("i32.rotr"),
    P("i64.clz"),
    P("i64.ctz"),
    P("i64.popcnt"),
    P("i64.add"),
    P("i64.sub"),
    P("i64.mul"),
    P("i64.div_s"),
    P("i64.div_u"),
    P("i64.rem_s"),
    P("i64.rem_u"),
    P("i64.and"),
    P("i64.or"),
    P("i64.xor"),
    P("i64.shl"),
    P("i64.shr_s"),
    P("i64.shr_u"),
    P("i64.rotl"),
    P("i64.rotr"),
    P("f32.abs"),
    P("f32.neg"),
    P("f32.ceil"),
    P("f32.floor"),
    P("f32.trunc"),
    P("f32.nearest"),
    P("f32.sqrt"),
    P("f32.add"),
    P("f32.sub"),
    P("f32.mul"),
    P("f32.div"),
    P("f32.min"),
    P("f32.max"),
    P("f32.copysign"),
    P("f64.abs"),
    P("f64.neg"),
    P("f64.ceil"),
    P("f64.floor"),
    P("f64.trunc"),
    P("f64.nearest"),
    P("f64.sqrt"),
    P("f64.add"),
    P("f64.sub"),
    P("f64.mul"),
    P("f64.div"),
    P("f64.min"),
    P("f64.max"),
    P("f64.copysign"),
    P("i32.wrap_i64"),
    P("i32.trunc_f32_s"),
    P("i32.trunc_f32_u"),
    P("i32.trunc_f64_s"),
    P("i32.trunc_f64_u"),
    P("i64.extend_i32_s"),
    P("i64.extend_i32_u"),
    P("i64.trunc_f32_s"),
    P("i64.trunc_f32_u"),
    P("i64.trunc_f64_s"),
    P("i64.trunc_f64_u"),
    P("f32.convert_i32_s"),
    P("f32.convert_i32_u"),
    P("f32.convert_i64_s"),
    P("f32.convert_i64_u"),
    P("f32.demote_f64"),
    P("f64.convert_i32_s"),
    P("f64.convert_i32_u"),
    P("f64.convert_i64_s"),
    P("f64.convert_i64_u"),
    P("f64.promote_f32"),
    P("i32.reinterpret_f32"),
    P("i64.reinterpret_f64"),
    P("f32.reinterpret_i32"),
    P("f64.reinterpret_i64"),
    P("i32.extend8_s"),
    P("i32.extend16_s"),
    P("i64.extend8_s"),
    P("i64.extend16_s"),
    P("i64.extend32_s"),
    [0xd0] = I("ref.null", WASM_REFERENCE_TYPE),
    P("ref.is_null"),
    I("ref.func", WASM_FUNCTION_INDEX),
};

/* Behind the byte 0xfc. */
static const struct wasm_opcode_info prefixed[18] = {
    P("i32.trunc_sat_f32_s"),
    P("i32.trunc_sat_f32_u"),
    P("i32.trunc_sat_f64_s"),
    P("i32.trunc_sat_f64_u"),
    P("i64.trunc_sat_f32_s"),
    P("i64.trunc_sat_f32_u"),
    P("i64.trunc_sat_f64_s"),
    P("i64.trunc_sat_f64_u"),
    I("memory.init", WASM_DATA_MEMORY),
    I("data.drop", WASM_DATA_INDEX),
    I("memory.copy", WASM_MEMORIES),
    I("memory.fill", WASM_MEMORY_INDEX),
    I("table.init", WASM_ELEMENT_TABLE),
    I("elem.drop", WASM_ELEMENT_INDEX),
    I("table.copy", WASM_TABLES),
    I("table.grow", WASM_TABLE_INDEX),
    I("table.size", WASM_TABLE_INDEX),
    I("table.fill", WASM_TABLE_INDEX),
};

/* clang-format on */

#undef P
#undef I
#undef A

/* What an opcode that is not in the tables belongs to, or NULL. */
static const char *unsupported_feature(uint8_t byte)
{
    if ((byte >= 0x06 && byte <= 0x0a) || byte == 0x18 || byte == 0x19 || byte == 0x1f)
        return "exception handling";
    if (byte == 0x14 || byte == 0x15 || (byte >= 0xd3 && byte <= 0xd6))
        return "typed function references";
    if (byte == 0xfb)
        return "garbage collection";
    if (byte == 0xfd)
        return "SIMD";
    if (byte == 0xfe)
        return "threads";
    return NULL;
}

static pybox_status get_opcode(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    const uint8_t *start = cursor->at;
    uint8_t byte;
    pybox_status status = wasm_get_u8(cursor, &byte);
    if (status != PYBOX_OK)
        return status;
    uint32_t number = byte;
    const struct wasm_opcode_info *info = &one_byte[byte];
    if (byte == 0xfc) {
        status = wasm_get_u32(cursor, &number);
        if (status != PYBOX_OK)
            return status;
        info =
            number < sizeof(prefixed) / sizeof(prefixed[0]) ? &prefixed[number] : &one_byte[0xff];
    }
    instruction->opcode = (uint16_t)(byte == 0xfc ? 0xfc00 + (number & 0xff) : number);
    instruction->info = info;
    if (info->immediate != WASM_UNASSIGNED)
        return PYBOX_OK;
    cursor->at = start;
    if (byte == 0xfc)
        return wasm_malformed(cursor, "0xfc %u is no instruction", number);
    const char *feature = unsupported_feature(byte);
    if (feature != NULL)
        return wasm_unsupported(cursor, "instruction 0x%02x needs %s, which pybox does not support",
                                byte, feature);
    return wasm_malformed(cursor, "0x%02x is no instruction", byte);
}

/* One zero byte: the index of the only memory. */
static pybox_status get_memory_index(struct wasm_cursor *cursor)
{
    const uint8_t *start = cursor->at;
    uint32_t index;
    pybox_status status = wasm_get_u32(cursor, &index);
    if (status != PYBOX_OK || index == 0)
        return status;
    cursor->at = start;
    return wasm_unsupported(cursor, "memory %u: pybox does not support more than one memory",
                            index);
}

static pybox_status get_access(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    const uint8_t *start = cursor->at;
    pybox_status status = wasm_get_u32(cursor, &instruction->align);
    if (status != PYBOX_OK)
        return status;
    if (instruction->align >= 64 && instruction->align < 128) {
        cursor->at = start;
        return wasm_unsupported(cursor, "%s names a memory: pybox does not support more than one",
                                instruction->info->name);
    }
    if (instruction->align > instruction->info->align) {
        cursor->at = start;
        return wasm_malformed(cursor, "%s with an alignment of 2^%u; at most 2^%u is allowed",
                              instruction->info->name, instruction->align,
                              instruction->info->align);
    }
    return wasm_get_u32(cursor, &instruction->offset);
}

static pybox_status get_labels(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    pybox_status status =
        wasm_get_count(cursor, WASM_MAX_BODY_BYTES, "labels", &instruction->label_count);
    if (status != PYBOX_OK)
        return status;
    instruction->labels = *cursor;
    for (uint32_t i = 0; i < instruction->label_count && status == PYBOX_OK; i++)
        status = wasm_get_u32(cursor, &instruction->index);
    instruction->labels.end = cursor->at;
    if (status == PYBOX_OK)
        status = wasm_get_u32(cursor, &instruction->index);
    return status;
}

static pybox_status get_block_type(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    const uint8_t *start = cursor->at;
    int64_t type;
    pybox_status status = wasm_get_s33(cursor, &type);
    if (status != PYBOX_OK)
        return status;
    instruction->block_type = type;
    switch (type) {
    case WASM_BLOCK_EMPTY:
    case WASM_I32 - 0x80:
    case WASM_I64 - 0x80:
    case WASM_F32 - 0x80:
    case WASM_F64 - 0x80:
    case WASM_FUNCREF - 0x80:
    case WASM_EXTERNREF - 0x80:
        return PYBOX_OK;
    case WASM_V128 - 0x80:
        cursor->at = start;
        return wasm_unsupported(cursor, "a v128 value needs SIMD, which pybox does not support");
    default:
        if (type >= 0)
            return PYBOX_OK;
        cursor->at = start;
        return wasm_malformed(cursor, "block type %lld is none", (long long)type);
    }
}

static pybox_status get_select_type(struct wasm_cursor *cursor,
                                    struct wasm_instruction *instruction)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, 1, "types of a select", &count);
    if (status != PYBOX_OK)
        return status;
    if (count != 1)
        return wasm_malformed(cursor, "select with %u types; one is allowed", count);
    uint8_t type;
    status = wasm_get_u8(cursor, &type);
    if (status != PYBOX_OK)
        return status;
    instruction->index = type;
    if ((type >= WASM_F64 && type <= WASM_I32) || type == WASM_FUNCREF || type == WASM_EXTERNREF)
        return PYBOX_OK;
    cursor->at--;
    return wasm_malformed(cursor, "0x%02x is no value type", type);
}

static pybox_status get_reference_type(struct wasm_cursor *cursor,
                                       struct wasm_instruction *instruction)
{
    uint8_t type;
    pybox_status status = wasm_get_u8(cursor, &type);
    if (status != PYBOX_OK)
        return status;
    instruction->index = type;
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF)
        return PYBOX_OK;
    cursor->at--;
    return wasm_unsupported(cursor, "0x%02x is neither funcref nor externref", type);
}

/* `bytes` bytes of a float, little-endian. */
static pybox_status get_float(struct wasm_cursor *cursor, size_t bytes,
                              struct wasm_instruction *instruction)
{
    const uint8_t *from;
    pybox_status status = wasm_get_bytes(cursor, bytes, "a float", &from);
    instruction->bits = 0;
    for (size_t i = 0; status == PYBOX_OK && i < bytes; i++)
        instruction->bits |= (uint64_t)from[i] << (8 * i);
    return status;
}

static pybox_status get_two(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    pybox_status status = wasm_get_u32(cursor, &instruction->index);
    return status == PYBOX_OK ? wasm_get_u32(cursor, &instruction->second) : status;
}

static pybox_status get_immediates(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    int32_t small;
    pybox_status status;
    switch ((enum wasm_immediate)instruction->info->immediate) {
    case WASM_UNASSIGNED:
    case WASM_PLAIN:
        return PYBOX_OK;
    case WASM_BLOCK:
        return get_block_type(cursor, instruction);
    case WASM_LABELS:
        return get_labels(cursor, instruction);
    case WASM_LABEL:
    case WASM_CALL:
    case WASM_LOCAL:
    case WASM_GLOBAL_INDEX:
    case WASM_TABLE_INDEX:
    case WASM_FUNCTION_INDEX:
    case WASM_DATA_INDEX:
    case WASM_ELEMENT_INDEX:
        return wasm_get_u32(cursor, &instruction->index);
    case WASM_CALL_INDIRECT:
    case WASM_ELEMENT_TABLE:
    case WASM_TABLES:
        return get_two(cursor, instruction);
    case WASM_ACCESS:
        return get_access(cursor, instruction);
    case WASM_MEMORY_INDEX:
        return get_memory_index(cursor);
    case WASM_MEMORIES:
        status = get_memory_index(cursor);
        return status == PYBOX_OK ? get_memory_index(cursor) : status;
    case WASM_DATA_MEMORY:
        status = wasm_get_u32(cursor, &instruction->index);
        return status == PYBOX_OK ? get_memory_index(cursor) : status;
    case WASM_INT32:
        status = wasm_get_s32(cursor, &small);
        instruction->integer = status == PYBOX_OK ? small : 0;
        return status;
    case WASM_INT64:
        return wasm_get_s64(cursor, &instruction->integer);
    case WASM_FLOAT32:
        return get_float(cursor, 4, instruction);
    case WASM_FLOAT64:
        return get_float(cursor, 8, instruction);
    case WASM_SELECT_TYPES:
        return get_select_type(cursor, instruction);
    case WASM_REFERENCE_TYPE:
        return get_reference_type(cursor, instruction);
    }
    return PYBOX_OK;
}

pybox_status wasm_next(struct wasm_cursor *cursor, struct wasm_instruction *instruction)
{
    instruction->bytes = cursor->at;
    pybox_status status = get_opcode(cursor, instruction);
    if (status == PYBOX_OK)
        status = get_immediates(cursor, instruction);
    if (status == PYBOX_OK)
        instruction->length = (uint32_t)(cursor->at - instruction->bytes);
    return status;
}

struct wasm_cursor wasm_body_cursor(const struct wasm_module *module, const struct wasm_body *body)
{
    return (struct wasm_cursor){.file = module->file,
                                .at = body->bytes + body->code,
                                .end = body->bytes + body->length,
                                .part = "code section"};
}

/* ------------------------------------------------------------------------------------------
 * Checks
 */

/* Where a body's check is: `nesting` blocks are open, the function's own counted. */
struct check {
    const struct wasm_module *module;
    const struct wasm_body *body;
    struct wasm_cursor cursor;
    struct wasm_instruction instruction;
    uint32_t nesting;
    uint8_t opened_by[WASM_MAX_NESTING + 1];
};

static pybox_status check_index(struct check *check, const char *what, uint32_t index,
                                uint32_t count)
{
    if (index < count)
        return PYBOX_OK;
    check->cursor.at = check->instruction.bytes;
    return wasm_malformed(&check->cursor, "%s of %s %u; there are %u",
                          check->instruction.info->name, what, index, count);
}

static pybox_status check_memory(struct check *check)
{
    if (check->module->has_memory)
        return PYBOX_OK;
    check->cursor.at = check->instruction.bytes;
    return wasm_malformed(&check->cursor, "%s in a module without a memory",
                          check->instruction.info->name);
}

static pybox_status check_data(struct check *check)
{
    if (check->module->has_data_count)
        return check_index(check, "data segment", check->instruction.index,
                           check->module->data_count);
    check->cursor.at = check->instruction.bytes;
    return wasm_malformed(&check->cursor, "%s in a module without a data count section",
                          check->instruction.info->name);
}

static pybox_status check_labels(struct check *check)
{
    struct wasm_cursor labels = check->instruction.labels;
    for (uint32_t i = 0; i < check->instruction.label_count; i++) {
        uint32_t label = 0;
        pybox_status status = wasm_get_u32(&labels, &label);
        if (status == PYBOX_OK)
            status = check_index(check, "label", label, check->nesting);
        if (status != PYBOX_OK)
            return status;
    }
    return check_index(check, "label", check->instruction.index, check->nesting);
}

static pybox_status check_block(struct check *check)
{
    pybox_status status = PYBOX_OK;
    if (check->instruction.block_type >= 0)
        status = check_index(check, "type", (uint32_t)check->instruction.block_type,
                             check->module->type_count);
    if (status != PYBOX_OK)
        return status;
    if (check->nesting == WASM_MAX_NESTING) {
        check->cursor.at = check->instruction.bytes;
        return wasm_too_large(&check->cursor, "blocks are nested deeper than %u", WASM_MAX_NESTING);
    }
    check->opened_by[check->nesting++] = (uint8_t)check->instruction.opcode;
    return PYBOX_OK;
}

static pybox_status check_immediates(struct check *check)
{
    const struct wasm_module *module = check->module;
    const struct wasm_instruction *instruction = &check->instruction;
    pybox_status status;
    switch ((enum wasm_immediate)instruction->info->immediate) {
    case WASM_BLOCK:
        return check_block(check);
    case WASM_LABEL:
        return check_index(check, "label", instruction->index, check->nesting);
    case WASM_LABELS:
        return check_labels(check);
    case WASM_CALL:
    case WASM_FUNCTION_INDEX:
        return check_index(check, "function", instruction->index, module->function_count);
    case WASM_CALL_INDIRECT:
        status = check_index(check, "type", instruction->index, module->type_count);
        return status == PYBOX_OK
                   ? check_index(check, "table", instruction->second, module->table_count)
                   : status;
    case WASM_LOCAL:
        return check_index(check, "local", instruction->index, check->body->local_count);
    case WASM_GLOBAL_INDEX:
        return check_index(check, "global", instruction->index, module->global_count);
    case WASM_TABLE_INDEX:
        return check_index(check, "table", instruction->index, module->table_count);
    case WASM_ACCESS:
    case WASM_MEMORY_INDEX:
    case WASM_MEMORIES:
        return check_memory(check);
    case WASM_DATA_MEMORY:
        status = check_memory(check);
        return status == PYBOX_OK ? check_data(check) : status;
    case WASM_DATA_INDEX:
        return check_data(check);
    case WASM_ELEMENT_TABLE:
        status = check_index(check, "table", instruction->second, module->table_count);
        return status == PYBOX_OK ? check_index(check, "element segment", instruction->index,
                                                module->element_count)
                                  : status;
    case WASM_ELEMENT_INDEX:
        return check_index(check, "element segment", instruction->index, module->element_count);
    case WASM_TABLES:
        status = check_index(check, "table", instruction->index, module->table_count);
        return status == PYBOX_OK
                   ? check_index(check, "table", instruction->second, module->table_count)
                   : status;
    default:
        return PYBOX_OK;
    }
}

/* `else` and `end`: the block that is open, if it fits. */
static pybox_status check_nesting(struct check *check)
{
    if (check->instruction.opcode == WASM_OP_END) {
        check->nesting--;
    } else if (check->instruction.opcode == WASM_OP_ELSE) {
        uint8_t *open = &check->opened_by[check->nesting - 1];
        if (*open != WASM_OP_IF) {
            check->cursor.at = check->instruction.bytes;
            return wasm_malformed(&check->cursor, "else without an if");
        }
        *open = WASM_OP_ELSE;
    }
    return PYBOX_OK;
}

pybox_status wasm_check_body(const struct wasm_module *module, uint32_t number)
{
    struct check check;
    check.module = module;
    check.body = &module->bodies[number];
    check.cursor = wasm_body_cursor(module, check.body);
    check.nesting = 1;
    check.opened_by[0] = WASM_OP_BLOCK;
    while (check.nesting > 0) {
        pybox_status status = wasm_next(&check.cursor, &check.instruction);
        if (status == PYBOX_OK)
            status = check_immediates(&check);
        if (status == PYBOX_OK)
            status = check_nesting(&check);
        if (status != PYBOX_OK)
            return status;
    }
    if (check.cursor.at != check.cursor.end)
        return wasm_malformed(&check.cursor, "function %u goes on behind its last end",
                              module->imported_functions + number);
    return PYBOX_OK;
}
