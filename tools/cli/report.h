/* What a program did, from its first line to its exit: the results of its run and of its finish in
 * one. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

#include "pybox.h"

struct report_text {
    char *bytes; /* NULL while empty */
    size_t length;
};

struct report {
    pybox_status status; /* the first call that failed, or PYBOX_OK */
    char failure[1024];  /* its message */
    pybox_outcome outcome;
    int guest_code; /* for EXIT */
    int exit_code;  /* what the command is to exit with */
    struct report_text value, value_repr, type, message, traceback, output, errors;
    uint32_t line;
    uint64_t fuel_used, wall_ns, cpu_ns, memory_bytes;
};

/* A call failed: keeps this thread's message. */
void report_fail(struct report *report, pybox_status status);

/* Copies what the program's run did. */
void report_run(struct report *report, const pybox_result *result);

/* Adds what its finish did: output and costs; an exception there does not change the outcome. */
void report_finish(struct report *report, const pybox_result *result);

/* Prints it as a JSON object on standard output. 0, or an errno. */
int report_print_json(const struct report *report);

void report_free(struct report *report);

#endif
