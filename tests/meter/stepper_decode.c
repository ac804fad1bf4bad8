/*
 * Bodies: checked by the algorithm of the specification's appendix ("Validation Algorithm"), and what can be reached of
 * them brought into steps. Forward branches are chained through their `a` until the end of their block is known.
 */
#include "stepper_parts.h"

#include "error.h"
#include "wasm_code.h"

#include <stdlib.h>
#include <string.h>

#define ANY 0 /* a type that code behind an unconditional branch pops */
#define NO_STEP UINT32_MAX

struct block {
    uint8_t opcode; /* block, loop, if, else; the body itself is a block */
    bool unreachable;
    bool dead; /* it begins in code that cannot be reached */
    struct wasm_type type;
    uint32_t height; /* of the operands below its parameters */
    uint32_t start;  /* loop: its first step */
    uint32_t exits;  /* the last of the branches to its end */
    uint32_t skip;   /* if: the branch to the other arm */
};

struct decoder {
    const struct wasm_module *module;
    struct stepper *stepper;
    struct stepper_body *body;
    struct wasm_cursor cursor;
    struct wasm_instruction instruction;
    uint8_t *locals;
    uint8_t *types; /* of the operands */
    struct block *blocks;
    uint32_t height, type_capacity;
    uint32_t depth, block_capacity;
    uint32_t step_capacity;
    uint32_t highest; /* most operands at a time, room for an import's results included */
    pybox_status status; /* the first error; all that comes after it does nothing harmful */
};

static void refuse(struct decoder *decoder, const char *what)
{
    if (decoder->status == PYBOX_OK)
        decoder->status = wasm_malformed(&decoder->cursor, "%s: %s",
                                         decoder->instruction.info->name, what);
}

/* Room for one item more; false: there is none. */
static bool make_room(struct decoder *decoder, void **items, uint32_t used, uint32_t *capacity,
                      size_t bytes)
{
    if (used < *capacity)
        return true;
    uint32_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *moved = realloc(*items, larger * bytes);
    if (moved == NULL) {
        if (decoder->status == PYBOX_OK)
            decoder->status = error_set(PYBOX_ERROR_NO_MEMORY, "no memory for a function body");
        return false;
    }
    *items = moved;
    *capacity = larger;
    return true;
}

/* ------------------------------------------------------------------------------------------
 * Operands
 */

static struct block *top_block(struct decoder *decoder)
{
    return &decoder->blocks[decoder->depth - 1];
}

static void note_height(struct decoder *decoder, uint32_t height)
{
    if (height > decoder->highest)
        decoder->highest = height;
}

static void push(struct decoder *decoder, uint8_t type)
{
    if (!make_room(decoder, (void **)&decoder->types, decoder->height, &decoder->type_capacity, 1))
        return;
    decoder->types[decoder->height++] = type;
    note_height(decoder, decoder->height);
}

static uint8_t pop_any(struct decoder *decoder)
{
    const struct block *block = top_block(decoder);
    if (decoder->height > block->height)
        return decoder->types[--decoder->height];
    if (!block->unreachable)
        refuse(decoder, "too few operands");
    return ANY;
}

static uint8_t pop(struct decoder *decoder, uint8_t expected)
{
    uint8_t type = pop_any(decoder);
    if (type != expected && type != ANY && expected != ANY)
        refuse(decoder, "an operand of another type");
    return type == ANY ? expected : type;
}

static void push_all(struct decoder *decoder, const uint8_t *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        push(decoder, types[i]);
}

static void pop_all(struct decoder *decoder, const uint8_t *types, uint32_t count)
{
    for (uint32_t i = count; i > 0; i--)
        pop(decoder, types[i - 1]);
}

static uint8_t type_of_letter(char letter)
{
    return letter == 'i' ? WASM_I32 : letter == 'I' ? WASM_I64 : letter == 'f' ? WASM_F32 : WASM_F64;
}

/* "iI:f" */
static void apply(struct decoder *decoder, const char *type)
{
    const char *colon = strchr(type, ':');
    for (const char *at = colon; at > type; at--)
        pop(decoder, type_of_letter(at[-1]));
    for (const char *at = colon + 1; *at != 0; at++)
        push(decoder, type_of_letter(*at));
}

/* ------------------------------------------------------------------------------------------
 * Steps
 */

