/* The options that set what a box and its runs may use: one table of names, units, ranges and
 * help. */
#ifndef LIMIT_OPTIONS_H
#define LIMIT_OPTIONS_H

#include <stdio.h>

#include "human.h"
#include "pybox.h"

/* X(ID, name, field of pybox_limits, kind, default, least, most, what it limits); a default of 0
 * is none; most PYBOX_UNLIMITED: "unlimited" and "none" are understood. */
/* clang-format off */
#define LIMIT_OPTIONS(X) \
    X(FUEL, "fuel", fuel, HUMAN_COUNT, 0, 1, PYBOX_UNLIMITED, \
      "operations it may execute") \
    X(TIMEOUT, "timeout", wall_ns, HUMAN_TIME, 0, 1, PYBOX_UNLIMITED, \
      "how long it may take, waiting included") \
    X(CPU_TIME, "cpu-time", cpu_ns, HUMAN_TIME, 0, 1, PYBOX_UNLIMITED, \
      "how long it may compute") \
    X(GRACE_FUEL, "grace-fuel", grace_fuel, HUMAN_COUNT, 10000000, 1, PYBOX_UNLIMITED, \
      "after one of these, for finally blocks") \
    X(GRACE, "grace", grace_ns, HUMAN_TIME, 5000000, 1, PYBOX_UNLIMITED, \
      "the same as time") \
    X(OUTPUT, "output-limit", output_bytes, HUMAN_SIZE, 0, 1, PYBOX_UNLIMITED, \
      "what it may write to stdout and stderr") \
    X(HOST_CALLS, "host-calls", host_calls, HUMAN_COUNT, 0, 1, PYBOX_UNLIMITED, \
      "calls out of the box: output, files, clocks") \
    X(MEMORY, "memory", memory_bytes, HUMAN_SIZE, UINT64_C(512) << 20, 1, UINT64_C(4) << 30, \
      "memory; over it Python raises MemoryError") \
    X(FILES_LIMIT, "files-limit", files_bytes, HUMAN_SIZE, UINT64_C(64) << 20, 1, PYBOX_UNLIMITED, \
      "what its files in the box may hold") \
    X(FILES, "files", files, HUMAN_COUNT, 65536, 1, 65536, \
      "how many files and folders that may be") \
    X(OPEN_FILES, "open-files", open_files, HUMAN_COUNT, 256, 4, 256, \
      "files open at a time") \
    X(NAME_BYTES, "name-bytes", name_bytes, HUMAN_COUNT, 255, 1, 255, \
      "length of a file's name in the box") \
    X(FOLDER_DEPTH, "folder-depth", folder_depth, HUMAN_COUNT, 64, 1, 1024, \
      "how deep its folders in the box may be") \
    X(RECURSION, "recursion", recursion, HUMAN_COUNT, 1000, 10, 1000000, \
      "Python's recursion limit") \
    X(STACK, "stack", stack_bytes, HUMAN_SIZE, UINT64_C(64) << 20, UINT64_C(256) << 10, UINT64_C(4) << 30, \
      "native stack, for recursion in C code")
/* clang-format on */

enum limit_option_index {
#define LIMIT_OPTION_INDEX(id, ...) LIMIT_OPTION_##id,
    LIMIT_OPTIONS(LIMIT_OPTION_INDEX)
#undef LIMIT_OPTION_INDEX
        LIMIT_OPTION_COUNT
};

struct limit_option {
    const char *name;  /* without the dashes */
    const char *field; /* of pybox_limits, as pybox_result.limit names it */
    enum human_kind kind;
    size_t offset, bytes; /* of the field */
    uint64_t normal, least, most;
    const char *help;
};

extern const struct limit_option limit_options[LIMIT_OPTION_COUNT];

/* Sets the field. 0, or -1 after a message on standard error. */
int limit_options_take(pybox_limits *limits, enum limit_option_index index, const char *value);

/* Sets the fields that are not, to those of a preset that are not the defaults anyway. */
void limit_options_prefer(pybox_limits *limits, const pybox_limits *preset);

/* The option that sets this field; NULL: it is none, "interrupt" for example. */
const struct limit_option *limit_options_find(const char *field);

/* The limit in force: the default if the field is 0. PYBOX_UNLIMITED without one. */
uint64_t limit_options_value(const pybox_limits *limits, const struct limit_option *option);

/* A line of help for each. */
void limit_options_help(FILE *file);

#endif
