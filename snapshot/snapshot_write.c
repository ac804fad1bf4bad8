#include "snapshot_write.h"

#include "bytes.h"
#include "error.h"
#include "snapshot_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define DEFAULT_LEVEL 3
#define LEVEL_LIMIT 19
#define TREE_RAW_BYTES 1024 /* a tree up to this size is not worth a zstd frame */
#define BATCH_CHUNKS 256u   /* encoded at a time: bounds the memory that encoding takes to 17 MB */

static pybox_status writer_check(const struct snapshot_content *content,
                                 const struct snapshot_write_options *options)
{
    if (options->form != PYBOX_FORM_COMPRESSED && options->form != PYBOX_FORM_MAPPED)
        return error_set(PYBOX_ERROR_ARGUMENT, "%d is no form of a snapshot", (int)options->form);
    if (options->level < 0 || options->level > LEVEL_LIMIT)
        return error_set(PYBOX_ERROR_ARGUMENT, "a snapshot's zstd level is 1 to %d, not %d",
                         LEVEL_LIMIT, options->level);
    if ((content->memory == NULL && content->memory_bytes > 0) ||
        (content->globals == NULL && content->global_count > 0) ||
        (content->tree == NULL && content->tree_bytes > 0))
        return error_set(PYBOX_ERROR_ARGUMENT, "a part of the snapshot's content is NULL");
    return snapshot_content_check(content, PYBOX_ERROR_ARGUMENT);
}

/* The writer's compressor number `worker`, made when it is first needed. */
static pybox_status writer_encoder(struct writer *writer, unsigned worker, ZSTD_CCtx **encoder)
{
    if (writer->encoders[worker] == NULL) {
        ZSTD_CCtx *made = ZSTD_createCCtx();
        if (made == NULL ||
            ZSTD_isError(ZSTD_CCtx_setParameter(made, ZSTD_c_compressionLevel, writer->level)) ||
            ZSTD_isError(ZSTD_CCtx_setParameter(made, ZSTD_c_checksumFlag, 1))) {
            ZSTD_freeCCtx(made);
            return error_set(PYBOX_ERROR_NO_MEMORY, "cannot create a zstd compressor");
        }
        writer->encoders[worker] = made;
    }
    *encoder = writer->encoders[worker];
    return PYBOX_OK;
}

pybox_status writer_compress(struct writer *writer, unsigned worker, uint8_t *to, size_t capacity,
                             const uint8_t *from, size_t length, size_t *stored)
{
    ZSTD_CCtx *encoder = NULL;
    pybox_status status = writer_encoder(writer, worker, &encoder);
    if (status != PYBOX_OK)
        return status;
    *stored = ZSTD_compress2(encoder, to, capacity, from, length);
    if (ZSTD_isError(*stored))
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot compress a part of a snapshot: %s",
                         ZSTD_getErrorName(*stored));
    return PYBOX_OK;
}

/* Adds an entry to the section table; its place follows from those before it. */
static struct snapshot_section *writer_add_section(struct writer *writer, uint32_t type)
{
    struct snapshot_head *head = &writer->head;
    uint64_t end = snapshot_format_head_bytes(writer->sections);
    if (head->section_count > 0) {
        const struct snapshot_section *last = &head->sections[head->section_count - 1];
        end = last->offset + last->stored_bytes;
    }
    struct snapshot_section *section = &head->sections[head->section_count++];
    section->type = type;
    section->offset = bytes_round_up(end, SNAPSHOT_SECTION_ALIGNMENT);
    return section;
}

static void writer_add_raw(struct writer *writer, uint32_t type, const void *bytes, size_t length)
{
    struct snapshot_section *section = writer_add_section(writer, type);
    section->encoding = SNAPSHOT_ENCODING_RAW;
    section->stored_bytes = section->content_bytes = length;
    digest_bytes(bytes, length, section->digest);
    writer->bodies[type - 1] = bytes;
}

static pybox_status writer_add_globals(struct writer *writer)
{
    const struct snapshot_content *content = writer->content;
    size_t length = (size_t)content->global_count * SNAPSHOT_GLOBAL_BYTES;
    writer->globals = malloc(length + 1);
    if (writer->globals == NULL)
        return error_set_memory("the globals of a snapshot", length);
    for (uint32_t i = 0; i < content->global_count; i++)
        snapshot_format_encode_global(&content->globals[i],
                                      writer->globals + (size_t)i * SNAPSHOT_GLOBAL_BYTES);
    writer_add_raw(writer, SNAPSHOT_SECTION_GLOBALS, writer->globals, length);
    return PYBOX_OK;
}

