/*
 * Scripts that call a module's exports and say what must come out. What plays is a module in some form: native
 * (module_play.c), or stepped (tests/meter/check_meter.c).
 *
 * A script's lines:
 *   NAME ARG... = RESULT...      a call; without results nothing stands behind the =
 *   NAME ARG... ! TRAP           a call that traps: memory, divide, overflow, conversion, unreachable, indirect,
 *                                exhaustion, or a number
 *   NAME ARG... ! TRAP unsettled   what it has used native code does not know exactly (meter_local in module_meter.h)
 *   > MODULE.NAME ARG...         an import that the last call called; lines in that order, all of them
 *   fuel N                       what the last call used
 *   stops N NAME ARG...          a call in a new instance that has N units of fuel: it is stopped, and soon. Then, a reset
 *   global INDEX = VALUE         a mutable global
 *   bytes OFFSET TEXT            linear memory holds TEXT there
 *   start = yes | no             whether there is a start function (it was called before the first line)
 *   savable = yes | no           the module's flag
 *   reset                        a new instance, with new memory, started
 *   # ...                        a remark
 * Numbers are decimal or 0x...; floats as strtod reads them, "nan" is any NaN. An import returns the sum of its
 * arguments; one named stop sets the trap code to its argument; one named refuse refuses memory from then on.
 */
#ifndef PLAY_SCRIPT_H
#define PLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAY_VALUES 64 /* most parameters, and most results */

/* How far a run without fuel may go on: what a function of these scripts uses by itself, and by calls of such as do not
 * check (METERING.md: up to 10,000 units each). */
#define PLAY_OVERSHOOT 60000

enum play_answer { PLAY_NO, PLAY_YES, PLAY_UNKNOWN };

/* Types are texts as in module_abi.h; values too, one u64 each. */
struct play_host {
    void *context;
    void (*reset)(void *context); /* a new instance, started */
    /* The type of an exported function, until the next call; or NULL. */
    const char *(*type)(void *context, const char *export);
    uint32_t (*call)(void *context, const char *export, uint64_t *values); /* 0, or the trap's code */
    int64_t (*fuel)(void *context); /* used by the last call */
    /* Calls it with so little fuel: 1 if the fuel stopped it, and how much was used. Spoils the instance. */
    bool (*stops)(void *context, int64_t fuel, const char *export, uint64_t *values, int64_t *used);
    bool (*global)(void *context, uint32_t index, char *type, uint64_t *value);
    const uint8_t *(*bytes)(void *context, uint64_t at, size_t length); /* NULL: out of bounds */
    enum play_answer has_start, is_savable;
};

/* Plays a script; what is wrong is printed. With `copy`, a path, the script is written there with a fuel line behind every
 * call, for others to play. Returns the number of failures. */
int play_script(const char *path, const struct play_host *host, const char *copy);

/* Answers a call of an import, and notes it for the lines that begin with >, if `log`. Returns 0 or a trap's code. */
uint32_t play_import(bool log, const char *module, const char *name, const char *type,
                     uint64_t *values);

/* Prints what is wrong, and counts it. */
void play_complain(const char *what, const char *found);

#endif