/* The step's index, or NO_STEP if the place cannot be reached. */
static uint32_t emit(struct decoder *decoder, uint8_t op, uint32_t a, uint64_t b)
{
    struct stepper_body *body = decoder->body;
    const struct block *block = top_block(decoder);
    if (block->dead || block->unreachable ||
        !make_room(decoder, (void **)&body->steps, body->step_count, &decoder->step_capacity,
                   sizeof(struct step)))
        return NO_STEP;
    uint16_t price =
        decoder->stepper->options.counts ? stepper_price(decoder->instruction.opcode) : 0;
    body->steps[body->step_count] = (struct step){.op = op, .price = price, .a = a, .b = b};
    return body->step_count++;
}

static void add_price(struct decoder *decoder, uint32_t step, uint16_t price)
{
    if (step != NO_STEP && decoder->stepper->options.counts)
        decoder->body->steps[step].price += price;
}

static void emit_with_count(struct decoder *decoder, uint8_t op, uint32_t a, uint32_t second)
{
    uint32_t price = decoder->stepper->options.counts
                         ? stepper_price_by_count(decoder->instruction.opcode)
                         : 0;
    emit(decoder, op, a, WITH_COUNT(second, price));
}

static struct block *label(struct decoder *decoder, uint32_t depth)
{
    return &decoder->blocks[decoder->depth - 1 - depth]; /* the reader has checked the depth */
}

static const uint8_t *label_types(const struct block *block, uint32_t *count)
{
    bool loop = block->opcode == WASM_OP_LOOP;
    *count = loop ? block->type.parameter_count : block->type.result_count;
    return loop ? block->type.parameters : block->type.results;
}

/* A branch to a label; its operands are on the stack. */
static uint32_t emit_branch(struct decoder *decoder, uint8_t op, uint8_t op_move, uint32_t depth)
{
    struct block *block = label(decoder, depth);
    uint32_t count;
    label_types(block, &count);
    bool moves = decoder->height != block->height + count;
    uint32_t slot = decoder->body->local_count + block->height;
    uint32_t step = moves ? emit(decoder, op_move, 0, BRANCH_MOVE(count, slot))
                          : emit(decoder, op, 0, 0);
    if (step == NO_STEP)
        return step;
    if (block->opcode == WASM_OP_LOOP) {
        decoder->body->steps[step].a = block->start;
    } else {
        decoder->body->steps[step].a = block->exits;
        block->exits = step;
    }
    return step;
}

static void end_reach(struct decoder *decoder)
{
    struct block *block = top_block(decoder);
    decoder->height = block->height;
    block->unreachable = true;
}

/* ------------------------------------------------------------------------------------------
 * Blocks
 */

static struct wasm_type block_type(const struct decoder *decoder)
{
    static const uint8_t values[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_FUNCREF,
                                     WASM_EXTERNREF};
    struct wasm_type type = {0};
    int64_t number = decoder->instruction.block_type;
    if (number >= 0)
        return decoder->module->types[number];
    for (size_t i = 0; i < sizeof(values) && number != WASM_BLOCK_EMPTY; i++) {
        if (values[i] == number + 0x80) {
            type.results = &values[i];
            type.result_count = 1;
        }
    }
    return type;
}

static void push_block(struct decoder *decoder, uint8_t opcode, const struct wasm_type *type)
{
    bool dead = decoder->depth > 0 && (top_block(decoder)->dead || top_block(decoder)->unreachable);
    if (!make_room(decoder, (void **)&decoder->blocks, decoder->depth, &decoder->block_capacity,
                   sizeof(struct block)))
        return;
    decoder->blocks[decoder->depth++] = (struct block){.opcode = opcode,
                                                       .dead = dead,
                                                       .type = *type,
                                                       .height = decoder->height,
                                                       .exits = NO_STEP,
                                                       .skip = NO_STEP};
    push_all(decoder, type->parameters, type->parameter_count);
}

static void begin_block(struct decoder *decoder)
{
    struct wasm_type type = block_type(decoder);
    uint8_t opcode = (uint8_t)decoder->instruction.opcode;
    uint32_t skip = NO_STEP;
    if (opcode == WASM_OP_IF) {
        pop(decoder, WASM_I32);
        skip = emit(decoder, STEP_BR_UNLESS, 0, 0);
    }
    pop_all(decoder, type.parameters, type.parameter_count);
    push_block(decoder, opcode, &type);
    if (decoder->status != PYBOX_OK)
        return;
    top_block(decoder)->skip = skip;
    if (opcode == WASM_OP_LOOP) {
        top_block(decoder)->start = decoder->body->step_count;
        emit(decoder, STEP_LOOP, 0, 0);
    }
}

