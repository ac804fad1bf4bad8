/*
 * The generator keeps the operand stack's types and the open blocks as a validator does, and at each place chooses an
 * instruction; operands that are not on the stack are made on the spot. Types are letters: i, I, f, F as in module_abi.h,
 * r = funcref. When the input is at its end all choices are 0, and the budget of instructions ends the function.
 */
#include "wasm_generate.h"

#include "wasm_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS 6     /* most of the module's own */
#define INSTRUCTIONS 160 /* that are chosen, in a function */
#define NESTING 12
#define OPERANDS 4096
#define ROUNDS 9 /* most repetitions of all loops of a function together, but for those that do not count */

enum { OP_IF_EMPTY = 0x40, OP_BR = 0x0c, OP_BR_IF = 0x0d, OP_BR_TABLE = 0x0e };
enum { OP_CALL_INDIRECT = 0x11, OP_DROP = 0x1a, OP_SELECT = 0x1b, OP_SELECT_TYPED = 0x1c };
enum { OP_LOCAL_GET = 0x20, OP_LOCAL_SET = 0x21, OP_LOCAL_TEE = 0x22 };
enum { OP_I32_LT_S = 0x48, OP_I32_ADD = 0x6a, OP_I32_AND = 0x71, OP_I32_OR = 0x72, OP_I64_OR = 0x84 };

static const char *const types[] = {":",    "i:i", "ii:i",  "I:I", "iI:Ii", ":ii",
                                    "Fi:F", "i:",  "IfF:", ":I",  "f:f",   "iii:iI"};
#define TYPES ((uint32_t)(sizeof(types) / sizeof(types[0])))
static const uint32_t import_types[] = {1, 7, 9};
#define IMPORTS ((uint32_t)(sizeof(import_types) / sizeof(import_types[0])))
static const char globals[] = "iIfFr"; /* mutable all */
static const char locals[] = "iiiIIfF"; /* behind the parameters; the first one counts the rounds of loops */

static const char *const signatures[256] = {
#define STEP(number, name, type) [number] = type,
#include "stepper_ops.def"
};

struct block {
    uint8_t opcode; /* block, loop, if or else; the body is a block */
    bool unreachable;
    char parameters[8], results[8];
    uint32_t height; /* of the operands below its parameters */
};

struct generator {
    const uint8_t *at, *end;
    struct wasm_writer *to; /* the body that is being written */
    uint32_t function_count, function_types[FUNCTIONS];
    uint32_t number; /* of the function */
    char locals[16];
    uint32_t counter; /* the local that counts rounds */
    char operands[OPERANDS];
    uint32_t height;
    struct block blocks[NESTING];
    uint32_t depth;
};

static uint32_t take(struct generator *generator, uint32_t choices)
{
    uint8_t byte = generator->at < generator->end ? *generator->at++ : 0;
    return byte % choices;
}

static void op(struct generator *generator, uint32_t opcode)
{
    if (opcode >= 0xfc00) {
        wasm_put_u8(generator->to, 0xfc);
        wasm_put_u32(generator->to, opcode & 0xff);
    } else {
        wasm_put_u8(generator->to, (uint8_t)opcode);
    }
}

static void op_index(struct generator *generator, uint32_t opcode, uint32_t index)
{
    op(generator, opcode);
    wasm_put_u32(generator->to, index);
}

static void const_i32(struct generator *generator, int32_t value)
{
    op(generator, WASM_OP_I32_CONST);
    wasm_put_s64(generator->to, value);
}

static uint8_t type_byte(char type)
{
    return type == 'i'   ? WASM_I32
           : type == 'I' ? WASM_I64
           : type == 'f' ? WASM_F32
           : type == 'F' ? WASM_F64
                         : WASM_FUNCREF;
}

/* "iI" of "iI:f" */
static void parameters_of(const char *type, char *text)
{
    size_t length = strcspn(type, ":");
    memcpy(text, type, length);
    text[length] = 0;
}

