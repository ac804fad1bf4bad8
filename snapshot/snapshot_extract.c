#include "snapshot_read.h"

#include "file_io.h"
#include "snapshot_file.h"

/* snapshot_file_take. */
static pybox_status extract_chunk(void *context, uint32_t number, const uint8_t *bytes)
{
    const int *fd = context;
    return file_io_write_sparse(*fd, bytes, SNAPSHOT_CHUNK_BYTES,
                                (uint64_t)number * SNAPSHOT_CHUNK_BYTES);
}

pybox_status snapshot_extract(struct snapshot *snapshot, int fd, unsigned threads)
{
    return snapshot_file_walk(snapshot, threads, 0, extract_chunk, &fd);
}