/* The results of the innermost block must be all that is left. */
static void check_results(struct decoder *decoder)
{
    const struct block *block = top_block(decoder);
    pop_all(decoder, block->type.results, block->type.result_count);
    if (decoder->height != block->height)
        refuse(decoder, "operands left over at the end of a block");
}

static void begin_else(struct decoder *decoder)
{
    struct block *block = top_block(decoder);
    check_results(decoder);
    /* The first arm goes on behind the second; its results are where they belong. */
    uint32_t step = emit(decoder, STEP_BR, block->exits, 0);
    if (step != NO_STEP)
        block->exits = step;
    if (block->skip != NO_STEP)
        decoder->body->steps[block->skip].a = decoder->body->step_count;
    block->skip = NO_STEP;
    block->opcode = WASM_OP_ELSE;
    block->unreachable = false;
    decoder->height = block->height;
    push_all(decoder, block->type.parameters, block->type.parameter_count);
}

static bool same_types(const uint8_t *a, uint32_t a_count, const uint8_t *b, uint32_t b_count)
{
    return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count) == 0);
}

static void end_block(struct decoder *decoder)
{
    struct block block = *top_block(decoder);
    check_results(decoder);
    if (block.opcode == WASM_OP_IF &&
        !same_types(block.type.parameters, block.type.parameter_count, block.type.results,
                    block.type.result_count))
        refuse(decoder, "an if without else that changes types");
    if (decoder->status != PYBOX_OK)
        return;
    struct step *steps = decoder->body->steps;
    uint32_t here = decoder->body->step_count;
    if (block.skip != NO_STEP)
        steps[block.skip].a = here;
    for (uint32_t i = block.exits, next; i != NO_STEP; i = next) {
        next = steps[i].a;
        steps[i].a = here;
    }
    decoder->depth--;
    if (decoder->depth > 0)
        push_all(decoder, block.type.results, block.type.result_count);
}

/* ------------------------------------------------------------------------------------------
 * Branches and calls
 */

static void branch_if(struct decoder *decoder)
{
    uint32_t count;
    pop(decoder, WASM_I32);
    const uint8_t *types = label_types(label(decoder, decoder->instruction.index), &count);
    pop_all(decoder, types, count);
    push_all(decoder, types, count);
    emit_branch(decoder, STEP_BR_IF, STEP_BR_IF_MOVE, decoder->instruction.index);
}

static void branch(struct decoder *decoder)
{
    uint32_t count;
    emit_branch(decoder, STEP_BR, STEP_BR_MOVE, decoder->instruction.index);
    const uint8_t *types = label_types(label(decoder, decoder->instruction.index), &count);
    pop_all(decoder, types, count);
    end_reach(decoder);
}

/* One label of a br_table: its types are on the stack, and stay. */
static void table_label(struct decoder *decoder, uint32_t depth, uint32_t expected)
{
    uint32_t count, height = decoder->height;
    uint8_t kept[WASM_MAX_PARAMETERS];
    const uint8_t *types = label_types(label(decoder, depth), &count);
    if (count != expected || count > WASM_MAX_PARAMETERS) {
        refuse(decoder, "labels that take different numbers of values");
        return;
    }
    add_price(decoder, emit_branch(decoder, STEP_BR, STEP_BR_MOVE, depth),
              (uint16_t)-stepper_price(decoder->instruction.opcode));
    for (uint32_t i = count; i > 0; i--)
        kept[i - 1] = pop(decoder, types[i - 1]);
    if (height != decoder->height + count) /* operands of dead code came out of nothing */
        push_all(decoder, kept, height - decoder->height);
    else
        decoder->height = height;
}

static void branch_table(struct decoder *decoder)
{
    struct wasm_cursor labels = decoder->instruction.labels;
    uint32_t expected, depth;
    pop(decoder, WASM_I32);
    const uint8_t *types = label_types(label(decoder, decoder->instruction.index), &expected);
    emit(decoder, STEP_BR_TABLE, decoder->instruction.label_count, 0);
    for (uint32_t i = 0; i < decoder->instruction.label_count; i++)
        if (wasm_get_u32(&labels, &depth) == PYBOX_OK)
            table_label(decoder, depth, expected);
    table_label(decoder, decoder->instruction.index, expected);
    pop_all(decoder, types, expected);
    end_reach(decoder);
}

