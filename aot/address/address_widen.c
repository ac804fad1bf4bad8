#include "address.h"

#include <stdint.h>
#include <stdlib.h>

/* A value of 32 bits and its wide form. */
struct pair {
    LLVMValueRef narrow, wide;
    LLVMBasicBlockRef home; /* where it is made */
};

struct widening {
    LLVMValueRef function;
    const struct address_types *types;
    LLVMBuilderRef builder;
    struct pair *pairs; /* in the order in which they were found, so that the result is always the same */
    uint32_t *places;   /* hash table: 0, or the number of a pair + 1 */
    LLVMValueRef *users; /* of one value */
    size_t count, room, place_count, user_room;
    bool failed; /* no memory */
};

static void *grown(struct widening *w, void *array, size_t count, size_t bytes)
{
    void *more = realloc(array, count * bytes);
    w->failed |= more == NULL;
    return more != NULL ? more : array;
}

static size_t place_of(const struct widening *w, LLVMValueRef value)
{
    size_t at = (size_t)(((uintptr_t)value >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20) % w->place_count;
    while (w->places[at] != 0 && w->pairs[w->places[at] - 1].narrow != value)
        at = (at + 1) % w->place_count;
    return at;
}

static LLVMValueRef wide_of(const struct widening *w, LLVMValueRef value)
{
    uint32_t place = w->place_count > 0 ? w->places[place_of(w, value)] : 0;
    return place != 0 ? w->pairs[place - 1].wide : NULL;
}

static bool make_room(struct widening *w)
{
    if (w->count < w->room)
        return true;
    size_t room = w->room > 0 ? w->room * 2 : 256;
    struct pair *pairs = grown(w, w->pairs, room, sizeof(*pairs));
    uint32_t *places = calloc(room * 2, sizeof(*places));
    w->pairs = pairs;
    w->failed |= places == NULL;
    if (w->failed) {
        free(places);
        return false;
    }
    free(w->places);
    w->places = places;
    w->room = room;
    w->place_count = room * 2;
    for (size_t i = 0; i < w->count; i++)
        w->places[place_of(w, w->pairs[i].narrow)] = (uint32_t)i + 1;
    return true;
}

static LLVMValueRef first_behind_phis(LLVMValueRef instruction)
{
    while (LLVMIsAPHINode(instruction) != NULL)
        instruction = LLVMGetNextInstruction(instruction);
    return instruction;
}

/* The wide form of a value that is no constant: a phi of its own without incoming values yet, or an extension right
 * behind where the value is made. */
static LLVMValueRef make_wide(struct widening *w, LLVMValueRef value)
{
    if (!make_room(w))
        return NULL;
    struct pair pair = {.narrow = value};
    if (LLVMIsAPHINode(value) != NULL) {
        pair.home = LLVMGetInstructionParent(value);
        LLVMPositionBuilderBefore(w->builder, value);
        pair.wide = LLVMBuildPhi(w->builder, w->types->wide, "");
    } else {
        bool is_argument = LLVMIsAArgument(value) != NULL;
        pair.home = is_argument ? LLVMGetEntryBasicBlock(w->function) : LLVMGetInstructionParent(value);
        LLVMPositionBuilderBefore(w->builder, first_behind_phis(is_argument ? LLVMGetFirstInstruction(pair.home)
                                                                            : LLVMGetNextInstruction(value)));
        pair.wide = LLVMBuildZExt(w->builder, value, w->types->wide, "");
    }
    w->pairs[w->count] = pair;
    w->places[place_of(w, value)] = (uint32_t)++w->count;
    return pair.wide;
}

static LLVMValueRef widened(struct widening *w, LLVMValueRef value)
{
    LLVMValueRef wide = wide_of(w, value);
    return wide != NULL ? wide : make_wide(w, value);
}

/* What comes into a phi, at the end of the block that it comes from. */
static LLVMValueRef widened_incoming(struct widening *w, LLVMValueRef value, LLVMBasicBlockRef from)
{
    if (LLVMIsAConstant(value) == NULL)
        return widened(w, value);
    LLVMPositionBuilderBefore(w->builder, LLVMGetBasicBlockTerminator(from));
    return LLVMBuildZExt(w->builder, value, w->types->wide, ""); /* a constant again, as far as it is a number */
}

static void replace_extension(struct widening *w, LLVMValueRef extension)
{
    LLVMValueRef value = LLVMGetOperand(extension, 0);
    if (LLVMIsAConstant(value) != NULL)
        return;
    LLVMValueRef wide = widened(w, value);
    if (wide == NULL)
        return;
    LLVMReplaceAllUsesWith(extension, wide);
    LLVMInstructionEraseFromParent(extension);
}

static void replace_extensions(struct widening *w)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(w->function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block), next; at != NULL; at = next) {
            next = LLVMGetNextInstruction(at);
            if (LLVMIsAZExtInst(at) != NULL && LLVMTypeOf(at) == w->types->wide &&
                LLVMTypeOf(LLVMGetOperand(at, 0)) == w->types->narrow && wide_of(w, LLVMGetOperand(at, 0)) != at)
                replace_extension(w, at);
        }
}

