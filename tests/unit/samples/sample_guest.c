/* See sample_guest.h. Its functions are guest code: they run on the guest's stack and reach linear memory through gs. */
#include "sample_guest.h"

#include <stddef.h>

#include "guest_abi.h"

#define GUEST_CODE __attribute__((section("sample_guest_code"), noinline))
#define AT(type, address) (*(volatile type __seg_gs *)(uintptr_t)(address))

/* Where things are in linear memory. */
enum {
    EVENT_AT = 256,
    VECTOR_AT = 512,
    REPLY_AT = 1024,
    WHERE_AT = 1152,
    TEXTS_AT = 2048,
    WHERE_TEXTS_AT = 8192,
    BYTES_AT = 16384,
    BUFFER_AT = 65536,
    BUFFER_BYTES = 65536,
    MEMORY_PAGES = 2,

    WORD_BYTES = 24,
};

enum { IMPORT_YIELD, IMPORT_POLL, IMPORT_WRITE, IMPORT_READ, IMPORT_EXIT, IMPORT_FUEL_USED,
       IMPORT_RENEW };

enum { STUCK_STOP = 1, STUCK_WHERE = 2, STUCK_BUFFER = 4, STUCK_FINISH = 8, IMPORT_WHERE = 16 };

struct sample_state {
    struct module_env *env;
    uint32_t at;   /* the next word's address */
    uint32_t line; /* of the word that is done */
    uint32_t told, told_last, deaf, quiet, stuck;
    uint64_t late;
};

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

/* What the metering pass would have put in. */
GUEST_CODE static void charge(struct sample_state *state, uint32_t amount)
{
    int64_t left;
    __asm__ volatile("movq %%mm0, %0" : "=r"(left));
    left -= amount;
    __asm__ volatile("movq %0, %%mm0" : : "r"(left) : "mm0");
    if (left < 0)
        host_call(state->env, MODULE_CALL_FUEL, NULL);
}

/* `count` loops, 0: for ever. 1 if it has been told to stop. */
GUEST_CODE static int spin(struct sample_state *state, uint64_t count)
{
    for (uint64_t i = 0; count == 0 || i < count; i++) {
        charge(state, 10);
        if (state->told != GUEST_STOP_NONE && !state->deaf)
            return 1;
    }
    return 0;
}

GUEST_CODE static void spin_for_ever(struct sample_state *state)
{
    for (;;)
        charge(state, 10);
}

GUEST_CODE static uint64_t import(struct sample_state *state, uint32_t number, uint64_t a, uint64_t b,
                                  uint64_t c, uint64_t d)
{
    uint64_t values[4] = {a, b, c, d};
    host_call(state->env, number, values);
    return values[0];
}

GUEST_CODE static void sleep_for(struct sample_state *state, uint64_t ns)
{
    for (uint32_t i = 0; i < 48; i += 4)
        AT(uint32_t, EVENT_AT + i) = 0;
    AT(uint32_t, EVENT_AT + 16) = 1; /* the monotonic clock, relative */
    AT(uint64_t, EVENT_AT + 24) = ns;
    import(state, IMPORT_POLL, EVENT_AT, EVENT_AT + 64, 1, VECTOR_AT);
}

GUEST_CODE static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t frame[16];
    frame[depth % 16] = depth;
    return depth == 1 ? 1 : recurse(depth - 1) + (frame[depth % 16] == depth);
}

/* ---- replies ---- */

GUEST_CODE static uint32_t put_text(uint32_t at, const char *text)
{
    uint32_t length = 0;
    while (text[length] != '\0') {
        AT(char, at + 4 + length) = text[length];
        length++;
    }
    AT(uint32_t, at) = length;
    return at + 4 + length;
}

GUEST_CODE static uint32_t put_number(uint32_t at, uint64_t number)
{
    char digits[21];
    int i = 20;
    digits[i] = '\0';
    do
        digits[--i] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    return put_text(at, digits + i);
}

