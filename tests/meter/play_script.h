/*
 * Scripts that call a module's exports and say what must come out: those of tests/aot (module_play.c has the list of
 * their lines), and two lines more:
 *   fuel N                       what the last call used
 *   stops N NAME ARG...          a call in a new instance that has N units of fuel: it is stopped, and soon
 * A call may have several results behind the =.
 */
#ifndef PLAY_SCRIPT_H
#define PLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAY_VALUES 64 /* most parameters, and most results */

/* What plays: modules in some form. Types are texts as in module_abi.h; values too, one u64 each. */
struct play_host {
    void *context;
    void (*reset)(void *context); /* a new instance, started */
    /* The type of an exported function, until the next call; or NULL. */
    const char *(*type)(void *context, const char *export);
    uint32_t (*call)(void *context, const char *export, uint64_t *values); /* 0, or the trap's code */
    int64_t (*fuel)(void *context); /* used by the last call */
    /* Whether that call stops with so little fuel. If not as it should, *why says it. */
    bool (*stops)(void *context, int64_t fuel, const char *export, uint64_t *values,
                  const char **why);
    bool (*global)(void *context, uint32_t index, char *type, uint64_t *value);
    const uint8_t *(*bytes)(void *context, uint64_t at, size_t length); /* NULL: out of bounds */
    bool has_start;
};

/* Plays a script; what is wrong is printed. Returns the number of failures. */
int play_script(const char *path, const struct play_host *host);

/* Answers a call of an import as the scripts expect it, and notes it for the lines that begin with >, if `log`. Returns
 * 0 or a trap's code. */
uint32_t play_import(bool log, const char *module, const char *name, const char *type,
                     uint64_t *values);

/* Prints what is wrong, and counts it. */
void play_complain(const char *what, const char *found);

#endif
