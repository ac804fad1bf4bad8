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
    return about->middle != FLOW_NO_STEP ? about->middle + 1 : about->end + 1;
}

int64_t plan_at_boundary(const struct plan *plan, uint32_t position)
{
    const struct plan_position *at = &plan->positions[position];
    return at->is_never ? 0 : at->ahead - at->arrived;
}

/* What has to have been charged when control comes to a position. */
static int64_t needed(const struct plan *plan, uint32_t position)
{
    const struct plan_position *at = &plan->positions[position];
    return at->is_boundary ? at->arrived : at->ahead;
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

/* How far behind a br_if its label may be for what is between them to be something that is done now and then. */
#define ASIDE_STEPS 64u

/* Whether what a br_if jumps over makes a call and ends up at the label all the same: something that is done
 * now and then, such as freeing an object. (Ball and Larus, "Branch prediction for free", 1993: the call heuristic.) */
static bool jumps_over_call(const struct flow *flow, uint32_t from, uint32_t other)
{
    bool has_call = false;
    if (other <= from || other - from > ASIDE_STEPS)
        return false;
    for (uint32_t i = from + 1; i + 1 < other; i++) {
        uint16_t opcode = flow->steps[i].instruction.opcode;
        if (flow_is_jump(opcode))
            return false;
        has_call |= flow_is_call(opcode);
    }
    return has_call;
}

/* Of the two ways on from a step, the one that is charged in advance. */
static uint32_t favoured(const struct flow *flow, const struct plan *plan, uint32_t from,
                         enum plan_likely likely, uint32_t next, uint32_t other)
{
    const struct flow_step *step = &flow->steps[from];
    bool is_branch = step->instruction.opcode == WASM_OP_BR_IF;
    const struct flow_frame *target =
        is_branch ? &flow->frames[flow->targets[step->targets]] : NULL;
    if (is_never(plan, next))
        return other;
    if (is_never(plan, other))
        return next;
    if (is_branch && target->values > 0) /* its edge cannot be charged: the values are in the way */
        return other;
    if (likely != PLAN_UNKNOWN)
        return likely == PLAN_NEXT ? next : other;
    if (is_branch && target->is_loop)
        return other;
    if (plan->positions[next].is_cold != plan->positions[other].is_cold)
        return plan->positions[next].is_cold ? other : next;
    return is_branch && jumps_over_call(flow, from, other) ? other : next;
}

static void part(const struct flow *flow, struct plan *plan, uint32_t from, uint32_t cost,
                 enum plan_likely likely, uint32_t next, uint32_t other)
{
    follow(plan, from, cost, favoured(flow, plan, from, likely, next, other));
    plan->positions[from].is_cold =
        plan->positions[next].is_cold && other > from && plan->positions[other].is_cold;
}

static void stop(struct plan *plan, uint32_t from, int64_t cost)
{
    plan->positions[from].ahead = cost;
}

static void plan_step(const struct flow *flow, struct plan *plan, uint32_t i, uint32_t cost,
                      enum plan_likely likely)
{
    const struct flow_step *step = &flow->steps[i];
    switch (step->instruction.opcode) {
    case WASM_OP_UNREACHABLE:
        plan->positions[i].is_never = plan->positions[i].is_cold = true;
        break;
    case WASM_OP_RETURN:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
        stop(plan, i, cost);
        break;
    case WASM_OP_BR_TABLE:
        stop(plan, i, cost + plan->positions[i].carried);
        break;
    case WASM_OP_BR:
        follow(plan, i, cost, flow_label(flow, flow->targets[step->targets]));
        break;
    case WASM_OP_BR_IF:
        part(flow, plan, i, cost, likely, i + 1,
             flow_label(flow, flow->targets[step->targets]));
        break;
    case WASM_OP_IF:
        part(flow, plan, i, cost, likely, i + 1, plan_otherwise(flow, step->frame));
        break;
    case WASM_OP_ELSE: /* the end of the first arm */
        follow(plan, i, cost, flow->frames[step->frame].end + 1);
        break;
    default:
        follow(plan, i, cost, i + 1);
        break;
    }
}

/* Backwards: all edges but those to loops, which are boundaries, lead to later steps. */
static void plan_steps(const struct flow *flow, uint32_t imported_functions, const uint8_t *likely,
                       struct plan *plan)
{
    uint32_t branch = flow->branch_count;
    for (uint32_t i = flow->step_count; i-- > 0;) {
        uint16_t opcode = flow->steps[i].instruction.opcode;
        bool parts = opcode == WASM_OP_BR_IF || opcode == WASM_OP_IF;
        branch -= parts;
        plan_step(flow, plan, i, plan_cost(&flow->steps[i], imported_functions),
                  parts && likely != NULL ? (enum plan_likely)likely[branch] : PLAN_UNKNOWN);
    }
}

/* Finds, for each frame, the br_table that it is a label of; frames of two have to be arrived at with nothing
 * charged, and so have their br_tables. Returns how many br_tables there are. */
static uint32_t find_tables(const struct flow *flow, struct plan *plan)
{
    uint32_t count = 0;
    memset(plan->tables, 0, flow->frame_count * sizeof(*plan->tables));
    for (uint32_t i = 0; i < flow->step_count; i++) {
        const struct flow_step *step = &flow->steps[i];
        if (step->instruction.opcode != WASM_OP_BR_TABLE)
            continue;
        count++;
        plan->positions[i].carried = -1; /* may carry something; how much comes later */
        for (uint32_t k = 0; k < step->target_count; k++) {
            uint32_t frame = flow->targets[step->targets + k];
            uint32_t *table = &plan->tables[frame];
            if (*table != 0 && *table != i + 1)
                plan->positions[*table - 1].carried = plan->positions[i].carried = 0;
            if (flow->frames[frame].is_loop || frame == FLOW_FUNCTION)
                plan->positions[i].carried = 0;
            if (*table == 0)
                *table = i + 1;
        }
    }
    return count;
}

/* What it costs to get to the br_table `to` from the loop that leads straight to it; 0 if none does. */
static int64_t way_to(const struct flow *flow, const struct plan *plan, uint32_t imported_functions,
                      uint32_t to)
{
    uint32_t i = to;
    int64_t cost = plan_cost(&flow->steps[to], imported_functions);
    while (i > 0 && !plan->positions[i].is_boundary) {
        const struct flow_step *step = &flow->steps[--i];
        uint16_t opcode = step->instruction.opcode;
        if (flow_is_jump(opcode) || opcode == WASM_OP_IF || opcode == WASM_OP_ELSE ||
            opcode == WASM_OP_END)
            return 0;
        cost += plan_cost(step, imported_functions);
    }
    return i > 0 && flow->steps[i - 1].instruction.opcode == WASM_OP_LOOP ? cost : 0;
}

/* Lets br_tables at the heads of loops carry over what leads to them. */
static void carry_over(const struct flow *flow, uint32_t imported_functions, struct plan *plan)
{
    for (uint32_t i = 0; i < flow->step_count; i++)
        if (plan->positions[i].carried != 0)
            plan->positions[i].carried = -way_to(flow, plan, imported_functions, i);
    for (uint32_t frame = 0; frame < flow->frame_count; frame++)
        if (plan->tables[frame] != 0)
            plan->positions[flow_label(flow, frame)].arrived =
                plan->positions[plan->tables[frame] - 1].carried;
}

/* Room for `count` items of `bytes` bytes each. */
static pybox_status make_room(void **array, uint32_t *room, uint32_t count, size_t bytes)
{
    if (count <= *room)
        return PYBOX_OK;
    free(*array);
    *room = 0;
    *array = malloc(count * bytes);
    if (*array == NULL)
        return error_set_memory("a function's charges", count * bytes);
    *room = count;
    return PYBOX_OK;
}

pybox_status plan_make(const struct flow *flow, uint32_t imported_functions, const uint8_t *likely,
                       struct plan *plan)
{
    uint32_t count = flow->step_count + 1;
    pybox_status status =
        make_room((void **)&plan->positions, &plan->room, count, sizeof(*plan->positions));
    if (status == PYBOX_OK)
        status = make_room((void **)&plan->tables, &plan->table_room, flow->frame_count,
                           sizeof(*plan->tables));
    if (status != PYBOX_OK)
        return status;
    memset(plan->positions, 0, (size_t)count * sizeof(*plan->positions));
    mark_boundaries(flow, plan);
    if (find_tables(flow, plan) > 0)
        carry_over(flow, imported_functions, plan);
    plan_steps(flow, imported_functions, likely, plan);
    return PYBOX_OK;
}

void plan_free(struct plan *plan)
{
    free(plan->positions);
    free(plan->tables);
    *plan = (struct plan){0};
}
