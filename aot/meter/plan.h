/*
 * What a function body is charged, and where.
 *
 * The body is cut at its boundaries (METERING.md): positions where the counter must hold exactly what
 * has been executed. At a boundary the way to the next one is charged in advance, along the branches that
 * are likely; where a branch is taken that is not, the difference is charged on its edge, or given back.
 * So most branches cost nothing, and every path comes out exact.
 *
 * The edges of a br_table cannot be charged one by one, so each of its labels is a boundary. What it costs to get
 * from the boundary before to the br_table is charged with each label's own way on: an interpreter's
 * dispatch is then charged once for each instruction that it interprets.
 */
#ifndef PLAN_H
#define PLAN_H

#include "flow.h"

/* A position is the number of the step that comes next; flow.step_count is behind the last one. */
struct plan_position {
    int64_t ahead;    /* the price of the favoured way from here to the next boundary */
    int64_t arrived;  /* at a boundary: what has been charged of that when control comes here. 0, or at the labels
                         of a br_table, less: what led to the br_table is paid with what follows it */
    int64_t carried;  /* br_table: `arrived` of its labels */
    bool is_never;    /* every way from here to a boundary traps: nothing is charged for it */
    bool is_boundary;
    bool is_cold;     /* all ways from here trap in the end, calls and all */
};

struct plan {
    struct plan_position *positions;
    uint32_t *tables; /* by frame: the br_table that it is a label of, as a step + 1; or 0 */
    uint32_t room, table_room;
};

/* Plans the body in `flow`. Functions below imported_functions are imported. `likely` says for each branch (`br_if`
 * and `if`, in order) whether it is known which way it goes: PLAN_UNKNOWN, PLAN_NEXT (it goes on with the next
 * instruction) or PLAN_OTHER; NULL: nothing is known. What is in *plan is reused: zeroes the first time, plan_free()
 * at the end. Errors: NO_MEMORY. */
enum plan_likely { PLAN_UNKNOWN, PLAN_NEXT, PLAN_OTHER };
pybox_status plan_make(const struct flow *flow, uint32_t imported_functions, const uint8_t *likely,
                       struct plan *plan);

void plan_free(struct plan *plan);

/* What a step costs: its price, and that of the host's call. */
uint32_t plan_cost(const struct flow_step *step, uint32_t imported_functions);

/* What is charged at a boundary, for the way on. */
int64_t plan_at_boundary(const struct plan *plan, uint32_t position);

/* What is charged on the edge from step `from`, which costs `cost`, to position `to`: 0 on favoured ones. */
int64_t plan_on_edge(const struct plan *plan, uint32_t from, uint32_t cost, uint32_t to);

/* Where an `if` goes if its condition is 0: behind its `else`, or its `end`. */
uint32_t plan_otherwise(const struct flow *flow, uint32_t frame);

#endif