static const char *results_of(const char *type)
{
    return strchr(type, ':') + 1;
}

/* ------------------------------------------------------------------------------------------
 * Operands
 */

static struct block *innermost(struct generator *generator)
{
    return &generator->blocks[generator->depth - 1];
}

static void push(struct generator *generator, const char *text)
{
    for (; *text != 0 && generator->height < OPERANDS; text++)
        generator->operands[generator->height++] = *text;
}

static void pop(struct generator *generator, size_t count)
{
    uint32_t least = innermost(generator)->height;
    generator->height =
        generator->height - least >= count ? generator->height - (uint32_t)count : least;
}

static void make_constant(struct generator *generator, char type)
{
    static const int64_t integers[] = {0, 1, -1, 2, 5, 7, 64, INT32_MIN, INT32_MAX, 1000};
    static const double numbers[] = {0, 1.5, -0.0, 3, -7.25, 1e10, -1e30, 1e300};
    double number = numbers[take(generator, 8)];
    float single = (float)number;
    switch (type) {
    case 'i':
        const_i32(generator, (int32_t)integers[take(generator, 10)]);
        break;
    case 'I':
        op(generator, WASM_OP_I64_CONST);
        wasm_put_s64(generator->to, integers[take(generator, 10)] * 0x10000001);
        break;
    case 'f':
        op(generator, WASM_OP_F32_CONST);
        wasm_put_bytes(generator->to, &single, sizeof(single));
        break;
    case 'F':
        op(generator, WASM_OP_F64_CONST);
        wasm_put_bytes(generator->to, &number, sizeof(number));
        break;
    default:
        if (take(generator, 3) == 0)
            op_index(generator, WASM_OP_REF_NULL, WASM_FUNCREF);
        else
            op_index(generator, WASM_OP_REF_FUNC,
                     take(generator, IMPORTS + generator->function_count));
    }
}

/* One new operand; the stack's types are not changed. */
static void make_value(struct generator *generator, char type)
{
    uint32_t choice = take(generator, 8);
    const char *local = strchr(generator->locals, type);
    if (choice < 3 && local != NULL) {
        if (choice == 0 && local[1] == type)
            local++;
        op_index(generator, OP_LOCAL_GET, (uint32_t)(local - generator->locals));
    } else if (choice == 3) {
        op_index(generator, WASM_OP_GLOBAL_GET, (uint32_t)(strchr(globals, type) - globals));
    } else {
        make_constant(generator, type);
    }
}

/* Makes these the topmost operands: of what is there, what fits is used. */
static void need(struct generator *generator, const char *text)
{
    uint32_t there = generator->height - innermost(generator)->height;
    size_t used = strlen(text);
    if (used > there)
        used = there;
    while (used > 0 && memcmp(generator->operands + generator->height - used, text, used) != 0)
        used--;
    if (take(generator, 8) == 7)
        used = 0;
    for (text += used; *text != 0; text++) {
        char type[2] = {*text, 0};
        make_value(generator, *text);
        push(generator, type);
    }
}

/* An i32 below 1 << bits, from something. */
static void make_small(struct generator *generator, uint32_t bits)
{
    make_value(generator, 'i');
    const_i32(generator, (1 << bits) - 1);
    op(generator, OP_I32_AND);
}

/* Counts a round, and leaves whether there may be another one. */
static void make_guard(struct generator *generator)
{
    op_index(generator, OP_LOCAL_GET, generator->counter);
    const_i32(generator, 1);
    op(generator, OP_I32_ADD);
    op_index(generator, OP_LOCAL_TEE, generator->counter);
    const_i32(generator, 1 + (int32_t)take(generator, ROUNDS));
    op(generator, OP_I32_LT_S);
}

/* ------------------------------------------------------------------------------------------
 * Blocks and branches
 */

static void open_block(struct generator *generator, uint8_t opcode, const char *type)
{
    struct block *block = &generator->blocks[generator->depth++];
    memset(block, 0, sizeof(*block));
    block->opcode = opcode;
    parameters_of(type, block->parameters);
    snprintf(block->results, sizeof(block->results), "%s", results_of(type));
    block->height = generator->height - (uint32_t)strlen(block->parameters);
}

