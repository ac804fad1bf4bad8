/* What fd_filestat_* and path_filestat_* share. */
#ifndef FILESTAT_H
#define FILESTAT_H

#include "shim.h"

#define FILESTAT_BYTES 64u

void filestat_store(uint8_t *at, const struct vfs_stat *stat);

/* Turns times and fstflags into what the tree wants. 0 or a WASI errno. */
uint16_t filestat_times(uint64_t flags, uint64_t *accessed_ns, uint64_t *modified_ns);

#endif