/* 1 if it is not empty, and the parent's. */
static int writer_tree_is_parents(const struct writer *writer)
{
    const struct snapshot_content *content = writer->content, *parent = writer->parent;
    return parent != NULL && content->tree_bytes > 0 && content->tree_bytes == parent->tree_bytes &&
           memcmp(content->tree, parent->tree, content->tree_bytes) == 0;
}

/* Compressed in both forms, if it gets smaller; left out of a delta that does not change it. */
static pybox_status writer_add_tree(struct writer *writer)
{
    const struct snapshot_content *content = writer->content;
    writer_add_raw(writer, SNAPSHOT_SECTION_TREE, content->tree, content->tree_bytes);
    if (writer_tree_is_parents(writer)) {
        struct snapshot_section *tree = &writer->head.sections[SNAPSHOT_SECTION_TREE - 1];
        tree->encoding = SNAPSHOT_ENCODING_PARENT;
        tree->stored_bytes = 0;
        writer->bodies[SNAPSHOT_SECTION_TREE - 1] = NULL;
        return PYBOX_OK;
    }
    if (content->tree_bytes <= TREE_RAW_BYTES)
        return PYBOX_OK;
    size_t capacity = ZSTD_compressBound(content->tree_bytes), stored;
    writer->tree = malloc(capacity);
    if (writer->tree == NULL)
        return error_set_memory("the file tree of a snapshot", capacity);
    pybox_status status = writer_compress(writer, 0, writer->tree, capacity, content->tree,
                                          content->tree_bytes, &stored);
    if (status != PYBOX_OK || stored >= content->tree_bytes)
        return status;
    struct snapshot_section *section = &writer->head.sections[SNAPSHOT_SECTION_TREE - 1];
    section->encoding = SNAPSHOT_ENCODING_ZSTD;
    section->stored_bytes = stored;
    writer->bodies[SNAPSHOT_SECTION_TREE - 1] = writer->tree;
    return PYBOX_OK;
}

/* Everything before the memory: so its place is known. */
static pybox_status writer_plan(struct writer *writer)
{
    const struct snapshot_content *content = writer->content;
    snapshot_format_encode_module(content, writer->module);
    writer_add_raw(writer, SNAPSHOT_SECTION_MODULE, writer->module, sizeof writer->module);
    if (content->metadata != NULL)
        writer_add_raw(writer, SNAPSHOT_SECTION_METADATA, content->metadata,
                       content->metadata_bytes);
    else
        writer_add_raw(writer, SNAPSHOT_SECTION_METADATA, "{}", 2);
    pybox_status status = writer_add_globals(writer);
    if (status == PYBOX_OK)
        status = writer_add_tree(writer);
    if (status != PYBOX_OK)
        return status;

    writer_add_section(writer, SNAPSHOT_SECTION_MEMORY)->content_bytes = content->memory_bytes;
    return PYBOX_OK;
}

/* How the memory of a full snapshot is laid out. */
static pybox_status writer_plan_memory(struct writer *writer)
{
    struct snapshot_section *memory = &writer->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    memory->encoding =
        writer->form == PYBOX_FORM_MAPPED ? SNAPSHOT_ENCODING_MAPPED : SNAPSHOT_ENCODING_CHUNKS;
    writer->layout =
        snapshot_format_memory_layout(memory->offset, memory->encoding, memory->content_bytes);
    writer->index = calloc(1, writer->layout.index_bytes + 1);
    if (writer->index == NULL)
        return error_set_memory("the memory index of a snapshot", writer->layout.index_bytes);
    return PYBOX_OK;
}

static uint64_t writer_data_offset(const struct writer *writer)
{
    return writer->head.sections[SNAPSHOT_SECTION_MEMORY - 1].offset + writer->layout.data_offset;
}

/* parallel_function: encodes one chunk of the batch into its slot, or writes it (mapped form), and
 * puts its entry into the index, but for the offset in the compressed form. */
