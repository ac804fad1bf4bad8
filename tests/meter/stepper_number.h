/* Numbers as WebAssembly has them (chapter 4.3), where C leaves something open. Values are u64 slots: i32 zero-extended,
 * floats by their bits. */
#ifndef STEPPER_NUMBER_H
#define STEPPER_NUMBER_H

#include "module_abi.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline float number_f32(uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float value;
    memcpy(&value, &half, sizeof(value));
    return value;
}

static inline double number_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint64_t number_of_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline uint64_t number_of_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline uint32_t number_rotl32(uint32_t x, uint32_t by)
{
    by &= 31;
    return x << by | x >> ((32 - by) & 31);
}

static inline uint64_t number_rotl64(uint64_t x, uint64_t by)
{
    by &= 63;
    return x << by | x >> ((64 - by) & 63);
}

/* Rounding makes a signalling NaN quiet, which compilers do not promise. */
#define NUMBER_ROUND(x, function) (isnan(x) ? (x) + (x) : function(x))

/* A NaN operand gives a quiet NaN; -0 is less than 0. */
#define NUMBER_EXTREMES(type)                                                                      \
    static inline type number_min_##type(type x, type y)                                           \
    {                                                                                              \
        if (isnan(x) || isnan(y))                                                                  \
            return x + y;                                                                          \
        if (x == y)                                                                                \
            return signbit(x) ? x : y;                                                             \
        return x < y ? x : y;                                                                      \
    }                                                                                              \
    static inline type number_max_##type(type x, type y)                                           \
    {                                                                                              \
        if (isnan(x) || isnan(y))                                                                  \
            return x + y;                                                                          \
        if (x == y)                                                                                \
            return signbit(x) ? y : x;                                                             \
        return x > y ? x : y;                                                                      \
    }
NUMBER_EXTREMES(float)
NUMBER_EXTREMES(double)
#undef NUMBER_EXTREMES

/* The targets of a truncation: which doubles have a truncated value that fits. Every float is a double. */
static inline bool number_fits_i32(double x)
{
    return x > -2147483649.0 && x < 2147483648.0;
}

static inline bool number_fits_u32(double x)
{
    return x > -1.0 && x < 4294967296.0;
}

static inline bool number_fits_i64(double x)
{
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0;
}

static inline bool number_fits_u64(double x)
{
    return x > -1.0 && x < 18446744073709551616.0;
}

/* 0, or the trap that truncating x ends with. */
static inline uint32_t number_truncation_trap(double x, bool fits)
{
    return isnan(x) ? MODULE_TRAP_INVALID_CONVERSION : fits ? 0 : MODULE_TRAP_INT_OVERFLOW;
}

static inline int32_t number_saturate_i32(double x)
{
    return isnan(x) ? 0 : number_fits_i32(x) ? (int32_t)x : x < 0 ? INT32_MIN : INT32_MAX;
}

static inline uint32_t number_saturate_u32(double x)
{
    return isnan(x) ? 0 : number_fits_u32(x) ? (uint32_t)x : x < 0 ? 0 : UINT32_MAX;
}

static inline int64_t number_saturate_i64(double x)
{
    return isnan(x) ? 0 : number_fits_i64(x) ? (int64_t)x : x < 0 ? INT64_MIN : INT64_MAX;
}

static inline uint64_t number_saturate_u64(double x)
{
    return isnan(x) ? 0 : number_fits_u64(x) ? (uint64_t)x : x < 0 ? 0 : UINT64_MAX;
}

#endif
