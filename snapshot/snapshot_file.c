#include "snapshot_file.h"

#include "bytes.h"
#include "error.h"
#include "file_io.h"
#include "parallel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAGIC 0xfd2fb528u /* RFC 8878, 3.1.1 */
#define FRAME_DESCRIPTOR 4      /* offset of Frame_Header_Descriptor */
#define FRAME_CHECKSUM 0x04     /* its Content_Checksum_flag */
#define FRAME_HEADER_LEAST_BYTES 6

struct walk {
    struct snapshot *snapshot;
    uint8_t *index;
    int verify;
    snapshot_file_take *take;
    void *context;
    struct walk_worker {
        ZSTD_DCtx *decoder;
        uint8_t *bytes; /* a chunk, and behind it the frame it comes from */
    } workers[PARALLEL_THREADS_LIMIT];
};

pybox_status snapshot_file_check_frame(const uint8_t *frame, size_t length, size_t content_bytes)
{
    if (length < FRAME_HEADER_LEAST_BYTES || bytes_load_u32(frame) != FRAME_MAGIC)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT, "a part of the snapshot is no zstd frame");
    if ((frame[FRAME_DESCRIPTOR] & FRAME_CHECKSUM) == 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a zstd frame of the snapshot has no checksum");
    unsigned long long size = ZSTD_getFrameContentSize(frame, length);
    if (size != content_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a zstd frame of the snapshot is not of the size that it should have, "
                         "%zu bytes",
                         content_bytes);
    if (ZSTD_findFrameCompressedSize(frame, length) != length)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a zstd frame of the snapshot does not end where it should");
    return PYBOX_OK;
}

pybox_status snapshot_file_decode_frame(ZSTD_DCtx *decoder, const uint8_t *frame, size_t length,
                                        uint8_t *to, size_t content_bytes)
{
    size_t decoded = ZSTD_decompressDCtx(decoder, to, content_bytes, frame, length);
    if (ZSTD_isError(decoded))
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "a part of the snapshot cannot be decoded: %s",
                         ZSTD_getErrorName(decoded));
    if (decoded != content_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "a part of the snapshot is decoded to %zu bytes; expected %zu", decoded,
                         content_bytes);
    return PYBOX_OK;
}

/* What an entry of the index may say, in its form. `end` is where the chunk before it ends. */
static pybox_status walk_check_chunk(const struct snapshot_chunk *chunk, uint32_t number,
                                     int mapped, uint64_t end, uint64_t data_bytes)
{
    int valid;
    int named = !bytes_are_zero(chunk->digest, DIGEST_BYTES);
    if (chunk->kind == SNAPSHOT_CHUNK_ZERO)
        valid = chunk->offset == 0 && chunk->stored_bytes == 0 &&
                !named;
    else if (chunk->kind == SNAPSHOT_CHUNK_RAW)
        valid = mapped && chunk->offset == (uint64_t)number * SNAPSHOT_CHUNK_BYTES &&
                chunk->stored_bytes == SNAPSHOT_CHUNK_BYTES && named;
    else if (chunk->kind == SNAPSHOT_CHUNK_ZSTD)
        valid = !mapped && chunk->offset == end && chunk->stored_bytes <= data_bytes - end &&
                chunk->stored_bytes <= ZSTD_compressBound(SNAPSHOT_CHUNK_BYTES) && named;
    else
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "chunk %" PRIu32 " of the snapshot's memory has the unknown kind %" PRIu32,
                         number, chunk->kind);
    if (!valid)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "chunk %" PRIu32 " of the snapshot's memory (kind %" PRIu32
                         ") has a wrong place, length or digest",
                         number, chunk->kind);
    return PYBOX_OK;
}

/* Where in the file the memory's data begin. */
static uint64_t walk_data_offset(const struct snapshot *snapshot)
{
    return snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1].offset +
           snapshot->layout.data_offset;
}