GUEST_CODE static uint32_t put_reply(uint32_t at, uint32_t kind, uint32_t texts, uint32_t end)
{
    AT(uint32_t, at + offsetof(struct guest_reply, kind)) = kind;
    AT(uint32_t, at + offsetof(struct guest_reply, exit_code)) = 0;
    AT(uint32_t, at + offsetof(struct guest_reply, payload)) = texts;
    AT(uint32_t, at + offsetof(struct guest_reply, payload_bytes)) = end - texts;
    AT(uint32_t, at + offsetof(struct guest_reply, flags)) = 0;
    AT(uint32_t, at + offsetof(struct guest_reply, profile)) = BYTES_AT;
    AT(uint32_t, at + offsetof(struct guest_reply, profile_bytes)) = 2;
    AT(uint32_t, at + offsetof(struct guest_reply, value_kind)) = GUEST_VALUE_NONE;
    return at;
}

GUEST_CODE static uint32_t reply_value(uint64_t number)
{
    const uint32_t end = put_number(TEXTS_AT, number), last = put_text(end, "");
    put_reply(REPLY_AT, GUEST_REPLY_VALUE, TEXTS_AT, last);
    AT(uint32_t, REPLY_AT + offsetof(struct guest_reply, value)) = TEXTS_AT + (uint32_t)sizeof(uint32_t);
    AT(uint32_t, REPLY_AT + offsetof(struct guest_reply, value_bytes)) = end - TEXTS_AT - (uint32_t)sizeof(uint32_t);
    AT(uint32_t, REPLY_AT + offsetof(struct guest_reply, value_kind)) = GUEST_VALUE_JSON;
    return REPLY_AT;
}

/* Where it is: the reply of pybox_where. */
GUEST_CODE static uint32_t put_place(struct sample_state *state)
{
    uint32_t end = put_text(put_text(WHERE_TEXTS_AT, "<run>"), "f\n");
    return put_reply(WHERE_AT, GUEST_REPLY_WHERE, WHERE_TEXTS_AT, put_number(end, state->line));
}

GUEST_CODE static uint32_t reply_told(struct sample_state *state)
{
    static const char *const types[] = {"",
                                        "pybox.OutOfFuel",
                                        "pybox.DeadlineExceeded",
                                        "pybox.DeadlineExceeded",
                                        "pybox.Interrupted",
                                        "KeyboardInterrupt"};
    const char *type = types[state->told];
    state->told = GUEST_STOP_NONE;
    if (state->late > 0)
        spin(state, state->late);
    if (state->quiet)
        return put_reply(REPLY_AT, GUEST_REPLY_DONE, 0, 0);
    uint32_t end = put_text(TEXTS_AT, type);
    end = put_text(end, "");
    end = put_text(put_text(end, type), "7");
    end = put_text(put_text(put_text(end, type), "{}"), "hint");
    return put_reply(REPLY_AT, GUEST_REPLY_EXCEPTION, TEXTS_AT, end);
}

/* ---- the code ---- */

GUEST_CODE static int read_word(struct sample_state *state, char word[WORD_BYTES])
{
    int length = 0;
    while (AT(char, state->at) == ' ')
        state->at++;
    for (char c; (c = AT(char, state->at)) != ' ' && c != '\0' && length < WORD_BYTES - 1; state->at++)
        word[length++] = c;
    word[length] = '\0';
    return length;
}

GUEST_CODE static uint64_t read_number(struct sample_state *state)
{
    char word[WORD_BYTES];
    uint64_t number = 0;
    read_word(state, word);
    for (int i = 0; word[i] != '\0'; i++)
        number = number * 10 + (uint64_t)(word[i] - '0');
    return number;
}

GUEST_CODE static int is(const char *word, const char *other)
{
    while (*word != '\0' && *word == *other)
        word++, other++;
    return *word == *other;
}

GUEST_CODE static void become(struct sample_state *state, const char *word)
{
    char what[WORD_BYTES];
    if (is(word, "deaf")) {
        state->deaf = 1;
    } else if (is(word, "quiet")) {
        state->quiet = 1;
    } else if (is(word, "late")) {
        state->late = read_number(state);
    } else {
        read_word(state, what);
        state->stuck |= is(word, "import")    ? IMPORT_WHERE
                        : is(what, "stop")    ? STUCK_STOP
                        : is(what, "where")   ? STUCK_WHERE
                        : is(what, "buffer")  ? STUCK_BUFFER
                                              : STUCK_FINISH;
    }
}

