/* The cost table (costs.def) as functions. */
#ifndef COSTS_H
#define COSTS_H

#include <stdint.h>

/* The price of an instruction, by its opcode (wasm_code.h). */
uint32_t cost_of(uint16_t opcode);

/* Its price by count, in sixteenths of a unit, or 0. The count is the operand on top of the stack. */
uint32_t cost_by_count(uint16_t opcode);

/* What a call of an imported function costs on top of the call. */
uint32_t cost_of_host_call(void);

/* SHA-256 of the table: of every opcode's prices, in order, and that of host calls. */
void cost_table_hash(uint8_t hash[32]);

#endif