static pybox_status writer_encode_chunk(void *context, unsigned worker, uint32_t item)
{
    struct writer *writer = context;
    uint32_t number = writer->batch + item;
    const uint8_t *from = writer->content->memory + (uint64_t)number * SNAPSHOT_CHUNK_BYTES;
    struct snapshot_chunk chunk = {.kind = SNAPSHOT_CHUNK_ZERO};
    pybox_status status = PYBOX_OK;
    if (!bytes_are_zero(from, SNAPSHOT_CHUNK_BYTES)) {
        snapshot_format_chunk_digest(SNAPSHOT_VERSION, from, chunk.digest);
        if (writer->form == PYBOX_FORM_MAPPED) {
            chunk.kind = SNAPSHOT_CHUNK_RAW;
            chunk.offset = (uint64_t)number * SNAPSHOT_CHUNK_BYTES;
            chunk.stored_bytes = SNAPSHOT_CHUNK_BYTES;
            status = file_io_write_sparse(writer->draft.fd, from, SNAPSHOT_CHUNK_BYTES,
                                          writer_data_offset(writer) + chunk.offset);
        } else {
            size_t stored = 0;
            chunk.kind = SNAPSHOT_CHUNK_ZSTD;
            status = writer_compress(writer, worker, writer->slots + item * writer->slot_bytes,
                                     writer->slot_bytes, from, SNAPSHOT_CHUNK_BYTES, &stored);
            chunk.stored_bytes = (uint32_t)stored;
        }
    }
    snapshot_format_encode_chunk(&chunk,
                                 writer->index + (size_t)number * SNAPSHOT_CHUNK_ENTRY_BYTES);
    return status;
}

/* Writes the encoded chunks of the batch one behind the other, from `*end` on in the data. */
static pybox_status writer_put_batch(struct writer *writer, uint32_t count, uint64_t *end)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *entry = writer->index + (size_t)(writer->batch + i) * SNAPSHOT_CHUNK_ENTRY_BYTES;
        struct snapshot_chunk chunk;
        snapshot_format_decode_chunk(entry, &chunk);
        if (chunk.kind == SNAPSHOT_CHUNK_ZERO)
            continue;
        chunk.offset = *end;
        pybox_status status =
            file_io_write(writer->draft.fd, writer->slots + i * writer->slot_bytes,
                          chunk.stored_bytes, writer_data_offset(writer) + chunk.offset);
        if (status != PYBOX_OK)
            return status;
        snapshot_format_encode_chunk(&chunk, entry);
        *end += chunk.stored_bytes;
    }
    return PYBOX_OK;
}

/* The head and index of the memory; the gap behind them reads as zeroes. */
static pybox_status writer_put_index(struct writer *writer)
{
    uint64_t offset = writer->head.sections[SNAPSHOT_SECTION_MEMORY - 1].offset;
    uint8_t head[SNAPSHOT_MEMORY_HEAD_BYTES];
    snapshot_format_encode_memory(&writer->layout, writer->index, head);
    pybox_status status = file_io_write(writer->draft.fd, head, sizeof head, offset);
    if (status == PYBOX_OK)
        status = file_io_write(writer->draft.fd, writer->index, writer->layout.index_bytes,
                               offset + sizeof head);
    return status;
}

static pybox_status writer_put_memory(struct writer *writer)
{
    uint32_t total = writer->layout.chunk_count;
    uint32_t batch_chunks = total < BATCH_CHUNKS ? total : BATCH_CHUNKS;
    uint64_t data_bytes = 0;
    pybox_status status = PYBOX_OK;
    if (writer->form == PYBOX_FORM_COMPRESSED) {
        writer->slot_bytes = ZSTD_compressBound(SNAPSHOT_CHUNK_BYTES);
        writer->slots = malloc(batch_chunks * writer->slot_bytes + 1);
        if (writer->slots == NULL)
            return error_set_memory("encoding a snapshot", batch_chunks * writer->slot_bytes);
    }
    for (writer->batch = 0; writer->batch < total && status == PYBOX_OK;
         writer->batch += batch_chunks) {
        uint32_t left = total - writer->batch;
        uint32_t count = left < batch_chunks ? left : batch_chunks;
        status = parallel_run(parallel_threads(writer->threads, count), count, writer_encode_chunk,
                              writer);
        if (status == PYBOX_OK && writer->form == PYBOX_FORM_COMPRESSED)
            status = writer_put_batch(writer, count, &data_bytes);
    }
    if (writer->form == PYBOX_FORM_MAPPED)
        data_bytes = writer->content->memory_bytes;
    struct snapshot_section *memory = &writer->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    memory->stored_bytes = writer->layout.data_offset + data_bytes;
    snapshot_format_memory_digest(SNAPSHOT_VERSION, total, writer->index + SNAPSHOT_CHUNK_DIGEST,
                                  SNAPSHOT_CHUNK_ENTRY_BYTES, memory->digest);
    return status == PYBOX_OK ? writer_put_index(writer) : status;
}

