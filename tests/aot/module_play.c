/*
 * module_play MODULE.so SCRIPT: calls a native module as the script says (play_script.h) and compares what it does.
 * A host of its own, written from loader/module_abi.h alone, so that a module is tested against the
 * contract and not against the runtime's reading of it.
 */
#include "module_abi.h"
#include "play_script.h"

#include <dlfcn.h>
#include <immintrin.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define RESERVED ((8ull << 30) + (1 << 20)) /* 32-bit index + 32-bit offset + access */
#define STACK_BYTES (1 << 20)
#define GUARD_BYTES (1 << 17)
#define FUEL ((int64_t)1 << 60)

static const struct module_descriptor *module;
static struct module_env env;
static void *instance;
static uint8_t *memory, *guest_stack, *host_stack;
static uint64_t memory_pages;
static int refuses_memory;
static ucontext_t host_context, guest_context;
static volatile uint32_t trap_code;
static int64_t fuel_used; /* by the last call */

static void *map(size_t length, int protection)
{
    void *at = mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        perror("module_play: mmap");
        exit(2);
    }
    return at;
}

/* ------------------------------------------------------------------------------------------
 * The host's side of the contract
 */

static void grow(uint64_t *values)
{
    uint64_t pages = memory_pages + values[0];
    if (refuses_memory || pages > 65536) {
        values[0] = UINT64_MAX;
        return;
    }
    mprotect(memory, pages << 16, PROT_READ | PROT_WRITE);
    values[0] = memory_pages;
    memory_pages = pages;
}

static void host_call(struct module_env *called, uint32_t number, uint64_t *values)
{
    char here;
    if (called != &env || &here < (char *)host_stack || &here > (char *)host_stack + STACK_BYTES ||
        ((uintptr_t)__builtin_frame_address(0) & 15) != 0)
        play_complain("host calls come with the environment, on the host's stack, aligned", "otherwise");
    _writegsbase_u64(0); /* as if another box had run */
    if (number == MODULE_CALL_MEMORY_GROW) {
        grow(values);
        return;
    }
    if (number == MODULE_CALL_FUEL) {
        if (env.fuel < 0)
            env.stop = MODULE_TRAP_LIMIT;
        return;
    }
    const struct module_import *import = &module->imports[number];
    char result = strchr(import->type, ':')[1];
    env.stop = play_import(true, import->module, import->name, import->type, values);
    if (result == 'i')
        values[0] |= 0xdeadull << 32; /* what is not of the result's type must not matter */
    else if (result == 0)
        values[0] = ~0ull;
    if (strcmp(import->name, "refuse") == 0)
        refuses_memory = 1;
}

/* What is left is in mm0 while module code runs. */
static void save_fuel(void)
{
    __asm__ volatile("movq %%mm0, %0\n\temms" : "=m"(env.fuel));
}

static void leave(uint32_t code)
{
    save_fuel();
    trap_code = code;
    setcontext(&host_context);
    abort();
}

static void leave_after_fault(void)
{
    leave(trap_code);
}

/* A fault in module code, at an address of the guest's, is a trap. Everything else ends the
 * program. */
static void fault(int number, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    const uint8_t *at = info->si_addr;
    const uint8_t *code = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP];
    int in_memory = at >= memory - MODULE_MEMORY_BEFORE && at < memory + RESERVED;
    int in_guard = at >= guest_stack && at < guest_stack + GUARD_BYTES;
    if (code < module->code_start || code >= module->code_end || (!in_memory && !in_guard)) {
        signal(number, SIG_DFL);
        return;
    }
    trap_code = in_memory ? MODULE_TRAP_MEMORY : MODULE_TRAP_EXHAUSTION;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)leave_after_fault;
    context->uc_mcontext.gregs[REG_RSP] =
        (greg_t)(uintptr_t)(guest_stack + GUARD_BYTES + STACK_BYTES - 8);
}

static const struct module_export *called_export;
static uint64_t called_values[PLAY_VALUES];

static void guest_main(void)
{
    _writegsbase_u64((uintptr_t)memory);
    __asm__ volatile("movq %0, %%mm0" : : "m"(env.fuel));
    called_export->call(instance, called_values);
    save_fuel();
}

/* 0, or the trap's code. */
static uint32_t call(const struct module_export *export, int64_t fuel)
{
    env.fuel = fuel;
    env.stop = 0;
    trap_code = 0;
    called_export = export;
    getcontext(&guest_context);
    guest_context.uc_stack.ss_sp = guest_stack + GUARD_BYTES;
    guest_context.uc_stack.ss_size = STACK_BYTES;
    guest_context.uc_link = &host_context;
    makecontext(&guest_context, guest_main, 0);
    swapcontext(&host_context, &guest_context);
    fuel_used = fuel - env.fuel;
    return trap_code;
}