static void begin_block(struct generator *generator)
{
    static const uint8_t opcodes[] = {WASM_OP_BLOCK, WASM_OP_LOOP, WASM_OP_LOOP, WASM_OP_IF};
    static const char *const values[] = {":i", ":I", ":f", ":F", ":r"};
    uint8_t opcode = opcodes[take(generator, 4)];
    uint32_t choice = take(generator, 3), number = take(generator, choice == 1 ? 5 : TYPES);
    const char *type = choice == 0 ? ":" : choice == 1 ? values[number] : types[number];
    char operands[8];
    if (generator->depth == NESTING)
        return;
    parameters_of(type, operands);
    if (opcode == WASM_OP_IF)
        strcat(operands, "i");
    need(generator, operands);
    if (opcode == WASM_OP_IF)
        pop(generator, 1);
    op(generator, opcode);
    if (choice == 0)
        wasm_put_u8(generator->to, OP_IF_EMPTY);
    else if (choice == 1)
        wasm_put_u8(generator->to, type_byte(type[1]));
    else
        wasm_put_u32(generator->to, number);
    open_block(generator, opcode, type);
}

static const char *label_types(const struct block *block)
{
    return block->opcode == WASM_OP_LOOP ? block->parameters : block->results;
}

static void end_reach(struct generator *generator)
{
    generator->height = innermost(generator)->height;
    innermost(generator)->unreachable = true;
}

/* Makes the innermost block's results all that it leaves. */
static void settle(struct generator *generator)
{
    const struct block *block = innermost(generator);
    const char *operands = generator->operands + block->height;
    uint32_t there = generator->height - block->height, right = 0;
    size_t wanted = strlen(block->results);
    while (right < there && block->results[right] == operands[right] && block->results[right] != 0)
        right++;
    if (there > wanted && take(generator, 2) == 1 &&
        memcmp(operands + there - wanted, block->results, wanted) == 0 &&
        block->opcode != WASM_OP_LOOP) {
        op_index(generator, OP_BR, 0); /* with what is below them still there */
        end_reach(generator);
        return;
    }
    for (; there > right; there--)
        op(generator, OP_DROP);
    generator->height = block->height + right;
    for (uint32_t i = right; i < wanted; i++)
        make_value(generator, block->results[i]);
    push(generator, block->results + right);
}

static void begin_else(struct generator *generator)
{
    struct block *block = innermost(generator);
    settle(generator);
    op(generator, WASM_OP_ELSE);
    block->opcode = WASM_OP_ELSE;
    block->unreachable = false;
    generator->height = block->height;
    push(generator, block->parameters);
}

static void end_block(struct generator *generator)
{
    struct block *block = innermost(generator);
    if (block->opcode == WASM_OP_IF && strcmp(block->parameters, block->results) != 0)
        begin_else(generator);
    settle(generator);
    op(generator, WASM_OP_END);
    generator->height = block->height;
    push(generator, block->results);
    generator->depth--;
}

static struct block *label(struct generator *generator, uint32_t depth)
{
    return &generator->blocks[generator->depth - 1 - depth];
}

/* A branch back is taken as long as there are rounds left, but for a few that always are. */
static void branch(struct generator *generator, bool conditional)
{
    uint32_t depth = take(generator, generator->depth);
    bool back = label(generator, depth)->opcode == WASM_OP_LOOP && take(generator, 16) != 15;
    need(generator, label_types(label(generator, depth)));
    if (back)
        make_guard(generator);
    else if (conditional)
        make_value(generator, 'i');
    op_index(generator, back || conditional ? OP_BR_IF : OP_BR, depth);
    if (!back && !conditional)
        end_reach(generator);
}

