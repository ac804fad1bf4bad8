/*
 * The ELF note of a native module (note_layout.h), read by libelf before any code is mapped.
 *
 * A note says what a file is meant to be. It is not a seal: who can write the file can write its
 * note. It keeps honest mistakes (another version, another module, half a file) from being run, and
 * each is told apart from the others.
 */
#ifndef NOTE_H
#define NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"

struct note_import {
    const char *module, *name, *type;
};

struct note_export {
    const char *name, *type;
};

struct note {
    uint32_t abi;
    uint32_t metering; /* version of the metering pass; 0: not metered */
    uint32_t flags;    /* MODULE_FLAG_* */
    uint32_t import_count, export_count;
    uint8_t hash[32];       /* SHA-256 of the metered wasm */
    uint8_t costs_hash[32]; /* SHA-256 of the cost table; zeroes: not metered */
    const char *name, *wasm2c, *compiler;
    const struct note_import *imports;
    const struct note_export *exports;
};

/*
 * Reads the note of the ELF file open for reading at `fd`, whose position is not moved. `path` only
 * names it in messages. Nothing of the file is trusted; nothing is mapped, so that a file that
 * shrinks meanwhile is an error and not a SIGBUS. `*note` is one allocation, to be given to
 * note_free(). Any thread. Errors: IO; MODULE_FORMAT (not ELF, cut short, or headers or a note that
 * make no sense); MODULE_FOREIGN (ELF, but for another machine, no shared object, or without the
 * note); MODULE_ABI (of another pybox version); NO_MEMORY.
 */
pybox_status note_read(int fd, const char *path, struct note **note);

/* Checks the note's hash against the 32 bytes `expected`. Errors: MODULE_HASH. */
pybox_status note_expect_hash(const struct note *note, const char *path, const uint8_t *expected);

/* Reads the descriptor bytes of a note (all of note_layout.h but the ELF around it). As
 * note_read(). */
pybox_status note_parse(const uint8_t *bytes, size_t length, const char *path, struct note **note);

/* A function type as module_abi.h writes it. */
int note_type_valid(const char *type);

/* NULL is allowed. */
void note_free(struct note *note);

#endif
