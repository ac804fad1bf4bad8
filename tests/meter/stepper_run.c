/*
 * The interpreter. Operands and locals are u64 slots of one stack: i32 zero-extended, floats by their bits. `fuel` is what
 * is left; each step takes its price, which is 0 for all steps of a metered module.
 */
#include "stepper_number.h"
#include "stepper_parts.h"

#define I32(slot) ((int32_t)(slot))
#define U32(slot) ((uint32_t)(slot))
#define I64(slot) ((int64_t)(slot))
#define U64(slot) (slot)
#define F32(slot) number_f32(slot)
#define F64(slot) number_f64(slot)

#define TO_I32(value) ((uint64_t)(uint32_t)(value))
#define TO_I64(value) ((uint64_t)(value))
#define TO_F32(value) number_of_f32(value)
#define TO_F64(value) number_of_f64(value)

#define TRAP(code)                                                                                 \
    do {                                                                                           \
        trap = (code);                                                                             \
        goto done;                                                                                 \
    } while (0)

/* x is the first operand, y the second; `in` and `out` name their type and the result's. */
#define UNARY(name, in, out, value)                                                                \
    case STEP_##name: {                                                                            \
        const __auto_type x = in(sp[-1]);                                                          \
        sp[-1] = TO_##out(value);                                                                  \
        break;                                                                                     \
    }
#define BINARY(name, in, out, value)                                                               \
    case STEP_##name: {                                                                            \
        const __auto_type x = in(sp[-2]);                                                          \
        const __auto_type y = in(sp[-1]);                                                          \
        sp--;                                                                                      \
        sp[-1] = TO_##out(value);                                                                  \
        break;                                                                                     \
    }
#define DIVIDE(name, in, out, overflows, value)                                                    \
    case STEP_##name: {                                                                            \
        const __auto_type x = in(sp[-2]);                                                          \
        const __auto_type y = in(sp[-1]);                                                          \
        if (y == 0)                                                                                \
            TRAP(MODULE_TRAP_DIV_BY_ZERO);                                                         \
        if (overflows)                                                                             \
            TRAP(MODULE_TRAP_INT_OVERFLOW);                                                        \
        sp--;                                                                                      \
        sp[-1] = TO_##out(value);                                                                  \
        break;                                                                                     \
    }
#define TRUNCATE(name, in, out, fits, type)                                                        \
    case STEP_##name: {                                                                            \
        const double x = in(sp[-1]);                                                               \
        trap = number_truncation_trap(x, fits(x));                                                 \
        if (trap != 0)                                                                             \
            goto done;                                                                             \
        sp[-1] = TO_##out((type)x);                                                                \
        break;                                                                                     \
    }
#define LOAD(name, type, out, widen)                                                               \
    case STEP_##name: {                                                                            \
        type value;                                                                                \
        const uint64_t at = U32(sp[-1]) + step->b;                                                 \
        if (at + sizeof(value) > memory_bytes)                                                     \
            TRAP(MODULE_TRAP_MEMORY);                                                              \
        memcpy(&value, memory + at, sizeof(value));                                                \
        sp[-1] = TO_##out((widen)value);                                                           \
        break;                                                                                     \
    }
#define STORE(name, type)                                                                          \
    case STEP_##name: {                                                                            \
        const type value = (type)sp[-1];                                                           \
        const uint64_t at = U32(sp[-2]) + step->b;                                                 \
        if (at + sizeof(value) > memory_bytes)                                                     \
            TRAP(MODULE_TRAP_MEMORY);                                                              \
        memcpy(memory + at, &value, sizeof(value));                                                \
        sp -= 2;                                                                                   \
        break;                                                                                     \
    }

/* A branch that moves its values down to a slot of the frame. Returns the new end of the stack. */
static inline uint64_t *move_down(uint64_t *locals, uint64_t *sp, uint64_t move)
{
    uint64_t *to = locals + LOW_HALF(move);
    uint32_t count = HIGH_HALF(move);
    const uint64_t *from = sp - count;
    for (uint32_t i = 0; i < count; i++)
        to[i] = from[i];
    return to + count;
}

static inline int64_t by_count(uint64_t count, uint32_t price)
{
    return (int64_t)((count & UINT32_MAX) * price >> 4);
}

