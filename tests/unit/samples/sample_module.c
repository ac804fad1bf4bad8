/*
 * A native module written by hand, for tests of whatever loads and runs modules. What aot would
 * generate from wasm is C here, with accesses to linear memory through gs.
 */
#include <stddef.h>
#include <stdlib.h>

#include "module_abi.h"
#include "sample_module.h"

typedef struct sample_instance {
    struct module_env *env;
    uint64_t pages;
    uint32_t counter; /* global 0 */
    uint64_t ratio;   /* global 2 */
    void *table;
} sample_instance;

#define AT(type, address) (*(volatile type __seg_gs *)(uintptr_t)(address))

__attribute__((visibility("hidden"))) void host_call(struct module_env *env, uint32_t import,
                                                     uint64_t *values);
__attribute__((visibility("hidden"))) void wasm_rt_trap(uint32_t code);

static void (*trap_slot)(uint32_t code);

/* Called by host_call.S. */
void wasm_rt_trap(uint32_t code)
{
    trap_slot(code);
    __builtin_trap();
}

static void call_answer(void *instance, uint64_t *values)
{
    (void)instance;
    values[0] = 42;
}

static void call_empty(void *instance, uint64_t *values)
{
    (void)instance, (void)values;
}

static void call_add(void *instance, uint64_t *values)
{
    (void)instance;
    values[0] = (uint32_t)(values[0] + values[1]);
}

static void call_count(void *instance, uint64_t *values)
{
    values[0] = ++((sample_instance *)instance)->counter;
}

static void call_load(void *instance, uint64_t *values)
{
    (void)instance;
    values[0] = AT(uint32_t, values[0]);
}

static void call_store(void *instance, uint64_t *values)
{
    (void)instance;
    AT(uint32_t, values[0]) = (uint32_t)values[1];
}

static void call_load_host(void *instance, uint64_t *values)
{
    (void)instance;
    values[0] = *(volatile uint8_t *)values[0]; /* no wasm could */
}

__attribute__((noinline)) static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t frame[16];
    frame[depth % 16] = depth;
    return depth == 1 ? 1 : recurse(depth - 1) + (frame[depth % 16] == depth);
}

static void call_recurse(void *instance, uint64_t *values)
{
    (void)instance;
    values[0] = recurse(values[0]);
}

static void call_trap(void *instance, uint64_t *values)
{
    (void)instance;
    trap_slot((uint32_t)values[0]);
}

static void call_host(void *instance, uint64_t *values)
{
    host_call(((sample_instance *)instance)->env, (uint32_t)values[0], values + 1);
    values[0] = values[1];
}

static void call_host_loop(void *instance, uint64_t *values)
{
    for (uint64_t count = values[0]; count > 0; count--)
        host_call(((sample_instance *)instance)->env, SAMPLE_IMPORT_TWICE, values + 1);
}

static void call_grow(void *instance, uint64_t *values)
{
    host_call(((sample_instance *)instance)->env, MODULE_CALL_MEMORY_GROW, values);
}

static void call_spin(void *instance, uint64_t *values)
{
    (void)instance;
    AT(uint32_t, values[0]) = 1; /* it has begun */
    while (AT(uint32_t, values[0]) == 1)
        ;
}

static void call_control_words(void *instance, uint64_t *values)
{
    (void)instance;
    uint32_t mxcsr, changed = 0x7f80; /* round toward zero */
    uint16_t x87, changed_x87 = 0x0f7f;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(changed), "m"(changed_x87));
    values[0] = mxcsr;
    values[1] = x87;
    if (values[2] != 0)
        trap_slot((uint32_t)values[2]);
}

/* Takes every register for its own, returns or traps. */
void sample_clobber(void *instance, uint64_t *values);
/* With the stack pointer values[1] bytes above values[0], spins on a byte of memory until it is 2.
 */
void sample_sink(void *instance, uint64_t *values);
/* With the stack pointer values[1] bytes above values[0], calls a function of libc. */
void sample_edge(void *instance, uint64_t *values);

static int instantiate(void *storage, struct module_env *env, uint64_t pages)
{
    sample_instance *instance = storage;
    if (instance->env != NULL || instance->counter != 0)
        return -1; /* not zeroed */
    *instance =
        (sample_instance){.env = env, .pages = pages, .counter = 7, .ratio = 0x3ff8000000000000};
    instance->table = malloc(64);
    return instance->table != NULL ? 0 : -1;
}

static void release(void *storage)
{
    free(((sample_instance *)storage)->table);
}

static void set_memory_pages(void *storage, uint64_t pages)
{
    ((sample_instance *)storage)->pages = pages;
}

static void call_pages(void *instance, uint64_t *values)
{
    values[0] = ((sample_instance *)instance)->pages;
}

static const struct module_import imports[] = {SAMPLE_IMPORTS};

static const struct module_export exports[] = {
    {"answer", ":i", call_answer},
    {"empty", ":", call_empty},
    {"add", "ii:i", call_add},
    {"count", ":i", call_count},
    {"load", "I:i", call_load},
    {"store", "Ii:", call_store},
    {"load_host", "I:i", call_load_host},
    {"recurse", "I:I", call_recurse},
    {"trap", "i:", call_trap},
    {"host", "iI:I", call_host},
    {"host_loop", "II:", call_host_loop},
    {"grow", "I:I", call_grow},
    {"spin", "i:", call_spin},
    {"control_words", "IIi:II", call_control_words},
    {"pages", ":I", call_pages},
    {"clobber", "i:", sample_clobber},
    {"sink", "II:", sample_sink},
    {"edge", "II:", sample_edge},
};

static const struct module_global globals[] = {
    {0, 'i', offsetof(sample_instance, counter)},
    {2, 'F', offsetof(sample_instance, ratio)},
};

static const uint8_t text[] = "hello";
static const struct module_segment segments[] = {{16, 5, text}, {65536, 1, text}};

/* The linker's: the first section of code, and the end of the last. */
extern const uint8_t _init[] __attribute__((visibility("hidden")));
extern const uint8_t etext[] __attribute__((visibility("hidden")));

__attribute__((visibility("default"))) const struct module_descriptor pybox_module = {
    .abi = MODULE_ABI,
    .descriptor_bytes = sizeof(struct module_descriptor),
    .name = "sample",
    .hash = {SAMPLE_HASH},
    .instance_bytes = sizeof(sample_instance),
    .instantiate = instantiate,
    .release = release,
    .set_memory_pages = set_memory_pages,
    .memory_min_pages = 2,
    .memory_max_pages = 65536,
    .imports = imports,
    .exports = exports,
    .globals = globals,
    .segments = segments,
    .import_count = sizeof imports / sizeof *imports,
    .export_count = sizeof exports / sizeof *exports,
    .global_count = sizeof globals / sizeof *globals,
    .segment_count = sizeof segments / sizeof *segments,
    .start_export = -1,
    .trap = &trap_slot,
    .code_start = _init,
    .code_end = etext,
};
