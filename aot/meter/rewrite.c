#include "rewrite.h"

#include "costs.h"
#include "error.h"

#include <stdlib.h>

/*
 * A loop without calls counts in a local variable: the outermost such loop takes the fuel before it starts, and
 * gives it back wherever it is left.
 */
#define NO_FRAME UINT32_MAX

/* One body that is being written. */
struct body {
    struct rewrite *rewrite;
    struct wasm_writer *to;
    uint32_t imported;   /* functions */
    uint32_t fuel_local; /* i64, of counting loops; exists if has_counting_loop */
    uint32_t count_local; /* i32, for a count; exists if has_count */
    uint32_t loop; /* the outermost counting loop that we are in, or NO_FRAME */
    bool has_counting_loop, has_count;
};

static void put_call(struct body *body, enum rewrite_hook hook)
{
    wasm_put_u8(body->to, WASM_OP_CALL);
    wasm_put_u32(body->to, body->imported + (uint32_t)hook);
}

static void put_local(struct body *body, uint8_t opcode, uint32_t local)
{
    wasm_put_u8(body->to, opcode);
    wasm_put_u32(body->to, local);
}

static void put_const(struct body *body, uint8_t opcode, int64_t value)
{
    wasm_put_u8(body->to, opcode);
    wasm_put_s64(body->to, value);
}

static void put_empty_if(struct body *body)
{
    wasm_put_u8(body->to, WASM_OP_IF);
    wasm_put_u8(body->to, 0x40); /* no values (5.4.1) */
}

static void put_give(struct body *body)
{
    if (body->loop == NO_FRAME)
        return;
    put_local(body, WASM_OP_LOCAL_GET, body->fuel_local);
    put_call(body, HOOK_GIVE);
}

static void put_take(struct body *body)
{
    put_call(body, HOOK_TAKE);
    put_local(body, WASM_OP_LOCAL_SET, body->fuel_local);
}

/* By HOOK_CHARGE, or by HOOK_ADJUST where control is not likely to come. */
static void put_charge(struct body *body, enum rewrite_hook hook, int64_t amount)
{
    if (amount == 0)
        return;
    if (body->loop == NO_FRAME) {
        put_const(body, WASM_OP_I64_CONST, amount);
        put_call(body, hook);
        return;
    }
    put_local(body, WASM_OP_LOCAL_GET, body->fuel_local);
    put_const(body, WASM_OP_I64_CONST, amount);
    wasm_put_u8(body->to, WASM_OP_I64_SUB);
    put_local(body, WASM_OP_LOCAL_SET, body->fuel_local);
}

static void put_check(struct body *body)
{
    if (body->loop == NO_FRAME) {
        put_call(body, HOOK_CHECK);
        return;
    }
    put_local(body, WASM_OP_LOCAL_GET, body->fuel_local);
    put_const(body, WASM_OP_I64_CONST, 0);
    wasm_put_u8(body->to, WASM_OP_I64_LT_S);
    put_empty_if(body);
    put_give(body);
    put_call(body, HOOK_CHECK);
    put_take(body);
    wasm_put_u8(body->to, WASM_OP_END);
}

/* Whether `frame` is `loop` or in it. */
static bool is_within(const struct flow *flow, uint32_t frame, uint32_t loop)
{
    while (frame != loop && frame != FLOW_FUNCTION)
        frame = flow->frames[frame].outer;
    return frame == loop;
}

/* Whether a branch to that frame leaves the counting loop. */
static bool leaves(const struct body *body, uint32_t frame)
{
    return body->loop != NO_FRAME && !is_within(&body->rewrite->flow, frame, body->loop);
}

/* The instruction, with functions renumbered behind `hooks` more imports. */
static void put_renumbered(struct wasm_writer *to, const struct wasm_instruction *instruction,
                           uint32_t imported, uint32_t hooks)
{
    switch (instruction->opcode) {
    case WASM_OP_CALL:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_REF_FUNC:
        wasm_put_u8(to, (uint8_t)instruction->opcode);
        wasm_put_u32(to, instruction->index < imported ? instruction->index
                                                       : instruction->index + hooks);
        break;
    default:
        wasm_put_bytes(to, instruction->bytes, instruction->length);
        break;
    }
}

static void put_instruction(struct body *body, const struct wasm_instruction *instruction)
{
    put_renumbered(body->to, instruction, body->imported, HOOK_COUNT);
}

/* A conditional branch of which the taken edge costs `amount`, or leaves the counting loop. */
static void put_branch_if(struct body *body, const struct flow_step *step, int64_t amount)
{
    const struct flow *flow = &body->rewrite->flow;
    uint32_t target = flow->targets[step->targets];
    bool is_left = leaves(body, target);
    if (flow->frames[target].values > 0) { /* the plan has favoured it, so that amount is 0 */
        if (is_left)
            put_give(body);
        put_instruction(body, &step->instruction);
        return;
    }
    if (amount == 0 && !is_left) {
        put_instruction(body, &step->instruction);
        return;
    }
    put_empty_if(body);
    put_charge(body, HOOK_ADJUST, amount);
    if (is_left)
        put_give(body);
    wasm_put_u8(body->to, WASM_OP_BR);
    wasm_put_u32(body->to, step->instruction.index + 1);
    wasm_put_u8(body->to, WASM_OP_END);
}