static void reset(void *context)
{
    (void)context;
    if (instance != NULL) {
        module->release(instance);
        free(instance);
        munmap(memory - MODULE_MEMORY_BEFORE, MODULE_MEMORY_BEFORE + RESERVED);
    }
    memory = (uint8_t *)map(MODULE_MEMORY_BEFORE + RESERVED, PROT_NONE) + MODULE_MEMORY_BEFORE;
    memory_pages = module->memory_min_pages;
    mprotect(memory, memory_pages << 16, PROT_READ | PROT_WRITE);
    env.memory_base = memory;
    refuses_memory = 0;
    instance = aligned_alloc(16, (module->instance_bytes + 15) & ~15ull);
    memset(instance, 0, module->instance_bytes);
    if (module->instantiate(instance, &env, memory_pages) != 0)
        play_complain("instantiate", "out of memory");
    for (uint64_t i = 0; i < memory_pages << 16; i += 4096)
        if (memory[i] != 0)
            play_complain("instantiate leaves linear memory alone", "it wrote to it");
    for (uint32_t i = 0; i < module->segment_count; i++)
        memcpy(memory + module->segments[i].offset, module->segments[i].bytes,
               module->segments[i].length);
    fuel_used = 0;
    if (module->start_export >= 0)
        call(&module->exports[module->start_export], FUEL);
}

/* ------------------------------------------------------------------------------------------
 * What the script asks for
 */

static const struct module_export *find_export(const char *name)
{
    for (uint32_t i = 0; i < module->export_count; i++)
        if (strcmp(module->exports[i].name, name) == 0)
            return &module->exports[i];
    return NULL;
}

static const char *type_of(void *context, const char *export)
{
    (void)context;
    const struct module_export *found = find_export(export);
    return found == NULL ? NULL : found->type;
}

static uint32_t call_with(const char *export, uint64_t *values, int64_t fuel)
{
    memcpy(called_values, values, sizeof(called_values));
    uint32_t trap = call(find_export(export), fuel);
    memcpy(values, called_values, sizeof(called_values));
    return trap;
}

static uint32_t call_export(void *context, const char *export, uint64_t *values)
{
    (void)context;
    return call_with(export, values, FUEL);
}

static int64_t fuel(void *context)
{
    (void)context;
    return fuel_used;
}

static bool stops(void *context, int64_t fuel_there, const char *export, uint64_t *values,
                  int64_t *used)
{
    (void)context;
    uint32_t trap = call_with(export, values, fuel_there);
    *used = fuel_used;
    return trap == MODULE_TRAP_LIMIT;
}

static bool global(void *context, uint32_t index, char *type, uint64_t *value)
{
    (void)context;
    for (uint32_t i = 0; i < module->global_count; i++) {
        const struct module_global *found = &module->globals[i];
        if (found->index != index)
            continue;
        *type = found->type;
        *value = 0;
        memcpy(value, (char *)instance + found->offset,
               found->type == 'i' || found->type == 'f' ? 4 : 8);
        return true;
    }
    return false;
}

static const uint8_t *bytes(void *context, uint64_t at, size_t length)
{
    (void)context;
    uint64_t size = memory_pages << 16;
    return at <= size && length <= size - at ? memory + at : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: module_play MODULE.so SCRIPT\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    module = library != NULL ? dlsym(library, MODULE_SYMBOL) : NULL;
    if (module == NULL || module->abi != MODULE_ABI ||
        module->descriptor_bytes != sizeof(*module)) {
        fprintf(stderr, "module_play: %s\n",
                library == NULL ? dlerror() : "no module of this ABI");
        return 2;
    }
    static uint8_t signal_stack[65536];
    sigaltstack(&(stack_t){.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)}, NULL);
    struct sigaction action = {.sa_sigaction = fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    guest_stack = map(GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE);
    mprotect(guest_stack, GUARD_BYTES, PROT_NONE);
    host_stack = map(STACK_BYTES, PROT_READ | PROT_WRITE);
    env.host_stack = host_stack + STACK_BYTES;
    env.host_call = host_call;
    *module->trap = leave;
    const struct play_host host = {
        .reset = reset,
        .type = type_of,
        .call = call_export,
        .fuel = fuel,
        .stops = stops,
        .global = global,
        .bytes = bytes,
        .has_start = module->start_export >= 0 ? PLAY_YES : PLAY_NO,
        .is_savable = (module->flags & MODULE_FLAG_UNSAVABLE) == 0 ? PLAY_YES : PLAY_NO,
    };
    return play_script(argv[2], &host, NULL) > 0;
}