static pybox_status walk_check_index(const struct walk *walk)
{
    const struct snapshot *snapshot = walk->snapshot;
    const struct snapshot_section *section = &snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    int mapped = section->encoding == SNAPSHOT_ENCODING_MAPPED;
    uint64_t data_bytes = section->stored_bytes - snapshot->layout.data_offset;
    uint64_t end = 0;
    for (uint32_t i = 0; i < snapshot->layout.chunk_count; i++) {
        struct snapshot_chunk chunk;
        snapshot_format_decode_chunk(walk->index + (size_t)i * SNAPSHOT_CHUNK_ENTRY_BYTES, &chunk);
        pybox_status status = walk_check_chunk(&chunk, i, mapped, end, data_bytes);
        if (status != PYBOX_OK)
            return status;
        if (!mapped)
            end += chunk.stored_bytes;
    }
    if (!mapped && end != data_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's memory has %" PRIu64 " bytes behind its last chunk",
                         data_bytes - end);
    uint8_t digest[DIGEST_BYTES];
    snapshot_format_memory_digest(snapshot->head.version, snapshot->layout.chunk_count,
                                  walk->index + SNAPSHOT_CHUNK_DIGEST, SNAPSHOT_CHUNK_ENTRY_BYTES,
                                  digest);
    if (memcmp(digest, section->digest, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the digest of the snapshot's memory does not match those of its chunks");
    return PYBOX_OK;
}

/* Keeps the digests of the chunks with the snapshot, for deltas. */
static pybox_status walk_keep_digests(const struct walk *walk)
{
    struct snapshot *snapshot = walk->snapshot;
    uint32_t count = snapshot->layout.chunk_count;
    if (snapshot->digests != NULL || snapshot->head.version == 1)
        return PYBOX_OK;
    snapshot->digests = malloc((size_t)count * DIGEST_BYTES + 1);
    if (snapshot->digests == NULL)
        return error_set_memory("the memory index of a snapshot", (size_t)count * DIGEST_BYTES);
    for (uint32_t i = 0; i < count; i++)
        memcpy(snapshot->digests + (size_t)i * DIGEST_BYTES,
               walk->index + (size_t)i * SNAPSHOT_CHUNK_ENTRY_BYTES + SNAPSHOT_CHUNK_DIGEST,
               DIGEST_BYTES);
    return PYBOX_OK;
}

static pybox_status walk_read_index(struct walk *walk)
{
    struct snapshot *snapshot = walk->snapshot;
    uint64_t offset = snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1].offset;
    size_t length = (size_t)snapshot->layout.index_bytes;
    uint8_t head[SNAPSHOT_MEMORY_HEAD_BYTES];
    walk->index = malloc(length + 1);
    if (walk->index == NULL)
        return error_set_memory("the memory index of a snapshot", length);
    pybox_status status = file_io_read(snapshot->fd, head, sizeof head, offset);
    if (status == PYBOX_OK)
        status = file_io_read(snapshot->fd, walk->index, length, offset + sizeof head);
    if (status == PYBOX_OK)
        status = snapshot_format_check_memory(&snapshot->layout, head, walk->index);
    if (status == PYBOX_OK)
        status = walk_check_index(walk);
    if (status == PYBOX_OK) {
        uint64_t end = offset + sizeof head + length;
        status = file_io_check_zero(snapshot->fd, end, walk_data_offset(snapshot) - end);
    }
    return status == PYBOX_OK ? walk_keep_digests(walk) : status;
}

static pybox_status walk_prepare(struct walk_worker *worker)
{
    if (worker->decoder != NULL)
        return PYBOX_OK;
    size_t length = SNAPSHOT_CHUNK_BYTES + ZSTD_compressBound(SNAPSHOT_CHUNK_BYTES);
    if (worker->bytes == NULL)
        worker->bytes = malloc(length);
    if (worker->bytes != NULL)
        worker->decoder = ZSTD_createDCtx();
    return worker->decoder != NULL ? PYBOX_OK : error_set_memory("decoding a snapshot", length);
}

/* Reads a chunk and decodes it into the worker's memory. */
static pybox_status walk_read_chunk(const struct snapshot *snapshot, struct walk_worker *worker,
                                    const struct snapshot_chunk *chunk)
{
    uint8_t *frame = worker->bytes + SNAPSHOT_CHUNK_BYTES;
    uint64_t data = walk_data_offset(snapshot);
    if (chunk->kind == SNAPSHOT_CHUNK_RAW)
        return file_io_read(snapshot->fd, worker->bytes, SNAPSHOT_CHUNK_BYTES,
                            data + chunk->offset);
    pybox_status status =
        file_io_read(snapshot->fd, frame, chunk->stored_bytes, data + chunk->offset);
    if (status == PYBOX_OK)
        status = snapshot_file_check_frame(frame, chunk->stored_bytes, SNAPSHOT_CHUNK_BYTES);
    if (status == PYBOX_OK)
        status = snapshot_file_decode_frame(worker->decoder, frame, chunk->stored_bytes,
                                            worker->bytes, SNAPSHOT_CHUNK_BYTES);
    return status;
}

/* A zero chunk takes no room in the compressed form and must read as zeroes in the mapped one. */
static pybox_status walk_zero_chunk(const struct walk *walk, uint32_t item)
{
    const struct snapshot *snapshot = walk->snapshot;
    if (!walk->verify ||
        snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1].encoding != SNAPSHOT_ENCODING_MAPPED)
        return PYBOX_OK;
    return file_io_check_zero(snapshot->fd,
                              walk_data_offset(snapshot) + (uint64_t)item * SNAPSHOT_CHUNK_BYTES,
                              SNAPSHOT_CHUNK_BYTES);
}