static void branch_table(struct generator *generator)
{
    uint32_t labels[NESTING], count = 0, first = take(generator, generator->depth);
    const char *expected = label_types(label(generator, first));
    bool back = false;
    if (label(generator, first)->opcode == WASM_OP_LOOP)
        return;
    for (uint32_t i = 0; i < generator->depth; i++)
        if (strcmp(label_types(label(generator, i)), expected) == 0)
            labels[count++] = i;
    need(generator, expected);
    uint32_t chosen[8] = {first}, length = 1 + take(generator, 7);
    for (uint32_t i = 1; i <= length; i++) {
        chosen[i] = labels[take(generator, count)];
        back = back || label(generator, chosen[i])->opcode == WASM_OP_LOOP;
    }
    make_small(generator, 4);
    if (back) {
        const_i32(generator, 0);
        make_guard(generator);
        op(generator, OP_SELECT); /* no rounds left: the first label, which is no loop */
    }
    op_index(generator, OP_BR_TABLE, length);
    for (uint32_t i = 0; i <= length; i++)
        wasm_put_u32(generator->to, chosen[i]);
    end_reach(generator);
}

static void return_now(struct generator *generator)
{
    need(generator, generator->blocks[0].results);
    op(generator, WASM_OP_RETURN);
    end_reach(generator);
}

/* ------------------------------------------------------------------------------------------
 * Calls
 */

static uint32_t type_of_function(const struct generator *generator, uint32_t function)
{
    return function < IMPORTS ? import_types[function] : generator->function_types[function - IMPORTS];
}

/* Mostly of a function further on, so that there is an end to it. */
static uint32_t choose_callee(struct generator *generator)
{
    uint32_t further = generator->function_count - generator->number - 1;
    uint32_t choice = take(generator, 16);
    if (choice == 15)
        return IMPORTS + take(generator, generator->function_count);
    if (choice < 5 || further == 0)
        return take(generator, IMPORTS);
    return IMPORTS + generator->number + 1 + take(generator, further);
}

static void call(struct generator *generator, bool indirect, bool tail)
{
    uint32_t function = choose_callee(generator), type = type_of_function(generator, function);
    char parameters[8];
    if (tail && strcmp(results_of(types[type]), generator->blocks[0].results) != 0)
        tail = false;
    parameters_of(types[type], parameters);
    need(generator, parameters);
    pop(generator, strlen(parameters));
    if (indirect) { /* the first table holds the functions in their order, the second what was put there */
        const_i32(generator, (int32_t)function);
        op_index(generator, tail ? WASM_OP_RETURN_CALL_INDIRECT : OP_CALL_INDIRECT, type);
        wasm_put_u32(generator->to, take(generator, 8) == 7);
    } else {
        op_index(generator, tail ? WASM_OP_RETURN_CALL : WASM_OP_CALL, function);
    }
    if (tail)
        end_reach(generator);
    else
        push(generator, results_of(types[type]));
}

/* ------------------------------------------------------------------------------------------
 * Other instructions
 */

static void number_operation(struct generator *generator)
{
    uint32_t opcode = 0x45 + take(generator, 0xc5 - 0x45);
    bool may_trap = take(generator, 8) == 7;
    if (opcode >= 0xa8 && opcode <= 0xb1 && opcode != 0xac && opcode != 0xad && !may_trap)
        opcode = 0xe0 + (opcode - 0xa8) % 8;
    const char *signature = signatures[opcode];
    char operands[8];
    parameters_of(signature, operands);
    need(generator, operands);
    if (opcode >= 0x6d && opcode <= 0x70 && !may_trap) { /* a divisor that is not 0 */
        const_i32(generator, 1);
        op(generator, OP_I32_OR);
    } else if (opcode >= 0x7f && opcode <= 0x82 && !may_trap) {
        op(generator, WASM_OP_I64_CONST);
        wasm_put_s64(generator->to, 1);
        op(generator, OP_I64_OR);
    }
    pop(generator, strlen(operands));
    op(generator, opcode >= 0xe0 ? 0xfc00 + opcode - 0xe0 : opcode);
    push(generator, results_of(signature));
}

