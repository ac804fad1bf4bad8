/*
 * module_play MODULE.so SCRIPT: calls a native module as the script says and compares what it does.
 * A host of its own, written from loader/module_abi.h alone, so that a module is tested against the
 * contract and not against the runtime's reading of it.
 *
 * A script's lines:
 *   NAME ARG... = RESULT       a call; without a result nothing stands behind the =
 *   NAME ARG... ! TRAP         a call that traps: memory, divide, overflow, conversion,
 * unreachable, indirect, exhaustion, or a number > MODULE.NAME ARG... = R   the import that the
 * last call called; lines in that order, all of them global INDEX = VALUE       a mutable global
 *   bytes OFFSET TEXT          linear memory holds TEXT there
 *   start = yes | no           whether there is a start function (it was called before the first
 * line) savable = yes | no         the module's flag reset                      a new instance,
 * with new memory, started # ...                      a remark Numbers are decimal or 0x...; floats
 * as strtod reads them, "nan" is any NaN. An import returns the sum of its arguments; one named
 * stop sets the trap code to its argument; one named grow refuses memory from then on.
 */
#include "module_abi.h"

#include <dlfcn.h>
#include <immintrin.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define RESERVED ((8ull << 30) + (1 << 20)) /* 32-bit index + 32-bit offset + access */
#define STACK_BYTES (1 << 20)
#define GUARD_BYTES (1 << 17)

static const struct module_descriptor *module;
static struct module_env env;
static void *instance;
static uint8_t *memory, *guest_stack, *host_stack;
static uint64_t memory_pages;
static int refuses_memory;
static ucontext_t host_context, guest_context;
static volatile uint32_t trap_code;
static char import_log[65536];
static int line_number, failures;

static void *map(size_t length, int protection)
{
    void *at = mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        perror("module_play: mmap");
        exit(2);
    }
    return at;
}

static void complain(const char *what, const char *found)
{
    fprintf(stderr, "line %d: %s; found: %s\n", line_number, what, found);
    failures++;
}

/* ------------------------------------------------------------------------------------------
 * Values as text
 */

static void print_value(char type, uint64_t value, char *text, size_t room)
{
    float single;
    double number;
    memcpy(&single, &value, sizeof(single));
    memcpy(&number, &value, sizeof(number));
    if (type == 'i')
        snprintf(text, room, "%d%s", (int32_t)value,
                 value >> 32 != 0 ? " (not zero-extended)" : "");
    else if (type == 'I')
        snprintf(text, room, "%lld", (long long)value);
    else
        snprintf(text, room, "%.17g", type == 'f' ? (double)single : number);
}

static uint64_t parse_value(char type, const char *text)
{
    uint64_t bits = 0;
    double number = strtod(text, NULL);
    float single = strtof(text, NULL);
    if (type == 'f')
        memcpy(&bits, &single, sizeof(single));
    else if (type == 'F')
        memcpy(&bits, &number, sizeof(number));
    else
        bits = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 0) : strtoull(text, NULL, 0);
    return type == 'i' ? (uint32_t)bits : bits;
}

static int same_value(char type, uint64_t value, const char *expected)
{
    char text[64];
    print_value(type, value, text, sizeof(text));
    if (strcmp(expected, "nan") == 0 || strcmp(expected, "-nan") == 0)
        return strstr(text, "nan") != NULL;
    return value == parse_value(type, expected);
}

/* ------------------------------------------------------------------------------------------
 * The host's side of the contract
 */

static void log_import(const struct module_import *import, const uint64_t *values)
{
    size_t used = strlen(import_log);
    char text[64];
    used += (size_t)snprintf(import_log + used, sizeof(import_log) - used, "> %s.%s",
                             import->module, import->name);
    for (size_t i = 0; import->type[i] != ':'; i++) {
        print_value(import->type[i], values[i], text, sizeof(text));
        used += (size_t)snprintf(import_log + used, sizeof(import_log) - used, " %s", text);
    }
    snprintf(import_log + used, sizeof(import_log) - used, "\n");
}