static uint32_t run_bulk(struct stepper *stepper, const struct step *step, const uint64_t *operands)
{
    switch (step->op) {
    case STEP_TABLE_FILL:
        return stepper_table_fill(stepper, step->a, operands);
    case STEP_TABLE_INIT:
        return stepper_table_init(stepper, step->a, HIGH_HALF(step->b), operands);
    case STEP_TABLE_COPY:
        return stepper_table_copy(stepper, step->a, HIGH_HALF(step->b), operands);
    case STEP_MEMORY_INIT:
        return stepper_memory_init(stepper, step->a, operands);
    case STEP_MEMORY_COPY:
        return stepper_memory_copy(stepper, operands);
    default:
        return stepper_memory_fill(stepper, operands);
    }
}

static void trace(const struct stepper *stepper, const struct stepper_body *body, bool entered,
                  int64_t fuel)
{
    stepper->options.trace(stepper->options.context, (uint32_t)(body - stepper->bodies), entered,
                           stepper->options.fuel - fuel);
}

/* The function that element `index` of a table refers to. 0, or a trap code. */
static uint32_t find_indirect(const struct stepper *stepper, const struct step *step,
                              uint32_t index, uint32_t *function)
{
    const struct stepper_table *table = &stepper->tables[step->b];
    if (index >= table->count || table->items[index] == 0)
        return MODULE_TRAP_CALL_INDIRECT;
    *function = (uint32_t)table->items[index] - 1;
    return stepper->type_ids[stepper->module->functions[*function]] == step->a
               ? 0
               : MODULE_TRAP_CALL_INDIRECT;
}

