/*
 * Which way the branches of a module mostly go, as training runs have shown it: so that the pass charges in advance what
 * is then executed (plan.h). It changes what counting costs, never what is counted.
 *
 * Kept as text, a line for each function: its name, how many branches it has (`br_if` and `if`), and a letter for
 * each in order, n (it goes on with the next instruction), o (the other way) or - (not known), a number before a
 * letter repeating it: "list_append 9 2n3-4o". A function that has another number of branches by now, or
 * another name, is taken as not known.
 */
#ifndef BRANCHES_H
#define BRANCHES_H

#include "plan.h"

#include <stdio.h>

struct branches;

/* Reads the file at `path`. Errors: IO, ARGUMENT (a line that is none, with its number), NO_MEMORY. */
pybox_status branches_read(const char *path, struct branches **branches);

/* NULL is allowed. */
void branches_free(struct branches *branches);

/* Sets likely[0 to count-1] for the function of that name. Whether it is known. */
bool branches_find(const struct branches *branches, struct wasm_text name, uint32_t count,
                   uint8_t *likely);

/* The share of the file's branches that are in functions which branches_find() has not found as they were trained, and the
 * name of the largest such function. */
double branches_stale(const struct branches *branches, struct wasm_text *largest);

/* Writes a function's line. */
void branches_print(FILE *out, struct wasm_text name, uint32_t count, const uint8_t *likely);

#endif