/* Import results: the sum of the arguments, in the type of the result. */
static void answer_import(const struct module_import *import, uint64_t *values)
{
    double sum = 0;
    size_t i;
    for (i = 0; import->type[i] != ':'; i++) {
        float single;
        double number;
        memcpy(&single, &values[i], sizeof(single));
        memcpy(&number, &values[i], sizeof(number));
        switch (import->type[i]) {
        case 'i':
            sum += (int32_t)values[i];
            break;
        case 'I':
            sum += (double)(int64_t)values[i];
            break;
        default:
            sum += import->type[i] == 'f' ? (double)single : number;
        }
    }
    float single = (float)sum;
    values[0] = ~0ull; /* what is not of the result's type must not matter */
    switch (import->type[i + 1]) {
    case 'i':
        values[0] = (0xdeadull << 32) | (uint32_t)(int32_t)sum;
        break;
    case 'I':
        values[0] = (uint64_t)(int64_t)sum;
        break;
    case 'f':
        memcpy(values, &single, sizeof(single));
        break;
    case 'F':
        memcpy(values, &sum, sizeof(sum));
        break;
    }
}

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
        complain("host calls come with the environment, on the host's stack, aligned", "otherwise");
    _writegsbase_u64(0); /* as if another box had run */
    if (number == MODULE_CALL_MEMORY_GROW) {
        grow(values);
        return;
    }
    const struct module_import *import = &module->imports[number];
    uint64_t argument = values[0];
    log_import(import, values);
    answer_import(import, values);
    if (strcmp(import->name, "stop") == 0)
        env.stop = (uint32_t)argument;
    if (strcmp(import->name, "refuse") == 0)
        refuses_memory = 1;
}

static void leave(uint32_t code)
{
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
    int in_memory = at >= memory && at < memory + RESERVED;
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
static uint64_t called_values[64];

static void guest_main(void)
{
    _writegsbase_u64((uintptr_t)memory);
    called_export->call(instance, called_values);
}

/* 0, or the trap's code. */
static uint32_t call(const struct module_export *export)
{
    import_log[0] = 0;
    env.stop = 0;
    trap_code = 0;
    called_export = export;
    getcontext(&guest_context);
    guest_context.uc_stack.ss_sp = guest_stack + GUARD_BYTES;
    guest_context.uc_stack.ss_size = STACK_BYTES;
    guest_context.uc_link = &host_context;
    makecontext(&guest_context, guest_main, 0);
    swapcontext(&host_context, &guest_context);
    return trap_code;
}

static void reset(void)
{
    if (instance != NULL) {
        module->release(instance);
        free(instance);
        munmap(memory, RESERVED);
    }
    memory = map(RESERVED, PROT_NONE);
    memory_pages = module->memory_min_pages;
    mprotect(memory, memory_pages << 16, PROT_READ | PROT_WRITE);
    env.memory_base = memory;
    refuses_memory = 0;
    instance = aligned_alloc(16, (module->instance_bytes + 15) & ~15ull);
    memset(instance, 0, module->instance_bytes);
    if (module->instantiate(instance, &env, memory_pages) != 0)
        complain("instantiate", "out of memory");
    for (uint64_t i = 0; i < memory_pages << 16; i += 4096)
        if (memory[i] != 0)
            complain("instantiate leaves linear memory alone", "it wrote to it");
    for (uint32_t i = 0; i < module->segment_count; i++)
        memcpy(memory + module->segments[i].offset, module->segments[i].bytes,
               module->segments[i].length);
    if (module->start_export >= 0)
        call(&module->exports[module->start_export]);
}

/* ------------------------------------------------------------------------------------------
 * The script
 */

static uint32_t trap_number(const char *text)
{
    static const char *const names[] = {NULL,         "memory",      "overflow", "divide",
                                        "conversion", "unreachable", "indirect", NULL,
                                        NULL,         "exhaustion"};
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i] != NULL && strcmp(names[i], text) == 0)
            return i;
    return (uint32_t)strtoul(text, NULL, 0);
}

static const struct module_export *find_export(const char *name)
{
    for (uint32_t i = 0; i < module->export_count; i++)
        if (strcmp(module->exports[i].name, name) == 0)
            return &module->exports[i];
    return NULL;
}