static void call(struct decoder *decoder, bool is_tail)
{
    const struct wasm_module *module = decoder->module;
    uint32_t function = decoder->instruction.index;
    const struct wasm_type *type = wasm_function_type(module, function);
    pop_all(decoder, type->parameters, type->parameter_count);
    note_height(decoder, decoder->height + type->result_count);
    uint8_t hook = stepper_hook(module, function);
    if (hook != 0) {
        emit(decoder, hook, 0, 0);
    } else if (function < module->imported_functions) {
        uint32_t step = emit(decoder, STEP_CALL_IMPORT, function, 0);
        add_price(decoder, step, stepper_host_call_price);
        if (is_tail) {
            step = emit(decoder, STEP_RETURN, 0, 0);
            add_price(decoder, step, (uint16_t)-stepper_price(decoder->instruction.opcode));
        }
    } else {
        emit(decoder, is_tail ? STEP_RETURN_CALL : STEP_CALL, function, 0);
    }
    push_all(decoder, type->results, type->result_count);
}

static void call_indirect(struct decoder *decoder, bool is_tail)
{
    const struct wasm_type *type = &decoder->module->types[decoder->instruction.index];
    pop(decoder, WASM_I32);
    pop_all(decoder, type->parameters, type->parameter_count);
    note_height(decoder, decoder->height + type->result_count);
    emit(decoder, is_tail ? STEP_RETURN_CALL_INDIRECT : STEP_CALL_INDIRECT,
         decoder->stepper->type_ids[decoder->instruction.index], decoder->instruction.second);
    push_all(decoder, type->results, type->result_count);
}

static void return_results(struct decoder *decoder)
{
    const struct wasm_type *type = &decoder->blocks[0].type;
    emit(decoder, STEP_RETURN, 0, 0);
    pop_all(decoder, type->results, type->result_count);
    end_reach(decoder);
}

/* A tail call returns what the callee does. */
static void tail_call(struct decoder *decoder, bool indirect)
{
    const struct wasm_type *type = &decoder->blocks[0].type;
    const struct wasm_type *callee =
        indirect ? &decoder->module->types[decoder->instruction.index]
                 : wasm_function_type(decoder->module, decoder->instruction.index);
    if (!same_types(type->results, type->result_count, callee->results, callee->result_count))
        refuse(decoder, "a tail call with other results");
    if (indirect)
        call_indirect(decoder, true);
    else
        call(decoder, true);
    pop_all(decoder, type->results, type->result_count);
    end_reach(decoder);
}

/* ------------------------------------------------------------------------------------------
 * Other instructions
 */

