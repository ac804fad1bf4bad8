/*
 * What wasm2c's output includes: the types and functions that generated C expects (wabt 1.0.36,
 * wasm2c/README.md), as pybox runs it. Written for exactly one configuration:
 *
 *   - x86-64 Linux, one 32-bit linear memory, reached through the gs segment base when clang
 *     compiles ("segue"), through memory->data otherwise;
 *   - no bounds checks at loads and stores: the memory lies in a reservation whose guard covers
 *     32-bit index + 32-bit offset + access size, and a fault there is a trap;
 *   - no stack depth counter: the native stack ends in a guard;
 *   - the host owns gs: generated code neither reads nor writes the segment base.
 *
 * Only module code includes this; module_abi.h is the contract with the host.
 */
#ifndef WASM_RT_H
#define WASM_RT_H

#include "module_abi.h"

#include <alloca.h>
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable

#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 0
#define WASM_RT_STACK_DEPTH_COUNT 0
#define WASM_RT_SANITY_CHECKS 0

/*
 * gcc cannot copy from and to __seg_gs pointers, so segue is clang's. The generated header reads
 * and writes the base with these two builtins, unconditionally; as one memory's base never changes
 * while its code runs, and the host sets it on entry and after each host call (host_call.S), both
 * become nothing. Writing it at each call costs more than segue gains.
 */
#if defined(__clang__)
#define WASM_RT_USE_SEGUE 1
#define __builtin_ia32_rdgsbase64() 0
#define __builtin_ia32_wrgsbase64(base) ((void)(base))
#else
#define WASM_RT_USE_SEGUE 0
#endif

/* Everything from here on, generated functions included, is private to the module. */
#pragma GCC visibility push(hidden)

/* Why code traps. The numbers are enum module_trap's. */
typedef enum {
    WASM_RT_TRAP_NONE = MODULE_TRAP_NONE,
    WASM_RT_TRAP_OOB = MODULE_TRAP_MEMORY,
    WASM_RT_TRAP_INT_OVERFLOW = MODULE_TRAP_INT_OVERFLOW,
    WASM_RT_TRAP_DIV_BY_ZERO = MODULE_TRAP_DIV_BY_ZERO,
    WASM_RT_TRAP_INVALID_CONVERSION = MODULE_TRAP_INVALID_CONVERSION,
    WASM_RT_TRAP_UNREACHABLE = MODULE_TRAP_UNREACHABLE,
    WASM_RT_TRAP_CALL_INDIRECT = MODULE_TRAP_CALL_INDIRECT,
    WASM_RT_TRAP_EXHAUSTION = MODULE_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

/* Ends the run. Only on the guest's stack; any other stack is a broken host. */
__attribute__((noreturn, cold)) void wasm_rt_trap(wasm_rt_trap_t code);

typedef enum {
    WASM_RT_I32,
    WASM_RT_I64,
    WASM_RT_F32,
    WASM_RT_F64,
    WASM_RT_V128,
    WASM_RT_FUNCREF,
    WASM_RT_EXTERNREF,
} wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);

/* A function in the form that a tail call needs: it leaves the next callee in *next. */
typedef struct wasm_rt_tailcallee_t {
    void (*fn)(void **instance, void *stack, struct wasm_rt_tailcallee_t *next);
} wasm_rt_tailcallee_t;

/* 32 bytes that name a function type: equal types, equal bytes. */
typedef const char *wasm_rt_func_type_t;

typedef struct {
    wasm_rt_func_type_t func_type;
    wasm_rt_function_ptr_t func;
    wasm_rt_tailcallee_t func_tailcallee;
    void *module_instance;
} wasm_rt_funcref_t;

#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})

/* No host puts anything but null in one: imports and exports have no reference types. */
typedef void *wasm_rt_externref_t;

#define wasm_rt_externref_null_value ((wasm_rt_externref_t)NULL)

typedef struct {
    uint8_t *data; /* env->memory_base */
    uint64_t pages;
    uint64_t max_pages;
    uint64_t size; /* in bytes; bulk operations check against it */
    struct module_env *env;
} wasm_rt_memory_t;

