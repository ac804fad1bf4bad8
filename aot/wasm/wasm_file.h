/* Files for the build-time programs: read whole, written whole. */
#ifndef WASM_FILE_H
#define WASM_FILE_H

#include "pybox.h"

#include <stddef.h>
#include <stdint.h>

/* All bytes of the file at `path`, to be given to free(). At most 1 GiB. Errors: IO, LIMIT,
 * NO_MEMORY. */
pybox_status wasm_file_read(const char *path, uint8_t **bytes, size_t *length);

/* Writes a new file beside `path` and renames it over it, so that there is never half a file.
 * Error: IO. */
pybox_status wasm_file_write(const char *path, const void *bytes, size_t length);

#endif