static void access_memory(struct generator *generator)
{
    uint32_t opcode = 0x28 + take(generator, 0x3f - 0x28);
    const char *signature = signatures[opcode];
    make_small(generator, 14);
    if (signature[1] != ':')
        make_value(generator, signature[1]);
    op(generator, opcode);
    wasm_put_u8(generator->to, 0);
    wasm_put_u32(generator->to, take(generator, 32) == 31 ? 0xfffffff0 : take(generator, 200));
    push(generator, results_of(signature));
}

static void access_variable(struct generator *generator)
{
    uint32_t choice = take(generator, 4);
    if (choice == 0) {
        uint32_t index = take(generator, (uint32_t)strlen(globals));
        char type[2] = {globals[index], 0};
        need(generator, type);
        pop(generator, 1);
        op_index(generator, WASM_OP_GLOBAL_SET, index);
        return;
    }
    uint32_t index = take(generator, (uint32_t)strlen(generator->locals));
    char type[2] = {generator->locals[index], 0};
    if (choice == 1 || index == generator->counter) {
        op_index(generator, OP_LOCAL_GET, index);
        push(generator, type);
    } else {
        need(generator, type);
        if (choice == 2)
            pop(generator, 1);
        op_index(generator, choice == 2 ? OP_LOCAL_SET : OP_LOCAL_TEE, index);
    }
}

/* memory.init, .copy, .fill, table.init, .copy, .fill: mostly in bounds. */
static void bulk(struct generator *generator)
{
    uint32_t choice = take(generator, 6);
    bool of_table = choice >= 3;
    uint32_t count_bits = take(generator, 4), at_bits = of_table ? 2 : 12;
    make_small(generator, at_bits);
    if (choice == 5)
        make_constant(generator, 'r');
    else
        make_small(generator, choice == 0 ? 4 : of_table ? 1 : 12);
    make_small(generator, choice == 0 && count_bits > 3 ? 3 : of_table ? count_bits & 1 : 3 * count_bits);
    switch (choice) {
    case 0:
        op_index(generator, WASM_OP_MEMORY_INIT, 0);
        wasm_put_u8(generator->to, 0);
        break;
    case 1:
        op_index(generator, 0xfc0a, 0); /* memory.copy */
        wasm_put_u8(generator->to, 0);
        break;
    case 2:
        op_index(generator, 0xfc0b, 0); /* memory.fill */
        break;
    case 3:
        op_index(generator, WASM_OP_TABLE_INIT, 1);
        wasm_put_u32(generator->to, 1);
        break;
    case 4:
        op_index(generator, WASM_OP_TABLE_COPY, 1);
        wasm_put_u32(generator->to, 0);
        break;
    default:
        op_index(generator, WASM_OP_TABLE_FILL, 1);
    }
}

static void rare(struct generator *generator)
{
    switch (take(generator, 8)) {
    case 0:
        make_small(generator, 1);
        op_index(generator, 0x40, 0); /* memory.grow */
        push(generator, "i");
        break;
    case 1:
        make_constant(generator, 'r');
        make_small(generator, 2);
        op_index(generator, WASM_OP_TABLE_GROW, 1);
        push(generator, "i");
        break;
    case 2:
        make_small(generator, 2);
        op_index(generator, 0x25, take(generator, 2)); /* table.get */
        push(generator, "r");
        break;
    case 3:
        make_small(generator, 2);
        make_constant(generator, 'r');
        op_index(generator, WASM_OP_TABLE_SET, 1);
        break;
    case 4:
        need(generator, "r");
        pop(generator, 1);
        op(generator, 0xd1); /* ref.is_null */
        push(generator, "i");
        break;
    case 5:
        if (take(generator, 8) == 7) {
            op_index(generator, WASM_OP_DATA_DROP, 0);
        } else {
            op_index(generator, 0x3f, 0); /* memory.size */
            push(generator, "i");
        }
        break;
    case 6:
        op(generator, 0x01); /* nop */
        break;
    default:
        if (take(generator, 8) == 7) {
            op(generator, WASM_OP_UNREACHABLE);
            end_reach(generator);
        }
    }
}