/* The phis that take a wide value take it wide: else they would need a copy of its own of it. */
static void widen_users(struct widening *w, LLVMValueRef value)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL && !w->failed; use = LLVMGetNextUse(use))
        if (LLVMIsAPHINode(LLVMGetUser(use)) != NULL && LLVMTypeOf(LLVMGetUser(use)) == w->types->narrow)
            widened(w, LLVMGetUser(use));
}

/* The list grows while it is worked off: phis lead to phis. */
static void fill_phis(struct widening *w)
{
    for (size_t i = 0; i < w->count && !w->failed; i++) {
        LLVMValueRef phi = w->pairs[i].narrow, wide = w->pairs[i].wide;
        widen_users(w, phi);
        if (LLVMIsAPHINode(phi) == NULL)
            continue;
        unsigned count = LLVMCountIncoming(phi);
        for (unsigned k = 0; k < count && !w->failed; k++) {
            LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, k);
            LLVMValueRef in = widened_incoming(w, LLVMGetIncomingValue(phi, k), from);
            if (in != NULL)
                LLVMAddIncoming(wide, &in, &from, 1);
        }
    }
}

static size_t find_users(struct widening *w, LLVMValueRef value)
{
    size_t count = 0;
    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL && !w->failed; use = LLVMGetNextUse(use)) {
        if (count == w->user_room) {
            w->user_room = w->user_room > 0 ? w->user_room * 2 : 64;
            w->users = grown(w, w->users, w->user_room, sizeof(LLVMValueRef));
        }
        if (!w->failed)
            w->users[count++] = LLVMGetUser(use);
    }
    return count;
}

/* The lower half of a wide value, at the start of a block; one for each block that needs it. */
static LLVMValueRef narrow_in(struct widening *w, const struct pair *pair, LLVMBasicBlockRef block)
{
    LLVMValueRef at = first_behind_phis(LLVMGetFirstInstruction(block));
    if (LLVMIsATruncInst(at) != NULL && LLVMGetOperand(at, 0) == pair->wide)
        return at;
    LLVMPositionBuilderBefore(w->builder, at);
    return LLVMBuildTrunc(w->builder, pair->wide, w->types->narrow, "");
}

/* Uses of the narrow value in other blocks, and all of a phi, take the lower half of the wide one: so only one of the
 * two lives from block to block. */
static void narrow_uses(struct widening *w, const struct pair *pair)
{
    bool is_phi = LLVMIsAPHINode(pair->narrow) != NULL;
    size_t count = find_users(w, pair->narrow);
    for (size_t i = 0; i < count && !w->failed; i++) {
        LLVMValueRef user = w->users[i];
        if (user == pair->wide || LLVMIsAPHINode(user) != NULL) /* phis are all wide by now, and these will be gone */
            continue;
        int operands = LLVMGetNumOperands(user);
        for (int k = 0; k < operands; k++) {
            if (LLVMGetOperand(user, (unsigned)k) != pair->narrow)
                continue;
            LLVMBasicBlockRef block = LLVMGetInstructionParent(user);
            if (is_phi || block != pair->home)
                LLVMSetOperand(user, (unsigned)k, narrow_in(w, pair, block));
        }
    }
}

/* Nobody but each other uses the phis that have a wide form. */
static void remove_phis(struct widening *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (LLVMIsAPHINode(w->pairs[i].narrow) != NULL)
            LLVMReplaceAllUsesWith(w->pairs[i].narrow, LLVMGetUndef(w->types->narrow));
    for (size_t i = 0; i < w->count; i++)
        if (LLVMIsAPHINode(w->pairs[i].narrow) != NULL)
            LLVMInstructionEraseFromParent(w->pairs[i].narrow);
}

/* invoke and callbr: behind them is no place for an extension. wasm2c's C has none. */
static bool has_values_of_terminators(LLVMValueRef function)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetBasicBlockTerminator(block))) != LLVMVoidTypeKind)
            return true;
    return false;
}

size_t address_widen(LLVMValueRef function, const struct address_types *types, LLVMBuilderRef builder)
{
    struct widening w = {.function = function, .types = types, .builder = builder};
    if (has_values_of_terminators(function))
        return 0;
    replace_extensions(&w);
    fill_phis(&w);
    for (size_t i = 0; i < w.count && !w.failed; i++)
        narrow_uses(&w, &w.pairs[i]);
    if (!w.failed)
        remove_phis(&w);
    free(w.pairs);
    free(w.places);
    free(w.users);
    return w.failed ? SIZE_MAX : w.count;
}
