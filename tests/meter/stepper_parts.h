/* What the files of the stepper share. */
#ifndef STEPPER_PARTS_H
#define STEPPER_PARTS_H

#include "stepper.h"

enum step_op {
#define STEP(number, name, type) STEP_##name = number,
#include "stepper_ops.def"
};

/*
 * One instruction. What `a` and `b` hold:
 *   branches                a: index of the step to go to; those that move: b: BRANCH_MOVE()
 *   calls                   a: function index; indirect: type index, b: table
 *   locals, globals         a: index (REF_FUNC: of the function)
 *   tables, segments        a: table or segment; b: WITH_COUNT(a second table, the price by count)
 *   memory                  b: the offset; of those with a price by count: WITH_COUNT(0, it)
 *   constants               b
 */
struct step {
    uint8_t op;     /* enum step_op */
    uint16_t price; /* 0 in metered modules */
    uint32_t a;
    uint64_t b;
};

#define BRANCH_MOVE(count, slot) ((uint64_t)(count) << 32 | (slot))
#define WITH_COUNT(index, price) ((uint64_t)(index) << 32 | (price))
#define HIGH_HALF(b) ((uint32_t)((b) >> 32))
#define LOW_HALF(b) ((uint32_t)(b))

/* A body in the compact form. A frame is `local_count` slots of the stack, behind them the operands. */
struct stepper_body {
    struct step *steps;
    uint32_t step_count;
    uint32_t parameters, results, local_count;
    uint32_t slots; /* the largest frame; what a call of an import needs included */
};

struct stepper_table {
    uint64_t *items; /* 0, or a function's index + 1 */
    uint32_t count, max;
};

struct stepper_frame {
    const struct step *at;
    uint64_t *locals;
    const struct stepper_body *body;
};

struct stepper {
    const struct wasm_module *module;
    struct stepper_options options;
    struct stepper_body *bodies;
    uint32_t *type_ids; /* by type index: the first type that is the same */
    uint64_t *globals;
    struct stepper_table *tables;
    bool *dropped_data, *dropped_elements;

    uint8_t *memory;
    uint64_t memory_bytes, memory_reserved, memory_limit;

    uint64_t *stack, *stack_end;
    struct stepper_frame *frames; /* the first one is not used */
    uint64_t steps_left;
    int64_t fuel; /* what is left */
};

#define STEPPER_STACK_SLOTS (4u << 20)
#define STEPPER_MAX_TABLE 1000000u /* elements, where a table has no maximum; as in native modules */

/* The hook that imported function `index` is (enum step_op), or 0. (stepper_price.c) */
uint8_t stepper_hook(const struct wasm_module *module, uint32_t index);

/* Prices of an instruction, by its opcode in wasm_code.h. (stepper_price.c) */
uint16_t stepper_price(uint16_t opcode);
uint32_t stepper_price_by_count(uint16_t opcode);

extern const uint16_t stepper_host_call_price;

/* Checks body `number` and fills stepper->bodies[number]. Errors: MODULE_FORMAT, NO_MEMORY. (stepper_decode.c) */
pybox_status stepper_decode(struct stepper *stepper, uint32_t number);

/* Runs a function of the module's own; arguments and results at the bottom of the stack. (stepper_run.c) */
uint32_t stepper_run(struct stepper *stepper, uint32_t function);

/* Operations on whole ranges. 0, or a trap code. (stepper_bulk.c) */
uint32_t stepper_memory_init(struct stepper *stepper, uint32_t segment, const uint64_t *operands);
uint32_t stepper_memory_copy(struct stepper *stepper, const uint64_t *operands);
uint32_t stepper_memory_fill(struct stepper *stepper, const uint64_t *operands);
uint32_t stepper_memory_grow(struct stepper *stepper, uint32_t pages); /* no trap code: the result */
uint32_t stepper_table_init(struct stepper *stepper, uint32_t segment, uint32_t table,
                            const uint64_t *operands);
uint32_t stepper_table_copy(struct stepper *stepper, uint32_t to, uint32_t from,
                            const uint64_t *operands);
uint32_t stepper_table_fill(struct stepper *stepper, uint32_t table, const uint64_t *operands);
uint32_t stepper_table_grow(struct stepper *stepper, uint32_t table, uint64_t value,
                            uint32_t count); /* no trap code: the result */

#endif