/* `word` is the first one; strtok goes on with the others. */
static void play_call(const char *word)
{
    const struct module_export *export = find_export(word);
    if (export == NULL) {
        complain(word, "no such export");
        return;
    }
    size_t count = 0;
    for (; export->type[count] != ':'; count++) {
        const char *argument = strtok(NULL, " ");
        called_values[count] = argument == NULL ? 0 : parse_value(export->type[count], argument);
    }
    const char *sign = strtok(NULL, " "), *expected = strtok(NULL, " ");
    char result_type = export->type[count + 1], found[80];
    uint32_t code = call(export);
    if (sign == NULL || (sign[0] == '!' && expected == NULL)) {
        complain("expected = or !", "neither");
    } else if (sign[0] == '!') {
        snprintf(found, sizeof(found), "trap %u", code);
        if (code != trap_number(expected))
            complain(expected, found);
    } else if (code != 0) {
        snprintf(found, sizeof(found), "trap %u", code);
        complain(word, found);
    } else if (result_type != 0 &&
               (expected == NULL || !same_value(result_type, called_values[0], expected))) {
        print_value(result_type, called_values[0], found, sizeof(found));
        complain(expected == NULL ? "a result" : expected, found);
    }
}

static void play_global(uint32_t index, const char *expected)
{
    for (uint32_t i = 0; i < module->global_count; i++) {
        const struct module_global *global = &module->globals[i];
        uint64_t value = 0;
        if (global->index != index)
            continue;
        memcpy(&value, (char *)instance + global->offset,
               global->type == 'i' || global->type == 'f' ? 4 : 8);
        if (!same_value(global->type, value, expected)) {
            char found[64];
            print_value(global->type, value, found, sizeof(found));
            complain(expected, found);
        }
        return;
    }
    complain("a mutable global", "no such one");
}

static void check_yes(const char *what, int found, const char *expected)
{
    if (expected == NULL || found != (strcmp(expected, "yes") == 0))
        complain(what, found ? "yes" : "no");
}

static void play_line(char *line)
{
    static char whole[1024];
    line[strcspn(line, "\n")] = 0;
    snprintf(whole, sizeof(whole), "%.1000s\n", line);
    char *word = strtok(line, " ");
    if (word == NULL || word[0] == '#')
        return;
    if (word[0] == '>') {
        size_t length = strlen(whole);
        if (strncmp(import_log, whole, length) != 0)
            complain(whole, import_log);
        else
            memmove(import_log, import_log + length, strlen(import_log + length) + 1);
        return;
    }
    if (import_log[0] != 0)
        complain("no more calls of imports", import_log);
    import_log[0] = 0;
    if (strcmp(word, "reset") == 0) {
        reset();
    } else if (strcmp(word, "global") == 0) {
        uint32_t index = (uint32_t)strtoul(strtok(NULL, " "), NULL, 0);
        strtok(NULL, " ");
        play_global(index, strtok(NULL, " "));
    } else if (strcmp(word, "bytes") == 0) {
        uint32_t offset = (uint32_t)strtoul(strtok(NULL, " "), NULL, 0);
        const char *text = strtok(NULL, "");
        if (memcmp(memory + offset, text, strlen(text)) != 0)
            complain(text, "other bytes");
    } else if (strcmp(word, "start") == 0) {
        strtok(NULL, " ");
        check_yes("start", module->start_export >= 0, strtok(NULL, " "));
    } else if (strcmp(word, "savable") == 0) {
        strtok(NULL, " ");
        check_yes("savable", (module->flags & MODULE_FLAG_UNSAVABLE) == 0, strtok(NULL, " "));
    } else {
        play_call(word);
    }
}

int main(int argc, char **argv)
{
    char line[1024];
    if (argc != 3) {
        fprintf(stderr, "usage: module_play MODULE.so SCRIPT\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    module = library != NULL ? dlsym(library, MODULE_SYMBOL) : NULL;
    FILE *script = fopen(argv[2], "r");
    if (module == NULL || script == NULL || module->abi != MODULE_ABI ||
        module->descriptor_bytes != sizeof(*module)) {
        fprintf(stderr, "module_play: %s\n",
                library == NULL ? dlerror() : "no module or no script");
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
    reset();
    for (line_number = 1; fgets(line, sizeof(line), script) != NULL; line_number++)
        play_line(line);
    fclose(script);
    printf("%s: %d lines, %d failures\n", argv[2], line_number - 1, failures);
    return failures > 0;
}