typedef struct {
    wasm_rt_funcref_t *data;
    uint32_t max_size;
    uint32_t size;
} wasm_rt_funcref_table_t;

typedef struct {
    wasm_rt_externref_t *data;
    uint32_t max_size;
    uint32_t size;
} wasm_rt_externref_table_t;

/* A table may not grow beyond this many elements: they are the host's memory. */
#define WASM_RT_TABLE_LIMIT 1000000u

/* The glue has set memory->env before. */
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages,
                             bool is64);
void wasm_rt_free_memory(wasm_rt_memory_t *memory);
/* The old number of pages, or UINT32_MAX if the module's maximum or the host refuses. */
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta);

/* The glue has allocated table->data before, for `elements` null elements, so that a lack of memory
 * is found where it can be returned. */
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements,
                                    uint32_t max_elements);
void wasm_rt_allocate_externref_table(wasm_rt_externref_table_t *table, uint32_t elements,
                                      uint32_t max_elements);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table);
void wasm_rt_free_externref_table(wasm_rt_externref_table_t *table);
/* The old number of elements, or UINT32_MAX if it cannot grow. */
uint32_t wasm_rt_grow_funcref_table(wasm_rt_funcref_table_t *table, uint32_t delta,
                                    wasm_rt_funcref_t value);
uint32_t wasm_rt_grow_externref_table(wasm_rt_externref_table_t *table, uint32_t delta,
                                      wasm_rt_externref_t value);

/*
 * Calls import `import` of the host: on the host's stack, with gs set again afterwards, and a trap
 * on this stack if env->stop is then set. In host_call.S.
 */
void host_call(struct module_env *env, uint32_t import, uint64_t *values);

/*
 * A fault counts as the guest's only in module code. Where module code calls a function of libc, or
 * the host's trap function, on the guest's stack, that function must not run into the stack's
 * guard: this touches the stack MODULE_STACK_RESERVE bytes further down first.
 */
static inline void wasm_rt_reserve_stack(void)
{
    __asm__ volatile("testb $0, -%c0(%%rsp)" : : "i"(MODULE_STACK_RESERVE) : "cc");
}

/*
 * The bulk operations of the generated code, after its range checks, as a libc call that is safe. They have been
 * paid for by then (charge_by); very long ones are done piece by piece, so that deadlines are kept.
 */
#define WASM_RT_BULK_BYTES ((size_t)1 << 20)

void wasm_rt_fill_long(struct module_env *env, uint8_t *destination, uint32_t value, size_t length);
void wasm_rt_move_long(struct module_env *env, uint8_t *destination, const uint8_t *source,
                       size_t length);

static inline void wasm_rt_fill(struct module_env *env, void *destination, uint32_t value,
                                size_t length)
{
    if (UNLIKELY(length > WASM_RT_BULK_BYTES)) {
        wasm_rt_fill_long(env, destination, value, length);
        return;
    }
    wasm_rt_reserve_stack();
    memset(destination, (int)value, length);
}

static inline void wasm_rt_move(struct module_env *env, void *destination, const void *source,
                                size_t length)
{
    if (UNLIKELY(length > WASM_RT_BULK_BYTES && env != NULL)) {
        wasm_rt_move_long(env, destination, source, length);
        return;
    }
    wasm_rt_reserve_stack();
    memmove(destination, source, length);
}

/* Whether two function types, 32 bytes each, differ. */
static inline int wasm_rt_types_differ(const char *a, const char *b)
{
    uint64_t x[4], y[4];
    __builtin_memcpy(x, a, sizeof(x));
    __builtin_memcpy(y, b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) != 0;
}

/* In wasm2c's memory_fill() and memory_copy(), whose memories are `mem` and `dest`; `dest` may also be a table, which is
 * copied in one piece. */
#define memset(destination, value, length) wasm_rt_fill(mem->env, destination, value, length)
#define memmove(destination, source, length)                                                       \
    wasm_rt_move(_Generic((dest), wasm_rt_memory_t *: ((wasm_rt_memory_t *)dest)->env,             \
                          default: (struct module_env *)NULL),                                     \
                 destination, source, length)
#define memcmp(a, b, length) wasm_rt_types_differ(a, b)

#endif