/* parallel_function. */
static pybox_status walk_chunk(void *context, unsigned number, uint32_t item)
{
    struct walk *walk = context;
    struct walk_worker *worker = &walk->workers[number];
    struct snapshot_chunk chunk;
    snapshot_format_decode_chunk(walk->index + (size_t)item * SNAPSHOT_CHUNK_ENTRY_BYTES, &chunk);
    if (chunk.kind == SNAPSHOT_CHUNK_ZERO)
        return walk_zero_chunk(walk, item);
    pybox_status status = walk_prepare(worker);
    if (status == PYBOX_OK)
        status = walk_read_chunk(walk->snapshot, worker, &chunk);
    if (status != PYBOX_OK)
        return status;
    if (walk->verify && bytes_are_zero(worker->bytes, SNAPSHOT_CHUNK_BYTES))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "chunk %" PRIu32 " of the snapshot's memory is zero, but stored", item);
    if (walk->verify || chunk.kind == SNAPSHOT_CHUNK_RAW) {
        uint8_t digest[DIGEST_BYTES];
        snapshot_format_chunk_digest(walk->snapshot->head.version, worker->bytes, digest);
        if (memcmp(digest, chunk.digest, DIGEST_BYTES) != 0)
            return error_set(
                PYBOX_ERROR_SNAPSHOT_CORRUPT,
                "the digest of chunk %" PRIu32 " of the snapshot's memory does not match", item);
    }
    return walk->take != NULL ? walk->take(walk->context, item, worker->bytes) : PYBOX_OK;
}

pybox_status snapshot_file_walk(struct snapshot *snapshot, unsigned threads, int verify,
                                snapshot_file_take *take, void *context)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return error_set_memory("reading a snapshot", sizeof *walk);
    walk->snapshot = snapshot;
    walk->verify = verify;
    walk->take = take;
    walk->context = context;
    pybox_status status = walk_read_index(walk);
    if (status == PYBOX_OK) {
        uint32_t chunks = snapshot->layout.chunk_count;
        status = parallel_run(parallel_threads(threads, chunks), chunks, walk_chunk, walk);
    }
    for (int i = 0; i < PARALLEL_THREADS_LIMIT; i++) {
        ZSTD_freeDCtx(walk->workers[i].decoder);
        free(walk->workers[i].bytes);
    }
    free(walk->index);
    free(walk);
    return status;
}

pybox_status snapshot_read_index(struct snapshot *snapshot)
{
    struct walk walk = {.snapshot = snapshot};
    pybox_status status = walk_read_index(&walk);
    free(walk.index);
    return status;
}