/* Header, table, and the sections that have not been written, and the file's length. */
static pybox_status writer_put_rest(struct writer *writer)
{
    struct snapshot_head *head = &writer->head;
    const struct snapshot_section *last = &head->sections[head->section_count - 1];
    int fd = writer->draft.fd;
    head->version = SNAPSHOT_VERSION;
    head->file_bytes = last->offset + last->stored_bytes;
    snapshot_format_content_digest(head, head->digest);
    uint8_t bytes[SNAPSHOT_HEAD_LIMIT_BYTES];
    snapshot_format_encode_head(head, bytes);

    if (ftruncate(fd, (off_t)head->file_bytes) != 0)
        return error_set_io(errno, "cannot set the length of '%s'", writer->draft.path);
    pybox_status status =
        file_io_write(fd, bytes, snapshot_format_head_bytes(head->section_count), 0);
    for (uint32_t i = 0; i < head->section_count && status == PYBOX_OK; i++)
        if (writer->bodies[i] != NULL)
            status = file_io_write(fd, writer->bodies[i], head->sections[i].stored_bytes,
                                   head->sections[i].offset);
    return status;
}

pybox_status writer_begin(const struct snapshot_content *content,
                          const struct snapshot_content *parent,
                          const struct snapshot_write_options *options, struct writer **result)
{
    if (options->digest != NULL)
        memset(options->digest, 0, DIGEST_BYTES);
    *result = NULL;
    pybox_status status = writer_check(content, options);
    if (status != PYBOX_OK)
        return status;
    struct writer *writer = *result = calloc(1, sizeof *writer);
    if (writer == NULL)
        return error_set_memory("writing a snapshot", sizeof *writer);
    writer->content = content;
    writer->parent = parent;
    writer->form = options->form;
    writer->level = options->level == 0 ? DEFAULT_LEVEL : options->level;
    writer->threads = options->threads;
    writer->by_digest = options->by_digest;
    bytes_store_u64(writer->created, options->created_ns);
    writer->sections = SNAPSHOT_SECTION_KNOWN + (options->created_ns != 0);
    return writer_plan(writer);
}

/* All that is left to be written. */
static pybox_status writer_complete(struct writer *writer)
{
    if (writer->sections > SNAPSHOT_SECTION_KNOWN) {
        writer_add_raw(writer, SNAPSHOT_SECTION_CREATED, writer->created, sizeof writer->created);
        writer->head.sections[SNAPSHOT_SECTION_CREATED - 1].flags = SNAPSHOT_SECTION_OPTIONAL;
    }
    return writer_put_rest(writer);
}

pybox_status writer_finish(struct writer *writer)
{
    pybox_status status = writer_complete(writer);
    if (status == PYBOX_OK && writer->by_digest) {
        digest_hex(writer->head.digest, writer->name);
        strcat(writer->name, ".snap");
        writer->draft.name = writer->name;
        if (file_io_draft_is_there(&writer->draft)) {
            file_io_draft_discard(&writer->draft);
            return PYBOX_OK;
        }
    }
    if (status == PYBOX_OK)
        return file_io_draft_commit(&writer->draft);
    file_io_draft_discard(&writer->draft);
    return status;
}

void writer_release(struct writer *writer)
{
    if (writer == NULL)
        return;
    for (int i = 0; i < PARALLEL_THREADS_LIMIT; i++)
        ZSTD_freeCCtx(writer->encoders[i]);
    free(writer->slots);
    free(writer->index);
    free(writer->tree);
    free(writer->globals);
    free(writer);
}

pybox_status snapshot_write(const char *path, const struct snapshot_content *content,
                            const struct snapshot_write_options *options)
{
    static const struct snapshot_write_options defaults;
    if (options == NULL)
        options = &defaults;
    struct writer *writer;
    pybox_status status = writer_begin(content, NULL, options, &writer);
    if (status == PYBOX_OK)
        status = writer_plan_memory(writer);
    if (status == PYBOX_OK)
        status = file_io_draft_create(path, &writer->draft);
    if (status == PYBOX_OK) {
        status = writer_put_memory(writer);
        if (status == PYBOX_OK)
            status = writer_finish(writer);
        else
            file_io_draft_discard(&writer->draft);
    }
    if (status == PYBOX_OK && options->digest != NULL)
        memcpy(options->digest, writer->head.digest, DIGEST_BYTES);
    writer_release(writer);
    return status;
}

pybox_status snapshot_write_descriptor(int fd, const struct snapshot_content *content,
                                       const struct snapshot_write_options *options)
{
    struct writer *writer;
    pybox_status status = writer_begin(content, NULL, options, &writer);
    if (status == PYBOX_OK) {
        writer->draft.fd = fd;
        writer->draft.path = "memory";
        status = writer_plan_memory(writer);
    }
    if (status == PYBOX_OK)
        status = writer_put_memory(writer);
    if (status == PYBOX_OK)
        status = writer_complete(writer);
    writer_release(writer);
    return status;
}
