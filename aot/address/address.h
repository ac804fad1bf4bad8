/*
 * What makes a guest's addresses cheap on x86-64, on LLVM's intermediate form, after its optimiser and before its
 * code generator.
 *
 * A guest's pointer has 32 bits, and an access needs 64. LLVM keeps pointers in 32 bits where they live longer than
 * a block, and copies them at each use, to be sure of the upper half (a register move); and it computes `pointer -
 * 4` on its own, as the 32-bit sum might wrap, where the processor could subtract in the access itself.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "module_abi.h"

#include <llvm-c/Core.h>
#include <stdbool.h>
#include <stddef.h>

struct address_types {
    LLVMTypeRef narrow, wide; /* i32, i64 */
};

/*
 * An access at `pointer + C` and perhaps an offset, the sum in 32 bits and C between -MODULE_MEMORY_BEFORE and -1,
 * has its sum in 64 bits instead, so that it becomes part of the instruction. It differs from WebAssembly where
 * pointer + C is below 0. That would wrap to the last 64 KiB of 4 GiB, which no memory has (MEMORY_MAX_PAGES), and
 * fault. Now the address is below the memory, where nothing is, and faults, too; or the offset takes it to 0 or
 * above, and it is an access to the guest's own first 64 KiB. (Functions that run over the start of a stack that
 * comes first in memory: they fault with the first access that is below it.) Returns how many.
 */
size_t address_fold(LLVMValueRef function, const struct address_types *types, LLVMBuilderRef builder);

/*
 * What is 32 bits wide and serves as an address somewhere is kept 64 bits wide, with an upper half of zeroes, from
 * where it is made; what needs its lower half takes that, which costs nothing. Returns how many values, or SIZE_MAX
 * if there is no memory.
 */
size_t address_widen(LLVMValueRef function, const struct address_types *types, LLVMBuilderRef builder);

/*
 * No address, but as cheap to mend here: where a loop carries a sum from turn to turn, (carried + x) + y, which is what
 * LLVM's optimiser makes of `carry += x + y`, becomes carried + (x + y), so that each turn waits for one addition of
 * the turn before it, not for two. Returns how many.
 */
size_t address_carry(LLVMValueRef function, LLVMBuilderRef builder);

#endif
