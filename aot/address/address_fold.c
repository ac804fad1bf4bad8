#include "address.h"

#include <stdint.h>

#define GUEST_SPACE 256 /* of pointers relative to gs */

/* The operand of a zero extension from 32 to 64 bits, or NULL. */
static LLVMValueRef extended(LLVMValueRef value, const struct address_types *types)
{
    if (LLVMIsAZExtInst(value) == NULL || LLVMTypeOf(value) != types->wide)
        return NULL;
    LLVMValueRef narrow = LLVMGetOperand(value, 0);
    return LLVMTypeOf(narrow) == types->narrow ? narrow : NULL;
}

/* Whether `value` is x + constant, with a constant that may be folded. */
static bool is_below(LLVMValueRef value)
{
    if (LLVMIsABinaryOperator(value) == NULL || LLVMGetInstructionOpcode(value) != LLVMAdd)
        return false;
    LLVMValueRef constant = LLVMGetOperand(value, 1);
    if (LLVMIsAConstantInt(constant) == NULL || LLVMIsAConstant(LLVMGetOperand(value, 0)) != NULL)
        return false;
    long long amount = LLVMConstIntGetSExtValue(constant);
    return amount < 0 && amount >= -MODULE_MEMORY_BEFORE;
}

/* Takes a constant that is added in 64 bits off *address: the access's own offset. */
static long long take_offset(LLVMValueRef *address)
{
    LLVMValueRef sum = *address;
    if (LLVMIsABinaryOperator(sum) == NULL || LLVMGetInstructionOpcode(sum) != LLVMAdd ||
        LLVMIsAConstantInt(LLVMGetOperand(sum, 1)) == NULL)
        return 0;
    *address = LLVMGetOperand(sum, 0);
    return LLVMConstIntGetSExtValue(LLVMGetOperand(sum, 1));
}

static bool fold(LLVMValueRef access, const struct address_types *types, LLVMBuilderRef builder)
{
    LLVMValueRef address = LLVMGetOperand(access, 0);
    long long offset = take_offset(&address);
    LLVMValueRef sum = extended(address, types);
    if (sum == NULL || !is_below(sum) || offset < 0 || offset > UINT32_MAX ||
        LLVMGetPointerAddressSpace(LLVMTypeOf(access)) != GUEST_SPACE)
        return false;
    offset += LLVMConstIntGetSExtValue(LLVMGetOperand(sum, 1));
    LLVMPositionBuilderBefore(builder, access);
    LLVMValueRef wide = LLVMBuildZExt(builder, LLVMGetOperand(sum, 0), types->wide, "");
    LLVMValueRef constant = LLVMConstInt(types->wide, (unsigned long long)offset, true);
    LLVMSetOperand(access, 0, LLVMBuildAdd(builder, wide, constant, ""));
    return true;
}

size_t address_fold(LLVMValueRef function, const struct address_types *types, LLVMBuilderRef builder)
{
    size_t count = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = LLVMGetNextInstruction(at))
            count += LLVMIsAIntToPtrInst(at) != NULL && fold(at, types, builder);
    return count;
}