uint32_t stepper_run(struct stepper *stepper, uint32_t function)
{
    const uint32_t imported = stepper->module->imported_functions;
    const bool traces = stepper->options.trace != NULL;
    /* Where the fuel is looked at without a hook. */
    const int64_t least_fuel = stepper->options.counts ? 0 : INT64_MIN;
    const struct stepper_frame *frames_end = stepper->frames + stepper->options.max_depth + 1;
    struct stepper_frame *frame = stepper->frames; /* of what runs now; the first one is nobody's */
    const struct stepper_body *body = &stepper->bodies[function - imported];
    const struct step *pc = NULL;
    uint64_t *locals = NULL, *sp = stepper->stack + body->parameters;
    uint64_t *const globals = stepper->globals;
    uint8_t *const memory = stepper->memory;
    uint64_t memory_bytes = stepper->memory_bytes;
    int64_t fuel = stepper->fuel;
    uint32_t trap = 0;

enter: /* `body`, its arguments on the stack */
    if (++frame == frames_end)
        TRAP(MODULE_TRAP_EXHAUSTION);
    frame[0] = (struct stepper_frame){.body = body, .locals = sp - body->parameters};
enter_frame: /* the same, in the frame of its caller */
    locals = frame->locals;
    if (body->slots > (size_t)(stepper->stack_end - locals))
        TRAP(MODULE_TRAP_EXHAUSTION);
    if (stepper->steps_left == 0)
        TRAP(STEPPER_TRAP_STEPS);
    stepper->steps_left--;
    if (fuel < least_fuel)
        TRAP(STEPPER_TRAP_FUEL);
    if (traces)
        trace(stepper, body, true, fuel);
    for (uint32_t i = body->parameters; i < body->local_count; i++)
        locals[i] = 0;
    sp = locals + body->local_count;
    pc = body->steps;

    for (;;) {
        const struct step *const step = pc++;
        fuel -= step->price;
        switch ((enum step_op)step->op) {
        case STEP_UNREACHABLE:
            TRAP(MODULE_TRAP_UNREACHABLE);
        case STEP_LOOP:
            if (stepper->steps_left == 0)
                TRAP(STEPPER_TRAP_STEPS);
            stepper->steps_left--;
            if (fuel < least_fuel)
                TRAP(STEPPER_TRAP_FUEL);
            break;
        case STEP_BR_UNLESS:
            if (U32(*--sp) == 0)
                pc = body->steps + step->a;
            break;
        case STEP_BR:
            pc = body->steps + step->a;
            break;
        case STEP_BR_MOVE:
            sp = move_down(locals, sp, step->b);
            pc = body->steps + step->a;
            break;
        case STEP_BR_IF:
            if (U32(*--sp) != 0)
                pc = body->steps + step->a;
            break;
        case STEP_BR_IF_MOVE:
            if (U32(*--sp) != 0) {
                sp = move_down(locals, sp, step->b);
                pc = body->steps + step->a;
            }
            break;
        case STEP_BR_TABLE: {
            uint32_t index = U32(*--sp);
            pc += index < step->a ? index : step->a;
            break;
        }
        case STEP_RETURN:
            if (traces)
                trace(stepper, body, false, fuel);
            sp = move_down(locals, sp, BRANCH_MOVE(body->results, 0));
            if (--frame == stepper->frames)
                goto done;
            body = frame->body;
            locals = frame->locals;
            pc = frame->at;
            break;
        case STEP_CALL:
            frame->at = pc;
            body = &stepper->bodies[step->a - imported];
            goto enter;
        case STEP_CALL_INDIRECT:
            trap = find_indirect(stepper, step, U32(*--sp), &function);
            if (trap != 0)
                goto done;
            if (function < imported)
                goto call_import;
            frame->at = pc;
            body = &stepper->bodies[function - imported];
            goto enter;
        case STEP_RETURN_CALL:
            body = &stepper->bodies[step->a - imported];
            goto tail_call;
        case STEP_RETURN_CALL_INDIRECT:
            trap = find_indirect(stepper, step, U32(*--sp), &function);
            if (trap != 0)
                goto done;
            if (function < imported) {
                static const struct step leave = {.op = STEP_RETURN};
                pc = &leave;
                goto call_import;
            }
            body = &stepper->bodies[function - imported];
        tail_call:
            sp = move_down(locals, sp, BRANCH_MOVE(body->parameters, 0));
            frame->body = body;
            goto enter_frame;
        case STEP_CALL_IMPORT:
            function = step->a;
        call_import: {
            const struct wasm_type *type = wasm_function_type(stepper->module, function);
            sp -= type->parameter_count;
            stepper->fuel = fuel;
            if (fuel < least_fuel)
                TRAP(STEPPER_TRAP_FUEL);
            trap = stepper->options.import(stepper->options.context, stepper, function, sp);
            if (trap != 0)
                goto done;
            sp += type->result_count;
            break;
        }

        case STEP_HOOK_CHARGE:
            fuel -= I64(*--sp);
            break;
        case STEP_HOOK_CHARGE_BY:
            sp -= 2;
            fuel -= by_count(sp[0], U32(sp[1]));
            /* fall through */
        case STEP_HOOK_CHECK:
            if (fuel < 0)
                TRAP(STEPPER_TRAP_FUEL);
            break;
        case STEP_HOOK_TAKE:
            *sp++ = (uint64_t)fuel;
            break;
        case STEP_HOOK_GIVE:
            fuel = I64(*--sp);
            break;

        case STEP_DROP:
            sp--;
            break;
        case STEP_SELECT:
            sp -= 2;
            if (U32(sp[1]) == 0)
                sp[-1] = sp[0];
            break;
        case STEP_LOCAL_GET:
            *sp++ = locals[step->a];
            break;
        case STEP_LOCAL_SET:
            locals[step->a] = *--sp;
            break;
        case STEP_LOCAL_TEE:
            locals[step->a] = sp[-1];
            break;
        case STEP_GLOBAL_GET:
            *sp++ = globals[step->a];
            break;
        case STEP_GLOBAL_SET:
            globals[step->a] = *--sp;
            break;
        case STEP_I32_CONST:
        case STEP_I64_CONST:
        case STEP_F32_CONST:
        case STEP_F64_CONST:
            *sp++ = step->b;
            break;

        case STEP_TABLE_GET:
            if (U32(sp[-1]) >= stepper->tables[step->a].count)
                TRAP(MODULE_TRAP_MEMORY);
            sp[-1] = stepper->tables[step->a].items[U32(sp[-1])];
            break;
        case STEP_TABLE_SET:
            sp -= 2;
            if (U32(sp[0]) >= stepper->tables[step->a].count)
                TRAP(MODULE_TRAP_MEMORY);
            stepper->tables[step->a].items[U32(sp[0])] = sp[1];
            break;
        case STEP_TABLE_SIZE:
            *sp++ = stepper->tables[step->a].count;
            break;
        case STEP_TABLE_GROW:
            sp--;
            fuel -= by_count(sp[0], LOW_HALF(step->b));
            if (fuel < least_fuel)
                TRAP(STEPPER_TRAP_FUEL);
            sp[-1] = stepper_table_grow(stepper, step->a, sp[-1], U32(sp[0]));
            break;
        case STEP_TABLE_FILL:
        case STEP_TABLE_INIT:
        case STEP_TABLE_COPY:
        case STEP_MEMORY_INIT:
        case STEP_MEMORY_COPY:
        case STEP_MEMORY_FILL:
            sp -= 3;
            fuel -= by_count(sp[2], LOW_HALF(step->b));
            if (fuel < least_fuel)
                TRAP(STEPPER_TRAP_FUEL);
            trap = run_bulk(stepper, step, sp);
            if (trap != 0)
                goto done;
            break;
        case STEP_ELEM_DROP:
            stepper->dropped_elements[step->a] = true;
            break;
        case STEP_DATA_DROP:
            stepper->dropped_data[step->a] = true;
            break;
        case STEP_MEMORY_SIZE:
            *sp++ = memory_bytes >> 16;
            break;
        case STEP_MEMORY_GROW:
            fuel -= by_count(sp[-1], LOW_HALF(step->b));
            if (fuel < least_fuel)
                TRAP(STEPPER_TRAP_FUEL);
            sp[-1] = stepper_memory_grow(stepper, U32(sp[-1]));
            memory_bytes = stepper->memory_bytes;
            break;

            LOAD(I32_LOAD, uint32_t, I32, uint32_t)
            LOAD(I64_LOAD, uint64_t, I64, uint64_t)
            LOAD(F32_LOAD, uint32_t, I32, uint32_t)
            LOAD(F64_LOAD, uint64_t, I64, uint64_t)
            LOAD(I32_LOAD8_S, int8_t, I32, int32_t)
            LOAD(I32_LOAD8_U, uint8_t, I32, uint32_t)
            LOAD(I32_LOAD16_S, int16_t, I32, int32_t)
            LOAD(I32_LOAD16_U, uint16_t, I32, uint32_t)
            LOAD(I64_LOAD8_S, int8_t, I64, int64_t)
            LOAD(I64_LOAD8_U, uint8_t, I64, uint64_t)
            LOAD(I64_LOAD16_S, int16_t, I64, int64_t)
            LOAD(I64_LOAD16_U, uint16_t, I64, uint64_t)
            LOAD(I64_LOAD32_S, int32_t, I64, int64_t)
            LOAD(I64_LOAD32_U, uint32_t, I64, uint64_t)
            STORE(I32_STORE, uint32_t)
            STORE(I64_STORE, uint64_t)
            STORE(F32_STORE, uint32_t)
            STORE(F64_STORE, uint64_t)
            STORE(I32_STORE8, uint8_t)
            STORE(I32_STORE16, uint16_t)
            STORE(I64_STORE8, uint8_t)
            STORE(I64_STORE16, uint16_t)
            STORE(I64_STORE32, uint32_t)

            UNARY(I32_EQZ, U32, I32, x == 0)
            BINARY(I32_EQ, U32, I32, x == y)
            BINARY(I32_NE, U32, I32, x != y)
            BINARY(I32_LT_S, I32, I32, x < y)
            BINARY(I32_LT_U, U32, I32, x < y)
            BINARY(I32_GT_S, I32, I32, x > y)
            BINARY(I32_GT_U, U32, I32, x > y)
            BINARY(I32_LE_S, I32, I32, x <= y)
            BINARY(I32_LE_U, U32, I32, x <= y)
            BINARY(I32_GE_S, I32, I32, x >= y)
            BINARY(I32_GE_U, U32, I32, x >= y)
            UNARY(I64_EQZ, U64, I32, x == 0)
            BINARY(I64_EQ, U64, I32, x == y)
            BINARY(I64_NE, U64, I32, x != y)
            BINARY(I64_LT_S, I64, I32, x < y)
            BINARY(I64_LT_U, U64, I32, x < y)
            BINARY(I64_GT_S, I64, I32, x > y)
            BINARY(I64_GT_U, U64, I32, x > y)
            BINARY(I64_LE_S, I64, I32, x <= y)
            BINARY(I64_LE_U, U64, I32, x <= y)
            BINARY(I64_GE_S, I64, I32, x >= y)
            BINARY(I64_GE_U, U64, I32, x >= y)
            BINARY(F32_EQ, F32, I32, x == y)
            BINARY(F32_NE, F32, I32, x != y)
            BINARY(F32_LT, F32, I32, x < y)
            BINARY(F32_GT, F32, I32, x > y)
            BINARY(F32_LE, F32, I32, x <= y)
            BINARY(F32_GE, F32, I32, x >= y)
            BINARY(F64_EQ, F64, I32, x == y)
            BINARY(F64_NE, F64, I32, x != y)
            BINARY(F64_LT, F64, I32, x < y)
            BINARY(F64_GT, F64, I32, x > y)
            BINARY(F64_LE, F64, I32, x <= y)
            BINARY(F64_GE, F64, I32, x >= y)

            UNARY(I32_CLZ, U32, I32, x == 0 ? 32 : __builtin_clz(x))
            UNARY(I32_CTZ, U32, I32, x == 0 ? 32 : __builtin_ctz(x))
            UNARY(I32_POPCNT, U32, I32, __builtin_popcount(x))
            BINARY(I32_ADD, U32, I32, x + y)
            BINARY(I32_SUB, U32, I32, x - y)
            BINARY(I32_MUL, U32, I32, x * y)
            DIVIDE(I32_DIV_S, I32, I32, x == INT32_MIN && y == -1, x / y)
            DIVIDE(I32_DIV_U, U32, I32, false, x / y)
            DIVIDE(I32_REM_S, I32, I32, false, y == -1 ? 0 : x % y)
            DIVIDE(I32_REM_U, U32, I32, false, x % y)
            BINARY(I32_AND, U32, I32, x & y)
            BINARY(I32_OR, U32, I32, x | y)
            BINARY(I32_XOR, U32, I32, x ^ y)
            BINARY(I32_SHL, U32, I32, x << (y & 31))
            BINARY(I32_SHR_S, I32, I32, x >> (y & 31))
            BINARY(I32_SHR_U, U32, I32, x >> (y & 31))
            BINARY(I32_ROTL, U32, I32, number_rotl32(x, y))
            BINARY(I32_ROTR, U32, I32, number_rotl32(x, 0 - y))
            UNARY(I64_CLZ, U64, I64, x == 0 ? 64 : __builtin_clzll(x))
            UNARY(I64_CTZ, U64, I64, x == 0 ? 64 : __builtin_ctzll(x))
            UNARY(I64_POPCNT, U64, I64, __builtin_popcountll(x))
            BINARY(I64_ADD, U64, I64, x + y)
            BINARY(I64_SUB, U64, I64, x - y)
            BINARY(I64_MUL, U64, I64, x * y)
            DIVIDE(I64_DIV_S, I64, I64, x == INT64_MIN && y == -1, x / y)
            DIVIDE(I64_DIV_U, U64, I64, false, x / y)
            DIVIDE(I64_REM_S, I64, I64, false, y == -1 ? 0 : x % y)
            DIVIDE(I64_REM_U, U64, I64, false, x % y)
            BINARY(I64_AND, U64, I64, x & y)
            BINARY(I64_OR, U64, I64, x | y)
            BINARY(I64_XOR, U64, I64, x ^ y)
            BINARY(I64_SHL, U64, I64, x << (y & 63))
            BINARY(I64_SHR_S, I64, I64, x >> (y & 63))
            BINARY(I64_SHR_U, U64, I64, x >> (y & 63))
            BINARY(I64_ROTL, U64, I64, number_rotl64(x, y))
            BINARY(I64_ROTR, U64, I64, number_rotl64(x, 0 - y))

            UNARY(F32_ABS, U32, I32, x & 0x7fffffffu)
            UNARY(F32_NEG, U32, I32, x ^ 0x80000000u)
            UNARY(F32_CEIL, F32, F32, NUMBER_ROUND(x, ceilf))
            UNARY(F32_FLOOR, F32, F32, NUMBER_ROUND(x, floorf))
            UNARY(F32_TRUNC, F32, F32, NUMBER_ROUND(x, truncf))
            UNARY(F32_NEAREST, F32, F32, NUMBER_ROUND(x, rintf))
            UNARY(F32_SQRT, F32, F32, sqrtf(x))
            BINARY(F32_ADD, F32, F32, x + y)
            BINARY(F32_SUB, F32, F32, x - y)
            BINARY(F32_MUL, F32, F32, x * y)
            BINARY(F32_DIV, F32, F32, x / y)
            BINARY(F32_MIN, F32, F32, number_min_float(x, y))
            BINARY(F32_MAX, F32, F32, number_max_float(x, y))
            BINARY(F32_COPYSIGN, U32, I32, (x & 0x7fffffffu) | (y & 0x80000000u))
            UNARY(F64_ABS, U64, I64, x & INT64_MAX)
            UNARY(F64_NEG, U64, I64, x ^ (uint64_t)INT64_MIN)
            UNARY(F64_CEIL, F64, F64, NUMBER_ROUND(x, ceil))
            UNARY(F64_FLOOR, F64, F64, NUMBER_ROUND(x, floor))
            UNARY(F64_TRUNC, F64, F64, NUMBER_ROUND(x, trunc))
            UNARY(F64_NEAREST, F64, F64, NUMBER_ROUND(x, rint))
            UNARY(F64_SQRT, F64, F64, sqrt(x))
            BINARY(F64_ADD, F64, F64, x + y)
            BINARY(F64_SUB, F64, F64, x - y)
            BINARY(F64_MUL, F64, F64, x * y)
            BINARY(F64_DIV, F64, F64, x / y)
            BINARY(F64_MIN, F64, F64, number_min_double(x, y))
            BINARY(F64_MAX, F64, F64, number_max_double(x, y))
            BINARY(F64_COPYSIGN, U64, I64, (x & INT64_MAX) | (y & (uint64_t)INT64_MIN))

            UNARY(I32_WRAP_I64, U64, I32, x)
            TRUNCATE(I32_TRUNC_F32_S, F32, I32, number_fits_i32, int32_t)
            TRUNCATE(I32_TRUNC_F32_U, F32, I32, number_fits_u32, uint32_t)
            TRUNCATE(I32_TRUNC_F64_S, F64, I32, number_fits_i32, int32_t)
            TRUNCATE(I32_TRUNC_F64_U, F64, I32, number_fits_u32, uint32_t)
            UNARY(I64_EXTEND_I32_S, I32, I64, (int64_t)x)
            UNARY(I64_EXTEND_I32_U, U32, I64, x)
            TRUNCATE(I64_TRUNC_F32_S, F32, I64, number_fits_i64, int64_t)
            TRUNCATE(I64_TRUNC_F32_U, F32, I64, number_fits_u64, uint64_t)
            TRUNCATE(I64_TRUNC_F64_S, F64, I64, number_fits_i64, int64_t)
            TRUNCATE(I64_TRUNC_F64_U, F64, I64, number_fits_u64, uint64_t)
            UNARY(F32_CONVERT_I32_S, I32, F32, (float)x)
            UNARY(F32_CONVERT_I32_U, U32, F32, (float)x)
            UNARY(F32_CONVERT_I64_S, I64, F32, (float)x)
            UNARY(F32_CONVERT_I64_U, U64, F32, (float)x)
            UNARY(F32_DEMOTE_F64, F64, F32, (float)x)
            UNARY(F64_CONVERT_I32_S, I32, F64, (double)x)
            UNARY(F64_CONVERT_I32_U, U32, F64, (double)x)
            UNARY(F64_CONVERT_I64_S, I64, F64, (double)x)
            UNARY(F64_CONVERT_I64_U, U64, F64, (double)x)
            UNARY(F64_PROMOTE_F32, F32, F64, (double)x)
            UNARY(I32_EXTEND8_S, I32, I32, (int8_t)x)
            UNARY(I32_EXTEND16_S, I32, I32, (int16_t)x)
            UNARY(I64_EXTEND8_S, I64, I64, (int64_t)(int8_t)x)
            UNARY(I64_EXTEND16_S, I64, I64, (int64_t)(int16_t)x)
            UNARY(I64_EXTEND32_S, I64, I64, (int64_t)(int32_t)x)
            UNARY(I32_TRUNC_SAT_F32_S, F32, I32, number_saturate_i32(x))
            UNARY(I32_TRUNC_SAT_F32_U, F32, I32, number_saturate_u32(x))
            UNARY(I32_TRUNC_SAT_F64_S, F64, I32, number_saturate_i32(x))
            UNARY(I32_TRUNC_SAT_F64_U, F64, I32, number_saturate_u32(x))
            UNARY(I64_TRUNC_SAT_F32_S, F32, I64, number_saturate_i64(x))
            UNARY(I64_TRUNC_SAT_F32_U, F32, I64, number_saturate_u64(x))
            UNARY(I64_TRUNC_SAT_F64_S, F64, I64, number_saturate_i64(x))
            UNARY(I64_TRUNC_SAT_F64_U, F64, I64, number_saturate_u64(x))

        /* By their bits, which the slot holds already. */
        case STEP_I32_REINTERPRET_F32:
        case STEP_I64_REINTERPRET_F64:
        case STEP_F32_REINTERPRET_I32:
        case STEP_F64_REINTERPRET_I64:
            break;

        /* Decoded to constants and comparisons. */
        case STEP_REF_NULL:
        case STEP_REF_IS_NULL:
        case STEP_REF_FUNC:
            TRAP(MODULE_TRAP_HOST);
        }
    }
done:
    stepper->fuel = fuel;
    return trap;
}
