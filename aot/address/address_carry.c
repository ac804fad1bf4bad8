/* Sums that a loop carries from turn to turn: see address.h. */
#include "address.h"

/* How many operations between two turns are looked at, at most: what is longer waits for other things. */
#define MAX_STEPS 6

static bool is_add(LLVMValueRef value)
{
    return LLVMIsABinaryOperator(value) != NULL && LLVMGetInstructionOpcode(value) == LLVMAdd;
}

/* Whether `value` is arithmetic whose operands are worth following. */
static bool is_step(LLVMValueRef value)
{
    return LLVMIsABinaryOperator(value) != NULL || LLVMIsATruncInst(value) != NULL ||
           LLVMIsAZExtInst(value) != NULL || LLVMIsASExtInst(value) != NULL;
}

/* Whether `value` is computed from `phi` by at most `steps` operations, one behind the other. */
static bool comes_from(LLVMValueRef value, LLVMValueRef phi, int steps)
{
    if (value == phi)
        return true;
    if (steps == 0 || !is_step(value))
        return false;
    for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(value); i++)
        if (comes_from(LLVMGetOperand(value, i), phi, steps - 1))
            return true;
    return false;
}

/* The one operand of `value` that comes from `phi`, by its number, or -1 if none does, or several. */
static int carried_operand(LLVMValueRef value, LLVMValueRef phi, int steps)
{
    int found = -1;
    for (int i = 0; i < LLVMGetNumOperands(value); i++)
        if (comes_from(LLVMGetOperand(value, (unsigned)i), phi, steps)) {
            if (found >= 0)
                return -1;
            found = i;
        }
    return found;
}

static bool used_once(LLVMValueRef value)
{
    LLVMUseRef use = LLVMGetFirstUse(value);
    return use != NULL && LLVMGetNextUse(use) == NULL;
}

/* (carried + x) + y becomes carried + (x + y); the new sum, or NULL. */
static LLVMValueRef shorten(LLVMValueRef sum, int carried, LLVMValueRef phi, int steps, LLVMBuilderRef builder)
{
    LLVMValueRef inner = LLVMGetOperand(sum, (unsigned)carried);
    if (!is_add(sum) || !is_add(inner) || !used_once(inner) ||
        LLVMGetInstructionParent(inner) != LLVMGetInstructionParent(sum))
        return NULL;
    int deeper = carried_operand(inner, phi, steps - 1);
    if (deeper < 0)
        return NULL;
    LLVMValueRef x = LLVMGetOperand(inner, !deeper), y = LLVMGetOperand(sum, !carried);
    if (LLVMIsAConstant(y) != NULL) /* x + constant would need a register; now it may be part of an address */
        return NULL;
    LLVMPositionBuilderBefore(builder, sum);
    LLVMValueRef apart = LLVMBuildAdd(builder, x, y, "");
    LLVMValueRef shorter = LLVMBuildAdd(builder, LLVMGetOperand(inner, (unsigned)deeper), apart, "");
    LLVMReplaceAllUsesWith(sum, shorter);
    LLVMInstructionEraseFromParent(sum);
    LLVMInstructionEraseFromParent(inner);
    return shorter;
}

static size_t shorten_way(LLVMValueRef value, LLVMValueRef phi, LLVMBuilderRef builder)
{
    size_t count = 0;
    for (int steps = MAX_STEPS; steps > 0 && value != phi && is_step(value); steps--) {
        int carried = carried_operand(value, phi, steps - 1);
        if (carried < 0)
            break;
        for (LLVMValueRef shorter; (shorter = shorten(value, carried, phi, steps - 1, builder)) != NULL; count++) {
            value = shorter;
            carried = 0; /* where shorten() puts it */
        }
        value = LLVMGetOperand(value, (unsigned)carried);
    }
    return count;
}

size_t address_carry(LLVMValueRef function, LLVMBuilderRef builder)
{
    size_t count = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef phi = LLVMGetFirstInstruction(block); phi != NULL && LLVMIsAPHINode(phi) != NULL;
             phi = LLVMGetNextInstruction(phi))
            for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
                count += shorten_way(LLVMGetIncomingValue(phi, i), phi, builder);
    return count;
}