static void drop_or_select(struct generator *generator)
{
    static const char *const choices[] = {"iii", "IIi", "ffi", "FFi", "rri"};
    if (generator->height > innermost(generator)->height && take(generator, 2) == 1) {
        op(generator, OP_DROP);
        pop(generator, 1);
        return;
    }
    const char *operands = choices[take(generator, 5)];
    need(generator, operands);
    if (operands[0] == 'r') {
        op_index(generator, OP_SELECT_TYPED, 1);
        wasm_put_u8(generator->to, WASM_FUNCREF);
    } else {
        op(generator, OP_SELECT);
    }
    pop(generator, 2);
}

static void choose_instruction(struct generator *generator)
{
    uint32_t choice = take(generator, 32);
    if (generator->height > OPERANDS - 64)
        choice = 19;
    if (innermost(generator)->unreachable && take(generator, 2) == 1)
        choice = 18;
    if (choice < 7)
        number_operation(generator);
    else if (choice < 10)
        access_variable(generator);
    else if (choice == 10)
        access_memory(generator);
    else if (choice == 11)
        bulk(generator);
    else if (choice < 16)
        begin_block(generator);
    else if (choice < 18 && innermost(generator)->opcode == WASM_OP_IF)
        begin_else(generator);
    else if (choice < 21 && generator->depth > 1)
        end_block(generator);
    else if (choice < 24)
        branch(generator, choice < 23);
    else if (choice == 24)
        branch_table(generator);
    else if (choice == 25 && take(generator, 4) == 3)
        return_now(generator);
    else if (choice < 30)
        call(generator, choice == 29, choice == 28 && take(generator, 4) == 3);
    else if (choice == 30)
        drop_or_select(generator);
    else
        rare(generator);
}

/* ------------------------------------------------------------------------------------------
 * The module
 */

static void put_section(struct wasm_writer *to, uint8_t number, struct wasm_writer *content)
{
    wasm_put_u8(to, number);
    wasm_put_u32(to, (uint32_t)content->length);
    wasm_put_bytes(to, content->bytes, content->length);
    free(content->bytes);
    *content = (struct wasm_writer){0};
}

static void put_types(struct wasm_writer *to)
{
    wasm_put_u32(to, TYPES);
    for (uint32_t i = 0; i < TYPES; i++) {
        wasm_put_u8(to, 0x60);
        wasm_put_u32(to, (uint32_t)strcspn(types[i], ":"));
        for (const char *at = types[i]; *at != 0; at++) {
            if (*at == ':')
                wasm_put_u32(to, (uint32_t)strlen(at + 1));
            else
                wasm_put_u8(to, type_byte(*at));
        }
    }
}

static void put_imports(struct wasm_writer *to)
{
    wasm_put_u32(to, IMPORTS);
    for (uint32_t i = 0; i < IMPORTS; i++) {
        char name[2] = {(char)('a' + i), 0};
        wasm_put_text(to, (struct wasm_text){"env", 3});
        wasm_put_text(to, (struct wasm_text){name, 1});
        wasm_put_u8(to, WASM_FUNCTION);
        wasm_put_u32(to, import_types[i]);
    }
}

static void put_globals(struct wasm_writer *to)
{
    static const uint8_t initial[][12] = {{2, 0x41, 9}, {2, 0x42, 0x7b}, {5, 0x43, 0, 0, 0x20, 0x40},
                                          {9, 0x44, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f}, {2, 0xd0, 0x70}};
    wasm_put_u32(to, (uint32_t)strlen(globals));
    for (size_t i = 0; i < strlen(globals); i++) {
        wasm_put_u8(to, type_byte(globals[i]));
        wasm_put_u8(to, 1);
        wasm_put_bytes(to, initial[i] + 1, initial[i][0]);
        wasm_put_u8(to, WASM_OP_END);
    }
}

