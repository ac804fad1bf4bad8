/*
 * The hooks of the metering pass (aot/meter/METERING.md) as generated code executes them. Included at the end of
 * wasm2c's header, so that calls of the imported hooks become these few instructions.
 *
 * The counter is the MMX register mm0 (module_abi.h). Neither gcc nor clang uses MMX registers by itself in
 * code for x86-64, so the counter takes no general register away, no call has to pass it on, and one charge
 * is one instruction, a subtraction from memory that is constant. bench/SPEED.md has figures, bench/fuel those of other
 * places for the counter: METER_COUNTER_MEMORY keeps it in the environment, to compare with.
 *
 * The slow path (meter_empty, in module_meter.S) preserves all registers, and the compiler is not told that it
 * touches memory: what the host changes there (the request to stop) is looked at after a call at the
 * earliest.
 */
#ifndef MODULE_METER_H
#define MODULE_METER_H

/* Charges up to this many units, either way, come from a table of constants. */
#define METER_AMOUNTS 512

#ifndef __ASSEMBLER__

#include "module_rt.h"

/* METER_AMOUNTS is at [METER_AMOUNTS], and so on. */
extern const int64_t meter_amounts[2 * METER_AMOUNTS + 1];

/* Where hooks are called, the instance is at hand; loading what stands for the host would be one load more. */
#define METER_ENV (((struct instance *)instance)->env)

static inline __attribute__((always_inline)) int64_t meter_take(struct module_env *env)
{
    int64_t left;
#ifdef METER_COUNTER_MEMORY
    left = *(volatile int64_t *)&env->fuel; /* meter_empty changes it */
#else
    (void)env;
    __asm__ volatile("movq %%mm0, %0" : "=r"(left));
#endif
    return left;
}

static inline __attribute__((always_inline)) void meter_give(struct module_env *env, int64_t left)
{
#ifdef METER_COUNTER_MEMORY
    *(volatile int64_t *)&env->fuel = left;
#else
    (void)env;
    __asm__ volatile("movq %0, %%mm0" : : "r"(left));
#endif
}

static inline __attribute__((always_inline)) void meter_charge(struct module_env *env,
                                                               int64_t amount)
{
#ifdef METER_COUNTER_MEMORY
    *(volatile int64_t *)&env->fuel -= amount;
#else
    (void)env;
    if (amount >= -METER_AMOUNTS && amount <= METER_AMOUNTS)
        __asm__ volatile("psubq %0, %%mm0" : : "m"(meter_amounts[amount + METER_AMOUNTS]));
    else
        __asm__ volatile("movq %0, %%mm1\n\tpsubq %%mm1, %%mm0" : : "r"(amount));
#endif
}

/* The same on an edge that is not likely to be taken. The comment in the asm statement is how build-module finds it, to
 * tell clang so. */
static inline __attribute__((always_inline)) void meter_adjust(struct module_env *env,
                                                               int64_t amount)
{
#ifdef METER_COUNTER_MEMORY
    *(volatile int64_t *)&env->fuel -= amount;
#else
    (void)env;
    if (amount >= -METER_AMOUNTS && amount <= METER_AMOUNTS)
        __asm__ volatile("psubq %0, %%mm0 # unlikely"
                         :
                         : "m"(meter_amounts[amount + METER_AMOUNTS]));
    else
        __asm__ volatile("movq %0, %%mm1\n\tpsubq %%mm1, %%mm0 # unlikely" : : "r"(amount));
#endif
}

/* The slow path. Below the red zone, which a function that calls nothing uses. */
static inline __attribute__((always_inline)) void meter_ask(w2c_guest *instance)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "callq meter_empty\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     :
                     : "D"(METER_ENV)
                     : "cc");
}

static inline __attribute__((always_inline)) void meter_check(w2c_guest *instance)
{
    if (UNLIKELY(meter_take(METER_ENV) < 0))
        meter_ask(instance);
}

/* The price of `count` of something (METERING.md). */
static inline int64_t meter_amount(uint32_t count, uint32_t price)
{
    return (int64_t)((uint64_t)count * price >> 4);
}

static inline __attribute__((always_inline)) void meter_charge_by(w2c_guest *instance,
                                                                  uint32_t count, uint32_t price)
{
    meter_give(METER_ENV, meter_take(METER_ENV) - meter_amount(count, price));
    meter_check(instance);
}

#define w2c_host_charge(host, amount) meter_charge(METER_ENV, (int64_t)(amount))
#define w2c_host_adjust(host, amount) meter_adjust(METER_ENV, (int64_t)(amount))
#define w2c_host_check(host) meter_check(instance)
#define w2c_host_charge_by(host, count, price) meter_charge_by(instance, count, price)
#define w2c_host_take(host) ((u64)meter_take(METER_ENV))
#define w2c_host_give(host, left) meter_give(METER_ENV, (int64_t)(left))

/*
 * The same for a function that counts much more often than it calls (aot/counter.awk): the counter is in a local
 * variable, and in its usual place while anything else is called. At a fault in between, what was charged since the
 * last call, or since the slice began, is not known.
 */
#define METER_ENTER int64_t meter_left = meter_take(METER_ENV)
#define METER_LEAVE meter_give(METER_ENV, meter_left)
#define METER_AROUND(...)                                                                          \
    do {                                                                                           \
        METER_LEAVE;                                                                               \
        __VA_ARGS__                                                                                \
        meter_left = meter_take(METER_ENV);                                                        \
    } while (0);

#define meter_local_charge(host, amount) (meter_left -= (int64_t)(amount))
#define meter_local_adjust(host, amount)                                                           \
    do {                                                                                           \
        __asm__ volatile("# unlikely");                                                            \
        meter_left -= (int64_t)(amount);                                                           \
    } while (0)
#define meter_local_check(host)                                                                    \
    do {                                                                                           \
        if (UNLIKELY(meter_left < 0))                                                              \
            METER_AROUND(meter_ask(instance);)                                                     \
    } while (0)
#define meter_local_charge_by(host, count, price)                                                  \
    do {                                                                                           \
        meter_left -= meter_amount((uint32_t)(count), (uint32_t)(price));                          \
        meter_local_check(host);                                                                   \
    } while (0)
#define meter_local_take(host) ((u64)meter_left)
#define meter_local_give(host, left) (meter_left = (int64_t)(left))

#endif
#endif