static void put_branches(struct body *body, const struct flow_step *step)
{
    const struct flow *flow = &body->rewrite->flow;
    bool is_left = false;
    for (uint32_t i = 0; i < step->target_count; i++)
        is_left |= leaves(body, flow->targets[step->targets + i]);
    if (is_left)
        put_give(body);
    put_instruction(body, &step->instruction);
}

/* The operand on top of the stack is what is counted. */
static void put_charge_by(struct body *body, uint32_t price)
{
    put_local(body, WASM_OP_LOCAL_TEE, body->count_local);
    put_local(body, WASM_OP_LOCAL_GET, body->count_local);
    put_const(body, WASM_OP_I32_CONST, (int32_t)price);
    put_call(body, HOOK_CHARGE_BY);
}

/* An `if` without `else` gets one if its edge costs something. */
static void put_end(struct body *body, uint32_t number, const struct flow_step *step)
{
    const struct flow *flow = &body->rewrite->flow;
    const struct flow_frame *frame = &flow->frames[step->frame];
    if (frame->is_if && frame->middle == FLOW_NO_STEP && flow->steps[frame->start].is_live) {
        const struct flow_step *start = &flow->steps[frame->start];
        int64_t amount = plan_on_edge(&body->rewrite->plan, frame->start,
                                      plan_cost(start, body->imported), number + 1);
        if (amount != 0) {
            wasm_put_u8(body->to, WASM_OP_ELSE);
            put_charge(body, HOOK_ADJUST, amount);
        }
    }
    put_instruction(body, &step->instruction);
    if (step->frame == body->loop) {
        put_give(body);
        body->loop = NO_FRAME;
    }
}

/* The edge from step `from` to position `to`, which nothing else leads to. */
static void put_edge(struct body *body, uint32_t from, uint32_t to)
{
    const struct flow_step *step = &body->rewrite->flow.steps[from];
    put_charge(body, HOOK_ADJUST,
               plan_on_edge(&body->rewrite->plan, from, plan_cost(step, body->imported), to));
}

static void put_step(struct body *body, uint32_t number)
{
    struct rewrite *rewrite = body->rewrite;
    const struct flow *flow = &rewrite->flow;
    const struct flow_step *step = &flow->steps[number];
    uint32_t cost = plan_cost(step, body->imported);
    uint16_t opcode = step->instruction.opcode;
    switch (opcode) {
    case WASM_OP_LOOP:
        if (body->loop == NO_FRAME && !flow->frames[step->frame].has_call) {
            put_take(body);
            body->loop = step->frame;
        }
        put_instruction(body, &step->instruction);
        break;
    case WASM_OP_IF:
        put_instruction(body, &step->instruction);
        put_edge(body, number, number + 1);
        break;
    case WASM_OP_ELSE:
        put_instruction(body, &step->instruction);
        put_edge(body, flow->frames[step->frame].start, number + 1);
        break;
    case WASM_OP_END:
        put_end(body, number, step);
        break;
    case WASM_OP_BR:
        if (leaves(body, flow->targets[step->targets]))
            put_give(body);
        put_instruction(body, &step->instruction);
        break;
    case WASM_OP_BR_IF:
        put_branch_if(body, step,
                      plan_on_edge(&rewrite->plan, number, cost,
                                   flow_label(flow, flow->targets[step->targets])));
        put_edge(body, number, number + 1);
        break;
    case WASM_OP_BR_TABLE:
        put_branches(body, step);
        break;
    case WASM_OP_RETURN:
    case WASM_OP_UNREACHABLE:
        put_give(body);
        put_instruction(body, &step->instruction);
        break;
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_INDIRECT:
        put_check(body);
        put_instruction(body, &step->instruction);
        break;
    default:
        if (cost_by_count(opcode) != 0)
            put_charge_by(body, cost_by_count(opcode));
        put_instruction(body, &step->instruction);
        break;
    }
}

static void put_code(struct body *body, bool checks)
{
    struct rewrite *rewrite = body->rewrite;
    const struct flow *flow = &rewrite->flow;
    for (uint32_t i = 0; i < flow->step_count; i++) {
        const struct flow_step *step = &flow->steps[i];
        if (!step->is_live) {
            /* Never executed, but still to be well-formed. */
            put_instruction(body, &step->instruction);
            continue;
        }
        if (rewrite->plan.positions[i].is_boundary)
            put_charge(body, HOOK_CHARGE, plan_at_boundary(&rewrite->plan, i));
        bool starts_loop = i > 0 && flow->steps[i - 1].instruction.opcode == WASM_OP_LOOP;
        if (starts_loop || (i == 0 && checks))
            put_check(body);
        put_step(body, i);
    }
}