/* Imports and functions, in their order. */
static void put_elements(struct wasm_writer *to, uint32_t functions)
{
    static const uint8_t at_zero[] = {0x00, 0x41, 0x00, 0x0b}, passive[] = {0x01, 0x00};
    wasm_put_u32(to, 2);
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            wasm_put_bytes(to, at_zero, sizeof(at_zero));
        else
            wasm_put_bytes(to, passive, sizeof(passive));
        wasm_put_u32(to, functions);
        for (uint32_t k = 0; k < functions; k++)
            wasm_put_u32(to, k);
    }
}

static void put_exports(struct wasm_writer *to, uint32_t functions)
{
    wasm_put_u32(to, functions);
    for (uint32_t i = 0; i < functions; i++) {
        char name[3] = {'f', (char)('0' + i), 0};
        wasm_put_text(to, (struct wasm_text){name, 2});
        wasm_put_u8(to, WASM_FUNCTION);
        wasm_put_u32(to, IMPORTS + i);
    }
}

static void put_body(struct generator *generator, struct wasm_writer *to)
{
    struct wasm_writer body = {0};
    const char *type = types[generator->function_types[generator->number]];
    generator->to = &body;
    generator->height = generator->depth = 0;
    parameters_of(type, generator->locals);
    generator->counter = (uint32_t)strlen(generator->locals);
    strcat(generator->locals, locals);
    wasm_put_u32(&body, (uint32_t)strlen(locals));
    for (size_t i = 0; i < strlen(locals); i++) {
        wasm_put_u32(&body, 1);
        wasm_put_u8(&body, type_byte(locals[i]));
    }
    open_block(generator, WASM_OP_BLOCK, results_of(type) - 1);
    for (uint32_t i = take(generator, INSTRUCTIONS); i > 0; i--)
        choose_instruction(generator);
    while (generator->depth > 0)
        end_block(generator);
    wasm_put_u32(to, (uint32_t)body.length);
    wasm_put_bytes(to, body.bytes, body.length);
    free(body.bytes);
}

void wasm_generate(const uint8_t *bytes, size_t length, struct wasm_writer *to)
{
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static const uint8_t tables[] = {2, 0x70, 1, 10, 10, 0x70, 1, 10, 20};
    static const uint8_t memory[] = {1, 1, 1, 4}, data_count[] = {1};
    static const uint8_t data[] = {1, 1, 16, 'a', 'b', 'c', 'd', 'e', 'f', 'g',
                                   'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p'};
    struct generator generator = {.at = bytes, .end = bytes + length};
    struct wasm_writer section = {0};
    generator.function_count = 1 + take(&generator, FUNCTIONS);
    for (uint32_t i = 0; i < generator.function_count; i++)
        generator.function_types[i] = take(&generator, TYPES);
    wasm_put_bytes(to, header, sizeof(header));
    put_types(&section);
    put_section(to, 1, &section);
    put_imports(&section);
    put_section(to, 2, &section);
    wasm_put_u32(&section, generator.function_count);
    for (uint32_t i = 0; i < generator.function_count; i++)
        wasm_put_u32(&section, generator.function_types[i]);
    put_section(to, 3, &section);
    wasm_put_bytes(&section, tables, sizeof(tables));
    put_section(to, 4, &section);
    wasm_put_bytes(&section, memory, sizeof(memory));
    put_section(to, 5, &section);
    put_globals(&section);
    put_section(to, 6, &section);
    put_exports(&section, generator.function_count);
    put_section(to, 7, &section);
    put_elements(&section, IMPORTS + generator.function_count);
    put_section(to, 9, &section);
    wasm_put_bytes(&section, data_count, sizeof(data_count));
    put_section(to, 12, &section);
    wasm_put_u32(&section, generator.function_count);
    for (generator.number = 0; generator.number < generator.function_count; generator.number++)
        put_body(&generator, &section);
    put_section(to, 10, &section);
    wasm_put_bytes(&section, data, sizeof(data));
    put_section(to, 11, &section);
}
