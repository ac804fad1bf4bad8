#include "plan.h"

#include "costs.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

uint32_t plan_cost(const struct flow_step *step, uint32_t imported_functions)
{
    const struct wasm_instruction *instruction = &step->instruction;
    uint32_t cost = cost_of(instruction->opcode);
    if ((instruction->opcode == WASM_OP_CALL || instruction->opcode == WASM_OP_RETURN_CALL) &&
        instruction->index < imported_functions)
        cost += cost_of_host_call();
    return cost;
}

uint32_t plan_otherwise(const struct flow *flow, uint32_t frame)
{
    const struct flow_frame *about = &flow->frames[frame];
    return about->middle != FLOW_NO_STEP ? about->middle + 1 : about->end;
}

int64_t plan_at_boundary(const struct plan *plan, uint32_t position)
{
    return plan->positions[position].is_never ? 0 : plan->positions[position].ahead;
}

/* What has to have been charged when control comes to a position. */
static int64_t needed(const struct plan *plan, uint32_t position)
{
    return plan->positions[position].is_boundary ? 0 : plan->positions[position].ahead;
}

static bool is_never(const struct plan *plan, uint32_t position)
{
    return plan->positions[position].is_never && !plan->positions[position].is_boundary;
}

int64_t plan_on_edge(const struct plan *plan, uint32_t from, uint32_t cost, uint32_t to)
{
    if (plan->positions[from].is_never || is_never(plan, to))
        return 0;
    return needed(plan, to) - (plan->positions[from].ahead - cost);
}

static void mark_boundaries(const struct flow *flow, struct plan *plan)
{
    struct plan_position *positions = plan->positions;
    positions[0].is_boundary = positions[flow->step_count].is_boundary = true;
    for (uint32_t i = 0; i < flow->step_count; i++) {
        const struct flow_step *step = &flow->steps[i];
        uint16_t opcode = step->instruction.opcode;
        if (flow_is_call(opcode) || opcode == WASM_OP_LOOP)
            positions[i + 1].is_boundary = true;
        /* The edges of a br_table cannot be charged one by one. */
        if (opcode == WASM_OP_BR_TABLE)
            for (uint32_t k = 0; k < step->target_count; k++)
                positions[flow_label(flow, flow->targets[step->targets + k])].is_boundary = true;
    }
}

static void follow(struct plan *plan, uint32_t from, uint32_t cost, uint32_t to)
{
    struct plan_position *position = &plan->positions[from];
    position->is_never = is_never(plan, to);
    position->ahead = position->is_never ? 0 : cost + needed(plan, to);
    position->is_cold = to > from && plan->positions[to].is_cold;
}

/* Of the two ways on from a step, the one that is charged in advance. */
static uint32_t favoured(const struct flow *flow, const struct plan *plan, uint32_t from,
                         uint32_t next, uint32_t other)
{
    const struct flow_step *step = &flow->steps[from];
    if (is_never(plan, next))
        return other;
    if (is_never(plan, other))
        return next;
    if (step->instruction.opcode == WASM_OP_BR_IF) {
        const struct flow_frame *target = &flow->frames[flow->targets[step->targets]];
        /* Its edge cannot be charged: the values are in the way. */
        if (target->values > 0)
            return other;
        if (target->is_loop)
            return other;
    }
    if (plan->positions[next].is_cold && !plan->positions[other].is_cold)
        return other;
    return next;
}

static void part(const struct flow *flow, struct plan *plan, uint32_t from, uint32_t cost,
                 uint32_t next, uint32_t other)
{
    follow(plan, from, cost, favoured(flow, plan, from, next, other));
    plan->positions[from].is_cold =
        plan->positions[next].is_cold && other > from && plan->positions[other].is_cold;
}

static void stop(struct plan *plan, uint32_t from, uint32_t cost)
{
    plan->positions[from].ahead = cost;
}

static void plan_step(const struct flow *flow, struct plan *plan, uint32_t i, uint32_t cost)
{
    const struct flow_step *step = &flow->steps[i];
    switch (step->instruction.opcode) {
    case WASM_OP_UNREACHABLE:
        plan->positions[i].is_never = plan->positions[i].is_cold = true;
        break;
    case WASM_OP_RETURN:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
    case WASM_OP_BR_TABLE:
        stop(plan, i, cost);
        break;
    case WASM_OP_BR:
        follow(plan, i, cost, flow_label(flow, flow->targets[step->targets]));
        break;
    case WASM_OP_BR_IF:
        part(flow, plan, i, cost, i + 1, flow_label(flow, flow->targets[step->targets]));
        break;
    case WASM_OP_IF:
        part(flow, plan, i, cost, i + 1, plan_otherwise(flow, step->frame));
        break;
    case WASM_OP_ELSE: /* the end of the first arm */
        follow(plan, i, cost, flow->frames[step->frame].end);
        break;
    default:
        follow(plan, i, cost, i + 1);
        break;
    }
}

pybox_status plan_make(const struct flow *flow, uint32_t imported_functions, struct plan *plan)
{
    uint32_t count = flow->step_count + 1;
    if (count > plan->room) {
        free(plan->positions);
        plan->room = 0;
        plan->positions = malloc((size_t)count * sizeof(*plan->positions));
        if (plan->positions == NULL)
            return error_set_memory("a function's charges", count * sizeof(*plan->positions));
        plan->room = count;
    }
    memset(plan->positions, 0, (size_t)count * sizeof(*plan->positions));
    mark_boundaries(flow, plan);
    /* All edges but those to loops, which are boundaries, lead to later steps. */
    for (uint32_t i = flow->step_count; i-- > 0;)
        plan_step(flow, plan, i, plan_cost(&flow->steps[i], imported_functions));
    return PYBOX_OK;
}

void plan_free(struct plan *plan)
{
    free(plan->positions);
    *plan = (struct plan){0};
}