/* The local declarations (5.5.13), with ours behind them. */
static pybox_status put_locals(struct body *body, const struct wasm_body *from)
{
    uint32_t more = (uint32_t)body->has_counting_loop + (uint32_t)body->has_count;
    if (from->local_count + more > WASM_MAX_LOCALS)
        return error_set(PYBOX_ERROR_LIMIT,
                         "a function has %u local variables; metering it needs %u more, and at most "
                         "%u are allowed",
                         from->local_count, more, WASM_MAX_LOCALS);
    struct wasm_cursor cursor = {.file = from->bytes,
                                 .at = from->bytes,
                                 .end = from->bytes + from->length,
                                 .part = "code section"};
    uint32_t groups;
    pybox_status status = wasm_get_u32(&cursor, &groups);
    if (status != PYBOX_OK)
        return status;
    wasm_put_u32(body->to, groups + more);
    wasm_put_bytes(body->to, cursor.at, (size_t)(from->bytes + from->code - cursor.at));
    uint32_t next = from->local_count;
    if (body->has_counting_loop) {
        body->fuel_local = next++;
        wasm_put_u32(body->to, 1);
        wasm_put_u8(body->to, WASM_I64);
    }
    if (body->has_count) {
        body->count_local = next;
        wasm_put_u32(body->to, 1);
        wasm_put_u8(body->to, WASM_I32);
    }
    return PYBOX_OK;
}

static void find_needs(struct body *body)
{
    const struct flow *flow = &body->rewrite->flow;
    for (uint32_t i = 0; i < flow->step_count; i++) {
        const struct flow_step *step = &flow->steps[i];
        if (!step->is_live)
            continue;
        if (cost_by_count(step->instruction.opcode) != 0)
            body->has_count = true;
        if (step->instruction.opcode == WASM_OP_LOOP && !flow->frames[step->frame].has_call)
            body->has_counting_loop = true;
    }
}

static int compare_indices(const void *key, const void *item)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct wasm_name *)item)->index;
    return (a > b) - (a < b);
}

/* What is known of the branches of a body: rewrite->likely, or NULL if nothing is. */
static pybox_status find_likely(struct rewrite *rewrite, uint32_t number, const uint8_t **likely)
{
    const struct wasm_module *module = rewrite->module;
    uint32_t count = rewrite->flow.branch_count, index = module->imported_functions + number;
    *likely = NULL;
    if (rewrite->branches == NULL || count == 0 || module->function_name_count == 0)
        return PYBOX_OK;
    const struct wasm_name *name = bsearch(&index, module->function_names,
                                           module->function_name_count, sizeof(*name),
                                           compare_indices);
    if (name == NULL)
        return PYBOX_OK;
    if (count > rewrite->likely_room) {
        uint8_t *moved = realloc(rewrite->likely, count);
        if (moved == NULL)
            return error_set_memory("a function's branches", count);
        rewrite->likely = moved;
        rewrite->likely_room = count;
    }
    if (branches_find(rewrite->branches, name->name, count, rewrite->likely))
        *likely = rewrite->likely;
    return PYBOX_OK;
}

pybox_status rewrite_body(struct rewrite *rewrite, uint32_t number, bool checks,
                          struct wasm_writer *writer, uint32_t *code)
{
    struct body body = {.rewrite = rewrite,
                        .to = writer,
                        .imported = rewrite->module->imported_functions,
                        .loop = NO_FRAME};
    size_t start = writer->length;
    pybox_status status = flow_read(rewrite->module, number, &rewrite->flow);
    const uint8_t *likely = NULL;
    if (status == PYBOX_OK)
        status = find_likely(rewrite, number, &likely);
    if (status == PYBOX_OK)
        status = plan_make(&rewrite->flow, body.imported, likely, &rewrite->plan);
    if (status != PYBOX_OK)
        return status;
    find_needs(&body);
    status = put_locals(&body, &rewrite->module->bodies[number]);
    if (status != PYBOX_OK)
        return status;
    *code = (uint32_t)(writer->length - start);
    put_code(&body, checks);
    return wasm_writer_status(writer);
}

pybox_status rewrite_for_training(const struct wasm_module *module, uint32_t number,
                                  uint32_t *branch, struct wasm_writer *writer)
{
    const struct wasm_body *body = &module->bodies[number];
    struct wasm_cursor cursor = wasm_body_cursor(module, body);
    wasm_put_bytes(writer, body->bytes, body->code);
    while (cursor.at != cursor.end) {
        struct wasm_instruction instruction;
        pybox_status status = wasm_next(&cursor, &instruction);
        if (status != PYBOX_OK)
            return status;
        if (instruction.opcode == WASM_OP_BR_IF || instruction.opcode == WASM_OP_IF) {
            wasm_put_u8(writer, WASM_OP_I32_CONST);
            wasm_put_s64(writer, (int32_t)(*branch)++);
            wasm_put_u8(writer, WASM_OP_CALL);
            wasm_put_u32(writer, module->imported_functions);
        }
        put_renumbered(writer, &instruction, module->imported_functions, 1);
    }
    return wasm_writer_status(writer);
}

void rewrite_free(struct rewrite *rewrite)
{
    flow_free(&rewrite->flow);
    plan_free(&rewrite->plan);
    free(rewrite->likely);
}
