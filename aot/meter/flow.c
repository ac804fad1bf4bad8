#include "flow.h"

#include "costs.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

bool flow_is_call(uint16_t opcode)
{
    switch (opcode) {
    case WASM_OP_CALL:
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
        return true;
    default:
        return cost_by_count(opcode) != 0;
    }
}

bool flow_is_jump(uint16_t opcode)
{
    switch (opcode) {
    case WASM_OP_UNREACHABLE:
    case WASM_OP_BR:
    case WASM_OP_BR_TABLE:
    case WASM_OP_RETURN:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
        return true;
    default:
        return false;
    }
}

uint32_t flow_label(const struct flow *flow, uint32_t frame)
{
    const struct flow_frame *target = &flow->frames[frame];
    return target->is_loop ? target->start + 1 : target->end + 1;
}

/* Room for one item more in an array that grows by halves. */
static pybox_status grow(void **array, uint32_t used, uint32_t *room, size_t bytes)
{
    if (used < *room)
        return PYBOX_OK;
    uint32_t more = *room / 2 + 64;
    void *moved = realloc(*array, (size_t)(*room + more) * bytes);
    if (moved == NULL)
        return error_set_memory("a function's instructions", (size_t)(*room + more) * bytes);
    *array = moved;
    *room += more;
    return PYBOX_OK;
}

#define GROW(flow, what, count, room)                                                              \
    grow((void **)&(flow)->what, (flow)->count, &(flow)->room, sizeof(*(flow)->what))

static uint32_t label_values(const struct wasm_module *module, int64_t block_type, bool is_loop)
{
    if (block_type >= 0)
        return is_loop ? module->types[block_type].parameter_count
                       : module->types[block_type].result_count;
    return is_loop || block_type == WASM_BLOCK_EMPTY ? 0 : 1;
}

static pybox_status open_frame(struct flow *flow, uint32_t outer, uint32_t start, uint32_t *frame)
{
    pybox_status status = GROW(flow, frames, frame_count, frame_room);
    if (status != PYBOX_OK)
        return status;
    *frame = flow->frame_count++;
    flow->frames[*frame] = (struct flow_frame){
        .outer = outer, .start = start, .middle = FLOW_NO_STEP, .end = FLOW_NO_STEP};
    return PYBOX_OK;
}

static pybox_status add_target(struct flow *flow, uint32_t frame, uint32_t depth)
{
    pybox_status status = GROW(flow, targets, target_count, target_room);
    if (status != PYBOX_OK)
        return status;
    for (; depth > 0; depth--)
        frame = flow->frames[frame].outer;
    flow->targets[flow->target_count++] = frame;
    return PYBOX_OK;
}

static pybox_status add_targets(struct flow *flow, struct flow_step *step)
{
    const struct wasm_instruction *instruction = &step->instruction;
    pybox_status status = PYBOX_OK;
    step->targets = flow->target_count;
    struct wasm_cursor labels = instruction->labels;
    uint32_t count = instruction->opcode == WASM_OP_BR_TABLE ? instruction->label_count : 0;
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        uint32_t depth;
        status = wasm_get_u32(&labels, &depth);
        if (status == PYBOX_OK)
            status = add_target(flow, step->frame, depth);
    }
    if (status == PYBOX_OK)
        status = add_target(flow, step->frame, instruction->index);
    step->target_count = flow->target_count - step->targets;
    return status;
}

static void note_call(struct flow *flow, uint32_t frame)
{
    while (!flow->frames[frame].has_call) {
        flow->frames[frame].has_call = true;
        frame = flow->frames[frame].outer;
    }
}

/* Adds the instruction, which is in *frame, and leaves in *frame where the next one is. */
static pybox_status add_step(struct flow *flow, const struct wasm_module *module,
                             const struct wasm_instruction *instruction, uint32_t *frame)
{
    pybox_status status = GROW(flow, steps, step_count, step_room);
    if (status != PYBOX_OK)
        return status;
    uint32_t number = flow->step_count++;
    struct flow_step *step = &flow->steps[number];
    *step = (struct flow_step){.instruction = *instruction, .frame = *frame};
    flow->branch_count += instruction->opcode == WASM_OP_BR_IF || instruction->opcode == WASM_OP_IF;
    switch (instruction->opcode) {
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF: {
        status = open_frame(flow, *frame, number, frame);
        if (status != PYBOX_OK)
            return status;
        struct flow_frame *opened = &flow->frames[*frame];
        opened->is_loop = instruction->opcode == WASM_OP_LOOP;
        opened->is_if = instruction->opcode == WASM_OP_IF;
        opened->values = label_values(module, instruction->block_type, opened->is_loop);
        step->frame = *frame;
        return PYBOX_OK;
    }
    case WASM_OP_ELSE:
        flow->frames[*frame].middle = number;
        return PYBOX_OK;
    case WASM_OP_END:
        flow->frames[*frame].end = number;
        *frame = flow->frames[*frame].outer;
        return PYBOX_OK;
    case WASM_OP_BR:
    case WASM_OP_BR_IF:
    case WASM_OP_BR_TABLE:
        return add_targets(flow, step);
    default:
        if (flow_is_call(instruction->opcode))
            note_call(flow, *frame);
        return PYBOX_OK;
    }
}

/*
 * Marks what control can get to, as validation sees it: behind a jump, nothing until the `else` or `end` of the
 * frame. (An `end` is then live if its frame could be entered: an approximation that only adds charges where
 * none would be needed.)
 */
static void mark_live(struct flow *flow)
{
    bool live = true;
    for (uint32_t i = 0; i < flow->step_count; i++) {
        struct flow_step *step = &flow->steps[i];
        uint16_t opcode = step->instruction.opcode;
        if (opcode == WASM_OP_ELSE || opcode == WASM_OP_END) {
            uint32_t start = flow->frames[step->frame].start;
            live = start == FLOW_NO_STEP || flow->steps[start].is_live;
        }
        step->is_live = live;
        if (flow_is_jump(opcode))
            live = false;
    }
}

pybox_status flow_read(const struct wasm_module *module, uint32_t number, struct flow *flow)
{
    const struct wasm_body *body = &module->bodies[number];
    struct wasm_cursor cursor = wasm_body_cursor(module, body);
    flow->step_count = flow->frame_count = flow->target_count = flow->branch_count = 0;
    uint32_t frame;
    pybox_status status = open_frame(flow, FLOW_FUNCTION, FLOW_NO_STEP, &frame);
    if (status != PYBOX_OK)
        return status;
    flow->frames[FLOW_FUNCTION].values =
        wasm_function_type(module, module->imported_functions + number)->result_count;
    while (cursor.at != cursor.end && status == PYBOX_OK) {
        struct wasm_instruction instruction;
        status = wasm_next(&cursor, &instruction);
        if (status == PYBOX_OK)
            status = add_step(flow, module, &instruction, &frame);
    }
    if (status == PYBOX_OK)
        mark_live(flow);
    return status;
}

void flow_free(struct flow *flow)
{
    free(flow->steps);
    free(flow->frames);
    free(flow->targets);
    *flow = (struct flow){0};
}