GUEST_CODE static void use_stream(struct sample_state *state, int writing, uint32_t bytes)
{
    AT(uint32_t, VECTOR_AT) = BYTES_AT;
    AT(uint32_t, VECTOR_AT + 4) = bytes;
    import(state, writing ? IMPORT_WRITE : IMPORT_READ, (uint64_t)(writing != 0), VECTOR_AT, 1,
           VECTOR_AT + 8);
}

GUEST_CODE static void renew(struct sample_state *state)
{
    const uint64_t count = read_number(state), base = read_number(state), offset = read_number(state);
    const uint64_t bytes = read_number(state), epoch = read_number(state);
    for (uint64_t i = 0; i < count && state->told == GUEST_STOP_NONE; i++) {
        charge(state, RENEW_FUEL);
        import(state, IMPORT_RENEW, base, offset, bytes, epoch);
    }
}

/* Does a word. The address of the reply, or 0 to go on. */
GUEST_CODE static uint32_t do_word(struct sample_state *state, const char *word)
{
    charge(state, 1);
    if (is(word, "spin")) {
        spin(state, read_number(state));
    } else if (is(word, "sleep")) {
        sleep_for(state, read_number(state));
    } else if (is(word, "yield")) {
        for (uint64_t count = read_number(state); count > 0 && state->told == GUEST_STOP_NONE; count--)
            import(state, IMPORT_YIELD, 0, 0, 0, 0);
    } else if (is(word, "write")) {
        use_stream(state, 1, (uint32_t)read_number(state));
    } else if (is(word, "read")) {
        use_stream(state, 0, 1);
    } else if (is(word, "exit")) {
        import(state, IMPORT_EXIT, read_number(state), 0, 0, 0);
    } else if (is(word, "recurse")) {
        recurse(read_number(state));
    } else if (is(word, "fault")) {
        AT(uint8_t, (uint64_t)1 << 30) = 1;
    } else if (is(word, "used")) {
        return reply_value(import(state, IMPORT_FUEL_USED, 0, 0, 0, 0));
    } else if (is(word, "poke")) {
        const uint32_t address = (uint32_t)read_number(state);
        AT(uint32_t, address) = (uint32_t)read_number(state);
    } else if (is(word, "peek")) {
        return reply_value(AT(uint32_t, (uint32_t)read_number(state)));
    } else if (is(word, "renew")) {
        renew(state);
    } else if (is(word, "told")) {
        return reply_value(state->told_last);
    } else if (is(word, "place")) {
        return put_place(state);
    } else {
        become(state, word);
    }
    return 0;
}

/* ---- exports ---- */

GUEST_CODE static void call_run(void *instance, uint64_t *values)
{
    struct sample_state *state = instance;
    char word[WORD_BYTES];
    AT(uint16_t, BYTES_AT) = '{' | '}' << 8; /* the profile */
    state->at = BUFFER_AT;
    state->line = 0;
    uint32_t reply = 0;
    while (reply == 0 && read_word(state, word) > 0) {
        state->line++;
        reply = do_word(state, word);
        if (state->told != GUEST_STOP_NONE && !state->deaf)
            reply = reply_told(state);
    }
    values[0] = reply != 0 ? reply : put_reply(REPLY_AT, GUEST_REPLY_DONE, 0, 0);
}

GUEST_CODE static void call_nothing(void *instance, uint64_t *values)
{
    charge(instance, 5);
    values[0] = 0;
}

GUEST_CODE static void call_buffer(void *instance, uint64_t *values)
{
    struct sample_state *state = instance;
    if (state->stuck & STUCK_BUFFER)
        spin_for_ever(state);
    charge(state, 3);
    values[0] = values[0] <= BUFFER_BYTES ? BUFFER_AT : 0;
}

GUEST_CODE static void call_done(void *instance, uint64_t *values)
{
    struct sample_state *state = instance;
    charge(state, 2);
    if (state->stuck & STUCK_FINISH)
        spin_for_ever(state);
    values[0] = put_reply(REPLY_AT, GUEST_REPLY_DONE, 0, 0);
}

