/* Files of any content, as modules: note_read() must return an error or a sound note, and the
 * descriptor alone likewise. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "note.h"
#include "note_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static volatile size_t total; /* so that the strings are read */

static void check(pybox_status status, struct note *note)
{
    if ((status == PYBOX_OK) != (note != NULL))
        abort();
    if (note == NULL)
        return;
    if (note->import_count > NOTE_MAX_IMPORTS || note->export_count > NOTE_MAX_EXPORTS)
        abort();
    total += strlen(note->name) + strlen(note->wasm2c) + strlen(note->compiler);
    for (uint32_t i = 0; i < note->import_count; i++) {
        total += strlen(note->imports[i].module) + strlen(note->imports[i].name);
        if (!note_type_valid(note->imports[i].type))
            abort();
    }
    for (uint32_t i = 0; i < note->export_count; i++) {
        total += strlen(note->exports[i].name);
        if (!note_type_valid(note->exports[i].type))
            abort();
    }
    static const uint8_t other[32];
    total += note_expect_hash(note, "fuzz", other);
    note_free(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static int fd = -1;
    struct note *note;
    if (fd < 0 && (fd = memfd_create("fuzz", MFD_CLOEXEC)) < 0)
        abort();
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, length, 0) != (ssize_t)length)
        abort();
    pybox_status status = note_read(fd, "fuzz", &note);
    check(status, note);
    status = note_parse(bytes, length, "fuzz", &note);
    check(status, note);
    return 0;
}
