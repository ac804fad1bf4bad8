/* A function body as steps and frames: where control can go. */
#ifndef FLOW_H
#define FLOW_H

#include "wasm_code.h"

#include <stdbool.h>

/* The frame of the function itself, which a branch to the outermost label leaves. */
#define FLOW_FUNCTION 0u
#define FLOW_NO_STEP UINT32_MAX

/* A block, loop or if. */
struct flow_frame {
    uint32_t outer;  /* the frame around it; FLOW_FUNCTION's is itself */
    uint32_t start;  /* the step that opens it; FLOW_FUNCTION: FLOW_NO_STEP */
    uint32_t middle; /* its `else`, or FLOW_NO_STEP */
    uint32_t end;    /* its `end` */
    uint32_t values; /* how many values a branch to its label carries */
    bool is_loop;
    bool is_if;
    bool has_call;   /* in it, at any depth: a call, or an operation with a price by count */
};

/* An instruction in its place. */
struct flow_step {
    struct wasm_instruction instruction;
    uint32_t frame;   /* that it is in; of `block`, `loop`, `if`, `else`, `end`: the one it is about */
    uint32_t targets; /* branches: the first of their targets, frames, in flow.targets */
    uint32_t target_count;
    bool is_live; /* control can get to it */
};

struct flow {
    struct flow_step *steps;
    struct flow_frame *frames;
    uint32_t *targets;
    uint32_t step_count, frame_count, target_count;
    uint32_t branch_count; /* `br_if` and `if` */
    uint32_t step_room, frame_room, target_room;
};

/* Takes body number `number` of a module that was read (wasm_read() has checked its nesting). What is in
 * *flow is reused: zeroes the first time, flow_free() at the end. Errors: NO_MEMORY. */
pybox_status flow_read(const struct wasm_module *module, uint32_t number, struct flow *flow);

void flow_free(struct flow *flow);

/* Whether a call, direct or not, or an operation with a price by count: all before it is charged then. */
bool flow_is_call(uint16_t opcode);

/* Whether control never goes on with the next instruction. */
bool flow_is_jump(uint16_t opcode);

/* Where a branch to that frame goes: the first step of a loop, the step behind any other frame's `end`. */
uint32_t flow_label(const struct flow *flow, uint32_t frame);

#endif
