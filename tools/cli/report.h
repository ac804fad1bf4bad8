/* What a program did, from its first line to its exit: the results of its run and of its finish in
 * one. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "pybox.h"
#include "stopped.h"

struct report_text {
    char *bytes; /* NULL while empty */
    size_t length;
};

struct report {
    /* What it is about: not changed by the functions below. */
    const pybox_limits *limits; /* that the program was given */
    const char *filename;       /* of its code, as tracebacks show it */

    pybox_status status; /* the first call that failed, or PYBOX_OK */
    char failure[1024];  /* its message */
    int ran;             /* what follows is known, also if something failed afterwards */
    const char *session; /* the one that was parked; NULL: none was */
    uint64_t revision;   /* of it */
    const char *saved;   /* the file that the state was saved to; NULL: it was not */
    pybox_outcome outcome;
    int guest_code; /* for EXIT */
    int exit_code;  /* what the command is to exit with */
    struct report_text value, value_repr, value_error, type, message, traceback, user_traceback, object, hint;
    struct report_text output, errors, profile;
    cJSON *changes; /* of files; NULL: not asked for */
    uint32_t line;
    char limit[32]; /* of pybox_limits: the field that stopped it; "" if none did */
    int cut;
    char stopped[STOPPED_BYTES];     /* why, and what to raise; "" if it was not stopped */
    char place[STOPPED_PLACE_BYTES]; /* where it ended, if not at its end */
    uint64_t fuel_used, fuel_left, host_calls, wall_ns, cpu_ns, memory_bytes, output_bytes;
};

/* Something failed that is not the guest's doing: keeps the message. */
void report_fail(struct report *report, pybox_status status, const char *message, int exit_code);

/* Copies what the program's run did. */
void report_run(struct report *report, const pybox_result *result);

/* Adds what its finish did: output and costs, but fuel, of which it has a budget of its own. An
 * exception there does not change the outcome, but to be stopped does. */
void report_finish(struct report *report, const pybox_result *result);

/* Prints it as a JSON object on standard output. 0, or an errno. */
int report_print_json(const struct report *report);

void report_free(struct report *report);

#endif