static bool is_reference(uint8_t type)
{
    return type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

static void select_value(struct decoder *decoder)
{
    pop(decoder, WASM_I32);
    uint8_t type = pop_any(decoder);
    if (decoder->instruction.info->immediate == WASM_SELECT_TYPES) {
        uint8_t named = (uint8_t)decoder->instruction.index;
        if (type != ANY && type != named)
            refuse(decoder, "an operand of another type");
        type = named;
    } else if (is_reference(type)) {
        refuse(decoder, "references without a type");
    }
    type = pop(decoder, type);
    emit(decoder, STEP_SELECT, 0, 0);
    push(decoder, type);
}

static void access_local(struct decoder *decoder)
{
    uint32_t index = decoder->instruction.index;
    uint8_t type = decoder->locals[index], op = (uint8_t)decoder->instruction.opcode;
    if (op != STEP_LOCAL_GET)
        pop(decoder, type);
    emit(decoder, op, index, 0);
    if (op != STEP_LOCAL_SET)
        push(decoder, type);
}

static void access_global(struct decoder *decoder)
{
    const struct wasm_global *global = &decoder->module->globals[decoder->instruction.index];
    if (decoder->instruction.opcode == WASM_OP_GLOBAL_SET) {
        if (!global->is_mutable)
            refuse(decoder, "the global is constant");
        pop(decoder, global->type);
        emit(decoder, STEP_GLOBAL_SET, decoder->instruction.index, 0);
    } else {
        emit(decoder, STEP_GLOBAL_GET, decoder->instruction.index, 0);
        push(decoder, global->type);
    }
}

static void access_table(struct decoder *decoder)
{
    uint32_t index = decoder->instruction.index;
    uint8_t type = decoder->module->tables[index].type;
    switch (decoder->instruction.opcode) {
    case STEP_TABLE_GET:
        pop(decoder, WASM_I32);
        emit(decoder, STEP_TABLE_GET, index, 0);
        push(decoder, type);
        break;
    case STEP_TABLE_SET:
        pop(decoder, type);
        pop(decoder, WASM_I32);
        emit(decoder, STEP_TABLE_SET, index, 0);
        break;
    case WASM_OP_TABLE_GROW:
        pop(decoder, WASM_I32);
        pop(decoder, type);
        emit_with_count(decoder, STEP_TABLE_GROW, index, 0);
        push(decoder, WASM_I32);
        break;
    case WASM_OP_TABLE_FILL:
        pop(decoder, WASM_I32);
        pop(decoder, type);
        pop(decoder, WASM_I32);
        emit_with_count(decoder, STEP_TABLE_FILL, index, 0);
        break;
    default:
        emit(decoder, STEP_TABLE_SIZE, index, 0);
        push(decoder, WASM_I32);
    }
}

static void check_tables(struct decoder *decoder)
{
    const struct wasm_module *module = decoder->module;
    uint32_t index = decoder->instruction.index, second = decoder->instruction.second;
    uint8_t from = decoder->instruction.opcode == WASM_OP_TABLE_INIT ? module->elements[index].type
                                                                     : module->tables[second].type;
    uint8_t to = decoder->instruction.opcode == WASM_OP_TABLE_INIT ? module->tables[second].type
                                                                   : module->tables[index].type;
    if (from != to)
        refuse(decoder, "tables of different types");
}

static void reference(struct decoder *decoder)
{
    switch (decoder->instruction.opcode) {
    case WASM_OP_REF_NULL:
        emit(decoder, STEP_I64_CONST, 0, 0);
        push(decoder, (uint8_t)decoder->instruction.index);
        break;
    case WASM_OP_REF_FUNC:
        emit(decoder, STEP_I64_CONST, 0, (uint64_t)decoder->instruction.index + 1);
        push(decoder, WASM_FUNCREF);
        break;
    default: {
        uint8_t type = pop_any(decoder);
        if (type != ANY && !is_reference(type))
            refuse(decoder, "the operand is no reference");
        emit(decoder, STEP_I64_EQZ, 0, 0);
        push(decoder, WASM_I32);
    }
    }
}

static const char *const step_types[256] = {
#define STEP(number, name, type) [number] = type,
#include "stepper_ops.def"
};

/* Instructions whose types are always the same. */
static void plain(struct decoder *decoder)
{
    const struct wasm_instruction *instruction = &decoder->instruction;
    uint16_t opcode = instruction->opcode;
    uint8_t op = (uint8_t)(opcode < 0xfc00 ? opcode : 0xe0 + (opcode & 0xff));
    if (step_types[op] == NULL) {
        refuse(decoder, "unknown to the stepper");
        return;
    }
    switch (instruction->info->immediate) {
    case WASM_ACCESS:
        emit(decoder, op, 0, instruction->offset);
        break;
    case WASM_INT32:
        emit(decoder, op, 0, (uint32_t)instruction->integer);
        break;
    case WASM_INT64:
        emit(decoder, op, 0, (uint64_t)instruction->integer);
        break;
    case WASM_FLOAT32:
    case WASM_FLOAT64:
        emit(decoder, op, 0, instruction->bits);
        break;
    case WASM_PLAIN:
        emit(decoder, op, 0, 0);
        break;
    case WASM_ELEMENT_TABLE:
    case WASM_TABLES:
        check_tables(decoder);
        /* fall through */
    default:
        emit_with_count(decoder, op, instruction->index, instruction->second);
    }
    apply(decoder, step_types[op]);
}

static void decode_instruction(struct decoder *decoder)
{
    switch (decoder->instruction.opcode) {
    case WASM_OP_UNREACHABLE:
        emit(decoder, STEP_UNREACHABLE, 0, 0);
        end_reach(decoder);
        break;
    case 0x01: /* nop */
        break;
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF:
        begin_block(decoder);
        break;
    case WASM_OP_ELSE:
        begin_else(decoder);
        break;
    case WASM_OP_END:
        end_block(decoder);
        break;
    case STEP_BR:
        branch(decoder);
        break;
    case STEP_BR_IF:
        branch_if(decoder);
        break;
    case STEP_BR_TABLE:
        branch_table(decoder);
        break;
    case WASM_OP_RETURN:
        return_results(decoder);
        break;
    case WASM_OP_CALL:
        call(decoder, false);
        break;
    case STEP_CALL_INDIRECT:
        call_indirect(decoder, false);
        break;
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
        tail_call(decoder, decoder->instruction.opcode == WASM_OP_RETURN_CALL_INDIRECT);
        break;
    case STEP_DROP:
        pop_any(decoder);
        emit(decoder, STEP_DROP, 0, 0);
        break;
    case STEP_SELECT:
    case STEP_SELECT + 1:
        select_value(decoder);
        break;
    case STEP_LOCAL_GET:
    case STEP_LOCAL_SET:
    case STEP_LOCAL_TEE:
        access_local(decoder);
        break;
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_GLOBAL_SET:
        access_global(decoder);
        break;
    case STEP_TABLE_GET:
    case STEP_TABLE_SET:
    case WASM_OP_TABLE_GROW:
    case WASM_OP_TABLE_FILL:
    case 0xfc10: /* table.size */
        access_table(decoder);
        break;
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
    case STEP_REF_IS_NULL:
        reference(decoder);
        break;
    default:
        plain(decoder);
    }
}

/* ------------------------------------------------------------------------------------------
 * Bodies
 */

static void read_locals(struct decoder *decoder, const struct wasm_body *body,
                        const struct wasm_type *type)
{
    struct wasm_cursor cursor = {.file = decoder->module->file,
                                 .at = body->bytes,
                                 .end = body->bytes + body->code,
                                 .part = "code section"};
    uint32_t groups = 0, used = type->parameter_count;
    decoder->locals = malloc(body->local_count + 1u);
    if (decoder->locals == NULL) {
        decoder->status = error_set(PYBOX_ERROR_NO_MEMORY, "no memory for a function body");
        return;
    }
    if (used > 0)
        memcpy(decoder->locals, type->parameters, used);
    decoder->status = wasm_get_u32(&cursor, &groups);
    for (uint32_t i = 0; i < groups && decoder->status == PYBOX_OK; i++) {
        uint32_t count = 0;
        uint8_t local = 0;
        decoder->status = wasm_get_u32(&cursor, &count);
        if (decoder->status == PYBOX_OK)
            decoder->status = wasm_get_u8(&cursor, &local);
        if (decoder->status == PYBOX_OK && count <= body->local_count - used) {
            memset(decoder->locals + used, local, count);
            used += count;
        }
    }
}

static void decode_body(struct decoder *decoder, const struct wasm_type *type)
{
    struct wasm_type outermost = {.results = type->results, .result_count = type->result_count};
    push_block(decoder, WASM_OP_BLOCK, &outermost);
    while (decoder->depth > 0 && decoder->status == PYBOX_OK) {
        decoder->status = wasm_next(&decoder->cursor, &decoder->instruction);
        if (decoder->status == PYBOX_OK)
            decode_instruction(decoder);
    }
    if (decoder->status != PYBOX_OK ||
        !make_room(decoder, (void **)&decoder->body->steps, decoder->body->step_count,
                   &decoder->step_capacity, sizeof(struct step)))
        return;
    decoder->body->steps[decoder->body->step_count++] = (struct step){.op = STEP_RETURN};
}

pybox_status stepper_decode(struct stepper *stepper, uint32_t number)
{
    const struct wasm_module *module = stepper->module;
    const struct wasm_body *wasm = &module->bodies[number];
    const struct wasm_type *type = wasm_function_type(module, module->imported_functions + number);
    struct stepper_body *body = &stepper->bodies[number];
    struct decoder decoder = {.module = module,
                              .stepper = stepper,
                              .body = body,
                              .cursor = wasm_body_cursor(module, wasm)};
    *body = (struct stepper_body){.parameters = type->parameter_count,
                                  .results = type->result_count,
                                  .local_count = wasm->local_count};
    read_locals(&decoder, wasm, type);
    if (decoder.status == PYBOX_OK)
        decode_body(&decoder, type);
    note_height(&decoder, body->results);
    body->slots = body->local_count + decoder.highest;
    free(decoder.locals);
    free(decoder.types);
    free(decoder.blocks);
    return decoder.status;
}
