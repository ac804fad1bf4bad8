#include "play_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct play_host *host;
static const char *script_path;
static int line_number, failures;
static FILE *copy;
static char import_log[65536];
static uint64_t values[PLAY_VALUES];

void play_complain(const char *what, const char *found)
{
    fprintf(stderr, "%s:%d: %s; found: %s\n", script_path, line_number, what, found);
    failures++;
}

/* ------------------------------------------------------------------------------------------
 * Values as text
 */

static float float_of(uint64_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void print_value(char type, uint64_t value, char *text, size_t room)
{
    if (type == 'i')
        snprintf(text, room, "%d%s", (int32_t)value,
                 value >> 32 != 0 ? " (not zero-extended)" : "");
    else if (type == 'I')
        snprintf(text, room, "%lld", (long long)value);
    else
        snprintf(text, room, "%.17g", type == 'f' ? (double)float_of(value) : double_of(value));
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

static bool same_value(char type, uint64_t value, const char *expected)
{
    char text[64];
    print_value(type, value, text, sizeof(text));
    if (strcmp(expected, "nan") == 0 || strcmp(expected, "-nan") == 0)
        return strstr(text, "nan") != NULL;
    return value == parse_value(type, expected);
}

/* ------------------------------------------------------------------------------------------
 * Imports
 */

static void log_import(const char *module, const char *name, const char *type,
                       const uint64_t *arguments)
{
    size_t used = strlen(import_log);
    char text[64];
    if (used > sizeof(import_log) / 2)
        return;
    used += (size_t)snprintf(import_log + used, sizeof(import_log) - used, "> %s.%s", module, name);
    for (size_t i = 0; type[i] != ':'; i++) {
        print_value(type[i], arguments[i], text, sizeof(text));
        used += (size_t)snprintf(import_log + used, sizeof(import_log) - used, " %s", text);
    }
    snprintf(import_log + used, sizeof(import_log) - used, "\n");
}

/* The sum of the arguments, in the type of the result. */
static uint64_t answer(const char *type, const uint64_t *arguments)
{
    double sum = 0;
    for (; *type != ':'; type++, arguments++)
        sum += *type == 'i'   ? (double)(int32_t)*arguments
               : *type == 'I' ? (double)(int64_t)*arguments
               : *type == 'f' ? (double)float_of(*arguments)
                              : double_of(*arguments);
    float single = (float)sum;
    uint64_t result = 0;
    switch (type[1]) {
    case 'i':
        return (uint32_t)(int32_t)sum;
    case 'I':
        return (uint64_t)(int64_t)sum;
    case 'f':
        memcpy(&result, &single, sizeof(single));
        return result;
    default:
        memcpy(&result, &sum, sizeof(sum));
        return result;
    }
}

uint32_t play_import(bool log, const char *module, const char *name, const char *type,
                     uint64_t *arguments)
{
    uint32_t first = (uint32_t)arguments[0];
    if (log)
        log_import(module, name, type, arguments);
    arguments[0] = answer(type, arguments);
    return strcmp(name, "stop") == 0 ? first : 0;
}

/* ------------------------------------------------------------------------------------------
 * Lines
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

/* Takes the next words of the line as arguments. Returns the results' types (until it is called again), or NULL if there
 * is no such export. */
static const char *take_arguments(const char *export)
{
    static char type[2 * PLAY_VALUES + 2];
    const char *found = host->type(host->context, export);
    size_t i;
    if (found == NULL) {
        play_complain(export, "no such export");
        return NULL;
    }
    snprintf(type, sizeof(type), "%s", found);
    for (i = 0; type[i] != ':' && i < PLAY_VALUES; i++) {
        const char *argument = strtok(NULL, " ");
        values[i] = argument == NULL ? 0 : parse_value(type[i], argument);
    }
    return type + i + 1;
}

static void check_results(const char *types)
{
    char found[80];
    for (uint32_t i = 0; types[i] != 0 && i < PLAY_VALUES; i++) {
        const char *expected = strtok(NULL, " ");
        if (expected != NULL && same_value(types[i], values[i], expected))
            continue;
        print_value(types[i], values[i], found, sizeof(found));
        play_complain(expected == NULL ? "a result" : expected, found);
    }
}

/* For those who play the copy. How deep calls can go, only each of them knows. */
static void note_fuel(uint32_t trap)
{
    if (copy != NULL && trap != trap_number("exhaustion"))
        fprintf(copy, "fuel %lld\n", (long long)host->fuel(host->context));
}

static void play_call(const char *export)
{
    const char *results = take_arguments(export), *sign = strtok(NULL, " ");
    char found[32];
    if (results == NULL)
        return;
    uint32_t trap = host->call(host->context, export, values);
    const char *expected = sign != NULL && sign[0] == '!' ? strtok(NULL, " ") : NULL;
    if (expected == NULL || strtok(NULL, " ") == NULL)
        note_fuel(trap);
    if (sign == NULL || (sign[0] == '!' && expected == NULL)) {
        play_complain("expected = or !", "neither");
    } else if (trap != (expected == NULL ? 0 : trap_number(expected))) {
        snprintf(found, sizeof(found), "trap %u", trap);
        play_complain(expected == NULL ? export : expected, found);
    } else if (trap == 0) {
        check_results(results);
    }
}

static void play_global(uint32_t index, const char *expected)
{
    char type, found[64];
    uint64_t value;
    if (!host->global(host->context, index, &type, &value)) {
        play_complain("a global", "no such one");
    } else if (!same_value(type, value, expected)) {
        print_value(type, value, found, sizeof(found));
        play_complain(expected, found);
    }
}

static void play_fuel(const char *expected)
{
    char found[32];
    int64_t fuel = host->fuel(host->context);
    snprintf(found, sizeof(found), "%lld units of fuel", (long long)fuel);
    if (expected == NULL || fuel != strtoll(expected, NULL, 0))
        play_complain(expected == NULL ? "a number" : expected, found);
}

static void play_stops(const char *text, const char *export)
{
    int64_t fuel = text == NULL ? 0 : strtoll(text, NULL, 0), used;
    char found[64];
    if (text == NULL || export == NULL || take_arguments(export) == NULL) {
        play_complain("stops FUEL NAME ARG...", "not that");
        return;
    }
    host->reset(host->context);
    bool is_stopped = host->stops(host->context, fuel, export, values, &used);
    if (!is_stopped || used <= fuel || used > fuel + PLAY_OVERSHOOT) {
        snprintf(found, sizeof(found), "%s after %lld units", is_stopped ? "stopped" : "at its end",
                 (long long)used);
        play_complain("stopped for want of fuel, in time", found);
    }
    host->reset(host->context);
    import_log[0] = 0;
}

/* "= yes" or "= no" */
static void play_question(const char *what, enum play_answer found)
{
    const char *sign = strtok(NULL, " "), *expected = strtok(NULL, " ");
    if (sign == NULL || expected == NULL)
        play_complain("= yes or = no", "neither");
    else if (found != PLAY_UNKNOWN && found != (strcmp(expected, "yes") == 0 ? PLAY_YES : PLAY_NO))
        play_complain(what, found == PLAY_YES ? "yes" : "no");
}

/* Moves what the line says out of the log. */
static void play_log(const char *whole)
{
    size_t length = strlen(whole);
    if (strncmp(import_log, whole, length) != 0)
        play_complain(whole, import_log);
    else
        memmove(import_log, import_log + length, strlen(import_log + length) + 1);
}

static void play_bytes(uint64_t at, const char *text)
{
    const uint8_t *found = host->bytes(host->context, at, strlen(text));
    if (found == NULL || memcmp(found, text, strlen(text)) != 0)
        play_complain(text, found == NULL ? "the end of memory" : "other bytes");
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
        play_log(whole);
        return;
    }
    if (strcmp(word, "fuel") == 0) { /* of the call whose imports are still to come */
        play_fuel(strtok(NULL, " "));
        return;
    }
    if (import_log[0] != 0)
        play_complain("no more calls of imports", import_log);
    import_log[0] = 0;
    if (strcmp(word, "reset") == 0) {
        host->reset(host->context);
    } else if (strcmp(word, "stops") == 0) {
        const char *fuel = strtok(NULL, " ");
        play_stops(fuel, strtok(NULL, " "));
    } else if (strcmp(word, "global") == 0) {
        uint32_t index = (uint32_t)strtoul(strtok(NULL, " "), NULL, 0);
        strtok(NULL, " ");
        play_global(index, strtok(NULL, " "));
    } else if (strcmp(word, "bytes") == 0) {
        uint64_t at = strtoull(strtok(NULL, " "), NULL, 0);
        play_bytes(at, strtok(NULL, ""));
    } else if (strcmp(word, "start") == 0) {
        play_question(word, host->has_start);
    } else if (strcmp(word, "savable") == 0) {
        play_question(word, host->is_savable);
    } else {
        play_call(word);
    }
}

int play_script(const char *path, const struct play_host *played, const char *copy_path)
{
    char line[1024];
    FILE *script = fopen(path, "r");
    host = played;
    script_path = path;
    failures = line_number = 0;
    copy = script != NULL && copy_path != NULL ? fopen(copy_path, "w") : NULL;
    if (script == NULL || (copy_path != NULL && copy == NULL)) {
        play_complain("a script and a place for its copy", strerror(errno));
    } else {
        host->reset(host->context);
        import_log[0] = 0;
        for (line_number = 1; fgets(line, sizeof(line), script) != NULL; line_number++) {
            if (copy != NULL)
                fputs(line, copy);
            play_line(line);
        }
        printf("%s: %d lines, %d failures\n", path, line_number - 1, failures);
    }
    if (script != NULL)
        fclose(script);
    if (copy != NULL && fclose(copy) != 0)
        play_complain("a copy", strerror(errno));
    copy = NULL;
    return failures;
}