GUEST_CODE static void call_stop(void *instance, uint64_t *values)
{
    struct sample_state *state = instance;
    charge(state, 4);
    if (state->stuck & STUCK_STOP)
        spin_for_ever(state);
    state->told = state->told_last = (uint32_t)values[0];
}

GUEST_CODE static void call_where(void *instance, uint64_t *values)
{
    struct sample_state *state = instance;
    charge(state, 6);
    if (state->stuck & STUCK_WHERE)
        spin_for_ever(state);
    if (state->stuck & IMPORT_WHERE)
        import(state, IMPORT_YIELD, 0, 0, 0, 0);
    values[0] = put_place(state);
}

GUEST_CODE static void call_start(void *instance, uint64_t *values)
{
    (void)values;
    spin_for_ever(instance);
}

GUEST_CODE static int instantiate(void *storage, struct module_env *env, uint64_t pages)
{
    (void)pages;
    ((struct sample_state *)storage)->env = env;
    return 0;
}

GUEST_CODE static void release(void *storage)
{
    (void)storage;
}

GUEST_CODE static void set_memory_pages(void *storage, uint64_t pages)
{
    (void)storage, (void)pages;
}

static const struct module_import imports[] = {
    [IMPORT_YIELD] = {"wasi_snapshot_preview1", "sched_yield", ":i"},
    [IMPORT_POLL] = {"wasi_snapshot_preview1", "poll_oneoff", "iiii:i"},
    [IMPORT_WRITE] = {"wasi_snapshot_preview1", "fd_write", "iiii:i"},
    [IMPORT_READ] = {"wasi_snapshot_preview1", "fd_read", "iiii:i"},
    [IMPORT_EXIT] = {"wasi_snapshot_preview1", "proc_exit", "i:"},
    [IMPORT_FUEL_USED] = {GUEST_IMPORT_MODULE, GUEST_IMPORT_FUEL, ":I"},
    [IMPORT_RENEW] = {GUEST_IMPORT_MODULE, GUEST_IMPORT_RENEW, "iiii:"},
};

static const struct module_export exports[] = {
    {GUEST_EXPORT_START, ":i", call_nothing},
    {GUEST_EXPORT_BUFFER, "i:i", call_buffer},
    {GUEST_EXPORT_CONFIGURE, "i:i", call_done},
    {GUEST_EXPORT_RUN, "iii:i", call_run},
    {GUEST_EXPORT_FINISH, ":i", call_done},
    {GUEST_EXPORT_RESTORE, ":", call_nothing},
    {GUEST_EXPORT_SETTLE, ":", call_nothing},
    {GUEST_EXPORT_STOP, "i:", call_stop},
    {GUEST_EXPORT_WHERE, ":i", call_where},
};

static const struct module_export command_exports[] = {{"_start", ":", call_start}};

extern const uint8_t __start_sample_guest_code[] __attribute__((visibility("hidden")));
extern const uint8_t __stop_sample_guest_code[] __attribute__((visibility("hidden")));

#define DESCRIPTOR(version, list, count)                                                           \
    {                                                                                              \
        .abi = MODULE_ABI, .descriptor_bytes = sizeof(struct module_descriptor),                   \
        .name = "sample_guest", .hash = {1}, .metering = version,                                  \
        .instance_bytes = sizeof(struct sample_state), .instantiate = instantiate,                 \
        .release = release, .set_memory_pages = set_memory_pages,                                  \
        .memory_min_pages = MEMORY_PAGES, .memory_max_pages = MEMORY_PAGES, .imports = imports,    \
        .exports = list, .import_count = sizeof imports / sizeof *imports, .export_count = count,  \
        .start_export = -1, .trap = &trap_slot, .code_start = __start_sample_guest_code,           \
        .code_end = __stop_sample_guest_code,                                                      \
    }

#define EXPORT_COUNT (sizeof exports / sizeof *exports)

const struct module_descriptor sample_guest = DESCRIPTOR(1, exports, EXPORT_COUNT);
const struct module_descriptor sample_guest_untold = DESCRIPTOR(1, exports, EXPORT_COUNT - 2);
const struct module_descriptor sample_guest_plain = DESCRIPTOR(0, exports, EXPORT_COUNT);
const struct module_descriptor sample_guest_command = DESCRIPTOR(1, command_exports, 1);
