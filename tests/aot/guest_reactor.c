/* A reactor as a C compiler makes them: every type of argument in and out, data, a table, a stack pointer. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))

IMPORT(mix) int64_t mix(int32_t a, int64_t b, float c, double d);
IMPORT(half) float half(float a);
IMPORT(twice) double twice(double a);
IMPORT(plain) int32_t plain(int32_t a);
IMPORT(nothing) void nothing(void);
IMPORT(stop) int32_t stop(int32_t code);
IMPORT(refuse) void refuse(void);

static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
int (*volatile operations[3])(int, int) = {add, sub, 0};
int counter = 40;
const char text[] = "hello from the data segment";
int zeroes[20000];

EXPORT(count) int count(int n) { return counter += n; }
EXPORT(text_at) const char *text_at(void) { return text; }
EXPORT(text_byte) int text_byte(int i) { return text[i]; }
EXPORT(zero_sum) int zero_sum(void)
{
    int sum = 0;
    for (int i = 0; i < 20000; i++)
        sum += zeroes[i];
    return sum;
}
EXPORT(call_mix) int64_t call_mix(int32_t a, int64_t b, float c, double d) { return mix(a, b, c, d); }
EXPORT(call_half) float call_half(float a) { return half(a) / 2; }
EXPORT(call_twice) double call_twice(double a) { return twice(a) * 2; }
EXPORT(call_plain) int call_plain(int a) { nothing(); return plain(a) + counter; }
EXPORT(call_stop) int call_stop(int code) { stop(code); return counter += 1000; }
EXPORT(call_refuse) void call_refuse(void) { refuse(); }
EXPORT(operate) int operate(int which, int a, int b) { return operations[which](a, b); }
EXPORT(bad_type) int bad_type(void) { return ((int (*)(void))operations[0])(); }
/* The table holds imports too. */
EXPORT(through_pointer) double through_pointer(int which, double a)
{
    double (*volatile pointers[2])(double) = {twice, call_twice};
    return pointers[which](a);
}
EXPORT(divide) int divide(int a, int b) { return a / b; }
EXPORT(load) int load(uint32_t at) { return *(volatile int *)at; }
EXPORT(load_far) int load_far(uint32_t at) { return ((volatile int *)at)[0x1fffffff]; }
EXPORT(store) void store(uint32_t at, int v) { *(volatile int *)at = v; }
EXPORT(fill) void fill(uint32_t at, int v, uint32_t n) { __builtin_memset((void *)at, v, n); }
EXPORT(move) void move(uint32_t to, uint32_t from, uint32_t n)
{
    __builtin_memmove((void *)to, (void *)from, n);
}
/* A loop that a compiler would like to turn into memset(), past the end of memory. */
EXPORT(clear_loop) void clear_loop(uint32_t at, uint32_t n)
{
    char *to = (char *)at;
    for (uint32_t i = 0; i < n; i++)
        to[i] = 0;
}
EXPORT(grow) int grow(int pages) { return __builtin_wasm_memory_grow(0, pages); }
EXPORT(size) int size(void) { return __builtin_wasm_memory_size(0); }
EXPORT(unreachable) void unreachable(void) { __builtin_trap(); }
/* No compiler finds a loop in these. */
EXPORT(recurse) int recurse(int n) { return n == 0 ? 0 : (recurse(n - 1) * 3) ^ n; }
/* Ends the native stack in a call of libc. */
EXPORT(recurse_fill) int recurse_fill(int n)
{
    __builtin_memset(zeroes, 0, (unsigned)n & 0xff);
    return n < 0 ? 0 : (recurse_fill(n + 1) * 3) ^ n;
}
EXPORT(round_up) double round_up(double a) { return __builtin_ceil(a); }
EXPORT(round_even) double round_even(double a) { return __builtin_rint(a); }
EXPORT(root) double root(double a) { return __builtin_sqrt(a); }
EXPORT(ones) int ones(uint64_t a) { return __builtin_popcountll(a); }
EXPORT(truncate) int truncate(double a) { return __builtin_wasm_trunc_s_i32_f64(a); }
EXPORT(saturate) int saturate(double a) { return __builtin_wasm_trunc_saturate_s_i32_f64(a); }
EXPORT(add_f) double add_f(float a, double b) { return a + b; }
