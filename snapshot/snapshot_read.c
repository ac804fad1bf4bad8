#include "snapshot_read.h"

#include "bytes.h"
#include "error.h"
#include "file_io.h"
#include "snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define DEFAULT_TREE_BYTES (UINT64_C(256) << 20)

static const char *const section_names[] = {"?",    "MODULE", "METADATA", "GLOBALS",
                                            "TREE", "MEMORY", "CREATED"};

/* `path` is for messages. */
static pybox_status read_look_at_file(const char *path, struct snapshot *snapshot)
{
    struct stat found;
    if (fstat(snapshot->fd, &found) != 0)
        return error_set_io(errno, "cannot look at the snapshot '%s'", path);
    if (!S_ISREG(found.st_mode))
        return error_set(PYBOX_ERROR_IO, "the snapshot '%s' is no regular file", path);
    snapshot->file_bytes = (uint64_t)found.st_size;
    return PYBOX_OK;
}

static pybox_status read_head(struct snapshot *snapshot)
{
    uint8_t bytes[SNAPSHOT_HEAD_LIMIT_BYTES];
    size_t length =
        snapshot->file_bytes < sizeof bytes ? (size_t)snapshot->file_bytes : sizeof bytes;
    pybox_status status = file_io_read(snapshot->fd, bytes, length, 0);
    if (status == PYBOX_OK)
        status = snapshot_format_decode_head(bytes, length, &snapshot->head);
    if (status != PYBOX_OK)
        return status;
    if (snapshot->head.file_bytes > snapshot->file_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot is truncated: it has %" PRIu64 " of %" PRIu64 " bytes",
                         snapshot->file_bytes, snapshot->head.file_bytes);
    if (snapshot->head.file_bytes < snapshot->file_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot has %" PRIu64 " bytes behind its end",
                         snapshot->file_bytes - snapshot->head.file_bytes);
    return PYBOX_OK;
}

/* Types: 1 to 5 are all there, then unknown ones, all ascending; flags are known; a type that is
 * not known may be skipped. */
static pybox_status read_check_type(const struct snapshot_section *sections, uint32_t i)
{
    const struct snapshot_section *section = &sections[i];
    if ((i < SNAPSHOT_SECTION_KNOWN && section->type != i + 1) ||
        (i >= SNAPSHOT_SECTION_KNOWN && section->type <= section[-1].type))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "section %" PRIu32 " of the snapshot has type %" PRIu32
                         ": missing, twice or out of order",
                         i, section->type);
    int optional = i >= SNAPSHOT_SECTION_KNOWN && section->flags == SNAPSHOT_SECTION_OPTIONAL;
    if (i >= SNAPSHOT_SECTION_KNOWN && section->flags == 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_VERSION,
                         "the snapshot needs section type %" PRIu32
                         " that this library does not know; use a newer one",
                         section->type);
    if (section->flags != 0 && !optional)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "section %" PRIu32 " of the snapshot has unknown flags 0x%" PRIx32, i,
                         section->flags);
    return PYBOX_OK;
}

/* Places: one behind the other, 8-byte aligned, the gaps zero, the last one ends the file. So none
 * overlap, and no byte of the file is without a meaning. */
static pybox_status read_check_places(struct snapshot *snapshot)
{
    const struct snapshot_head *head = &snapshot->head;
    uint64_t end = snapshot_format_head_bytes(head->section_count);
    for (uint32_t i = 0; i < head->section_count; i++) {
        const struct snapshot_section *section = &head->sections[i];
        uint64_t expected = bytes_round_up(end, SNAPSHOT_SECTION_ALIGNMENT);
        if (section->offset != expected)
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "section %" PRIu32 " of the snapshot is at byte %" PRIu64
                             "; expected %" PRIu64,
                             i, section->offset, expected);
        if (section->offset > head->file_bytes ||
            section->stored_bytes > head->file_bytes - section->offset)
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "section %" PRIu32 " of the snapshot reaches beyond the file's end",
                             i);
        pybox_status status = file_io_check_zero(snapshot->fd, end, section->offset - end);
        if (status != PYBOX_OK)
            return status;
        end = section->offset + section->stored_bytes;
    }
    if (end != head->file_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot has %" PRIu64 " bytes behind its last section",
                         head->file_bytes - end);
    return PYBOX_OK;
}

static pybox_status read_check_table(struct snapshot *snapshot)
{
    const struct snapshot_head *head = &snapshot->head;
    for (uint32_t i = 0; i < head->section_count; i++) {
        pybox_status status = read_check_type(head->sections, i);
        if (status != PYBOX_OK)
            return status;
    }
    pybox_status status = read_check_places(snapshot);
    if (status != PYBOX_OK)
        return status;
    int parent = !bytes_are_zero(head->parent, DIGEST_BYTES);
    int delta =
        head->version > 1 &&
        head->sections[SNAPSHOT_SECTION_MEMORY - 1].encoding == SNAPSHOT_ENCODING_DELTA;
    if (parent != delta)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         parent ? "the snapshot names a parent, but is not a delta"
                                : "the snapshot is a delta, but names no parent");
    uint8_t digest[DIGEST_BYTES];
    snapshot_format_content_digest(head, digest);
    if (memcmp(digest, head->digest, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the snapshot's digest does not match those of its sections");
    return PYBOX_OK;
}

/* Allocates and reads a section that is stored as it is, and checks its digest. A NUL is put
 * behind it. The types that are read are those of the first sections, one behind the other. */
static pybox_status read_raw(const struct snapshot *snapshot, uint32_t type, uint64_t limit,
                             uint8_t **bytes)
{
    const struct snapshot_section *section = &snapshot->head.sections[type - 1];
    if (section->encoding != SNAPSHOT_ENCODING_RAW ||
        section->stored_bytes != section->content_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's section %s has an encoding that is not for it",
                         section_names[type]);
    if (section->content_bytes > limit)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's section %s has %" PRIu64 " bytes; at most %" PRIu64
                         " are allowed",
                         section_names[type], section->content_bytes, limit);
    size_t length = (size_t)section->content_bytes;
    uint8_t *read = malloc(length + 1);
    if (read == NULL)
        return error_set_memory("a section of a snapshot", length);
    pybox_status status = file_io_read(snapshot->fd, read, length, section->offset);
    uint8_t digest[DIGEST_BYTES];
    if (status == PYBOX_OK) {
        digest_bytes(read, length, digest);
        if (memcmp(digest, section->digest, DIGEST_BYTES) != 0)
            status = error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                               "the checksum of the snapshot's section %s does not match",
                               section_names[type]);
    }
    if (status != PYBOX_OK) {
        free(read);
        return status;
    }
    read[length] = '\0';
    *bytes = read;
    return PYBOX_OK;
}

static pybox_status read_module(struct snapshot *snapshot)
{
    uint8_t *bytes;
    pybox_status status =
        read_raw(snapshot, SNAPSHOT_SECTION_MODULE, SNAPSHOT_MODULE_BYTES, &bytes);
    if (status != PYBOX_OK)
        return status;
    uint64_t length = snapshot->head.sections[SNAPSHOT_SECTION_MODULE - 1].content_bytes;
    if (length != SNAPSHOT_MODULE_BYTES)
        status = error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                           "the snapshot's section MODULE has %" PRIu64 " bytes; expected %d",
                           length, SNAPSHOT_MODULE_BYTES);
    else
        status = snapshot_format_decode_module(bytes, &snapshot->content);
    free(bytes);
    return status;
}

static pybox_status read_metadata(struct snapshot *snapshot)
{
    pybox_status status = read_raw(snapshot, SNAPSHOT_SECTION_METADATA,
                                   SNAPSHOT_METADATA_LIMIT_BYTES, &snapshot->metadata);
    if (status != PYBOX_OK)
        return status;
    snapshot->content.metadata = (const char *)snapshot->metadata;
    snapshot->content.metadata_bytes =
        (size_t)snapshot->head.sections[SNAPSHOT_SECTION_METADATA - 1].content_bytes;
    return PYBOX_OK;
}

static pybox_status read_globals(struct snapshot *snapshot)
{
    uint8_t *bytes;
    pybox_status status = read_raw(snapshot, SNAPSHOT_SECTION_GLOBALS,
                                   (uint64_t)SNAPSHOT_GLOBAL_LIMIT * SNAPSHOT_GLOBAL_BYTES, &bytes);
    if (status != PYBOX_OK)
        return status;
    uint64_t length = snapshot->head.sections[SNAPSHOT_SECTION_GLOBALS - 1].content_bytes;
    uint32_t count = (uint32_t)(length / SNAPSHOT_GLOBAL_BYTES);
    if (length % SNAPSHOT_GLOBAL_BYTES != 0) {
        status = error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                           "the snapshot's section GLOBALS has %" PRIu64
                           " bytes; expected a multiple of %d",
                           length, SNAPSHOT_GLOBAL_BYTES);
    } else if (count > 0) {
        snapshot->globals = calloc(count, sizeof *snapshot->globals);
        if (snapshot->globals == NULL)
            status =
                error_set_memory("the globals of a snapshot", count * sizeof *snapshot->globals);
    }
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++)
        status = snapshot_format_decode_global(bytes + (size_t)i * SNAPSHOT_GLOBAL_BYTES,
                                               &snapshot->globals[i]);
    free(bytes);
    snapshot->content.globals = snapshot->globals;
    snapshot->content.global_count = count;
    return status;
}

/* Decodes the zstd frame that the section TREE is, into `snapshot->tree`. */
static pybox_status read_tree_frame(struct snapshot *snapshot)
{
    const struct snapshot_section *section = &snapshot->head.sections[SNAPSHOT_SECTION_TREE - 1];
    size_t stored_bytes = (size_t)section->stored_bytes;
    size_t content_bytes = (size_t)section->content_bytes;
    if (stored_bytes > ZSTD_compressBound(content_bytes))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's file tree takes more room than its size explains");
    uint8_t *frame = malloc(stored_bytes + 1);
    if (frame == NULL)
        return error_set_memory("the file tree of a snapshot", stored_bytes);
    ZSTD_DCtx *decoder = NULL;
    pybox_status status = file_io_read(snapshot->fd, frame, stored_bytes, section->offset);
    if (status == PYBOX_OK)
        status = snapshot_file_check_frame(frame, stored_bytes, content_bytes);
    if (status == PYBOX_OK) {
        snapshot->tree = malloc(content_bytes + 1);
        decoder = ZSTD_createDCtx();
        if (snapshot->tree == NULL || decoder == NULL)
            status = error_set_memory("the file tree of a snapshot", content_bytes);
    }
    if (status == PYBOX_OK)
        status =
            snapshot_file_decode_frame(decoder, frame, stored_bytes, snapshot->tree, content_bytes);
    ZSTD_freeDCtx(decoder);
    free(frame);
    return status;
}

static pybox_status read_tree(struct snapshot *snapshot, uint64_t limit)
{
    const struct snapshot_section *section = &snapshot->head.sections[SNAPSHOT_SECTION_TREE - 1];
    if (section->content_bytes > limit)
        return error_set(PYBOX_ERROR_LIMIT,
                         "the snapshot's file tree has %" PRIu64 " bytes; the limit is %" PRIu64,
                         section->content_bytes, limit);
    snapshot->content.tree_bytes = (size_t)section->content_bytes;
    if (section->encoding == SNAPSHOT_ENCODING_PARENT && snapshot->delta &&
        section->stored_bytes == 0)
        return PYBOX_OK;
    if (snapshot->without_tree)
        return PYBOX_OK;
    pybox_status status = section->encoding == SNAPSHOT_ENCODING_ZSTD
                              ? read_tree_frame(snapshot)
                              : read_raw(snapshot, SNAPSHOT_SECTION_TREE, limit, &snapshot->tree);
    if (status != PYBOX_OK)
        return status;
    snapshot->content.tree = snapshot->tree;
    return PYBOX_OK;
}

/* When it was written, if it says so. */
static pybox_status read_created(struct snapshot *snapshot)
{
    const struct snapshot_head *head = &snapshot->head;
    const struct snapshot_section *section = &head->sections[SNAPSHOT_SECTION_CREATED - 1];
    if (head->version == 1 || head->section_count < SNAPSHOT_SECTION_CREATED ||
        section->type != SNAPSHOT_SECTION_CREATED)
        return PYBOX_OK;
    uint8_t *bytes;
    pybox_status status =
        read_raw(snapshot, SNAPSHOT_SECTION_CREATED, SNAPSHOT_CREATED_BYTES, &bytes);
    if (status != PYBOX_OK)
        return status;
    if (section->content_bytes == SNAPSHOT_CREATED_BYTES)
        snapshot->created_ns = bytes_load_u64(bytes);
    free(bytes);
    if (snapshot->created_ns == 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's section CREATED is not a time of %d bytes",
                         SNAPSHOT_CREATED_BYTES);
    return PYBOX_OK;
}

/* Size, encoding and place of the memory; not yet its index. */
static pybox_status read_memory_layout(struct snapshot *snapshot, uint64_t limit)
{
    const struct snapshot_section *section = &snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    uint64_t memory_bytes = section->content_bytes;
    snapshot->delta = !bytes_are_zero(snapshot->head.parent, DIGEST_BYTES);
    if (!snapshot->delta && section->encoding != SNAPSHOT_ENCODING_CHUNKS &&
        section->encoding != SNAPSHOT_ENCODING_MAPPED)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's section MEMORY has an encoding that is not for it");
    if (memory_bytes > SNAPSHOT_MEMORY_LIMIT_BYTES || memory_bytes % SNAPSHOT_PAGE_BYTES != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's memory has %" PRIu64
                         " bytes; expected a multiple of %u, at most %" PRIu64,
                         memory_bytes, SNAPSHOT_PAGE_BYTES, SNAPSHOT_MEMORY_LIMIT_BYTES);
    if (memory_bytes > limit)
        return error_set(PYBOX_ERROR_LIMIT,
                         "the snapshot's memory has %" PRIu64 " bytes; the limit is %" PRIu64,
                         memory_bytes, limit);
    snapshot->layout =
        snapshot_format_memory_layout(section->offset, section->encoding, memory_bytes);
    int mapped = section->encoding == SNAPSHOT_ENCODING_MAPPED;
    uint64_t least = snapshot->layout.data_offset + (mapped ? memory_bytes : 0);
    if (section->stored_bytes < least || (mapped && section->stored_bytes != least))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's section MEMORY has %" PRIu64 " bytes; expected %" PRIu64
                         "%s",
                         section->stored_bytes, least, mapped ? "" : " or more");
    snapshot->content.memory_bytes = memory_bytes;
    return PYBOX_OK;
}

static uint64_t read_tree_limit(const struct snapshot_limits *limits)
{
    uint64_t limit = limits->tree_bytes != 0 ? limits->tree_bytes : DEFAULT_TREE_BYTES;
    return limit < SNAPSHOT_TREE_LIMIT_BYTES ? limit : SNAPSHOT_TREE_LIMIT_BYTES;
}

static pybox_status read_all(struct snapshot *snapshot, const struct snapshot_limits *limits)
{
    uint64_t memory_limit = limits->memory_bytes != 0 ? limits->memory_bytes : UINT64_MAX;
    pybox_status status = read_head(snapshot);
    if (status == PYBOX_OK)
        status = read_check_table(snapshot);
    if (status == PYBOX_OK)
        status = read_memory_layout(snapshot, memory_limit);
    if (status == PYBOX_OK)
        status = read_module(snapshot);
    if (status == PYBOX_OK)
        status = read_metadata(snapshot);
    if (status == PYBOX_OK)
        status = read_globals(snapshot);
    if (status == PYBOX_OK)
        status = read_created(snapshot);
    snapshot->without_tree = limits->without_tree && snapshot->delta;
    if (status == PYBOX_OK)
        status = read_tree(snapshot, read_tree_limit(limits));
    if (status == PYBOX_OK)
        status = snapshot_content_check(&snapshot->content, PYBOX_ERROR_SNAPSHOT_FORMAT);
    return status;
}

/* Takes the descriptor; if that is -1, errno says why. */
static pybox_status read_open(int fd, const char *path, const struct snapshot_limits *limits,
                              struct snapshot **result)
{
    static const struct snapshot_limits defaults;
    *result = NULL;
    if (fd < 0)
        return error_set_io(errno, "cannot open the snapshot '%s'", path);
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        close(fd);
        return error_set_memory("reading a snapshot", sizeof *snapshot);
    }
    snapshot->fd = fd;
    pybox_status status = read_look_at_file(path, snapshot);
    if (status == PYBOX_OK)
        status = read_all(snapshot, limits != NULL ? limits : &defaults);
    if (status != PYBOX_OK) {
        snapshot_close(snapshot);
        return status;
    }
    *result = snapshot;
    return PYBOX_OK;
}

pybox_status snapshot_open(const char *path, const struct snapshot_limits *limits,
                           struct snapshot **result)
{
    /* Not blocking: the path may be a pipe that nobody writes to. */
    return read_open(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), path, limits, result);
}

pybox_status snapshot_open_descriptor(int fd, const struct snapshot_limits *limits,
                                      struct snapshot **result)
{
    return read_open(fcntl(fd, F_DUPFD_CLOEXEC, 3), "memory", limits, result);
}

pybox_status snapshot_read_names(const char *path, uint8_t digest[DIGEST_BYTES],
                                 uint8_t parent[DIGEST_BYTES])
{
    struct snapshot snapshot = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    memset(digest, 0, DIGEST_BYTES);
    memset(parent, 0, DIGEST_BYTES);
    if (snapshot.fd < 0)
        return error_set_io(errno, "cannot open the snapshot '%s'", path);
    pybox_status status = read_look_at_file(path, &snapshot);
    if (status == PYBOX_OK)
        status = read_head(&snapshot);
    if (status == PYBOX_OK) {
        memcpy(digest, snapshot.head.digest, DIGEST_BYTES);
        memcpy(parent, snapshot.head.parent, DIGEST_BYTES);
    }
    snapshot_release_file(&snapshot);
    return status;
}

void snapshot_release_file(struct snapshot *snapshot)
{
    if (snapshot->fd >= 0)
        close(snapshot->fd);
    snapshot->fd = -1;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    snapshot_release_file(snapshot);
    free(snapshot->metadata);
    free(snapshot->globals);
    free(snapshot->tree);
    free(snapshot->digests);
    free(snapshot);
}

int snapshot_inherits_tree(const struct snapshot *snapshot)
{
    return snapshot->head.sections[SNAPSHOT_SECTION_TREE - 1].encoding == SNAPSHOT_ENCODING_PARENT;
}

pybox_status snapshot_read_tree(struct snapshot *snapshot, const struct snapshot_limits *limits)
{
    snapshot->without_tree = 0;
    return read_tree(snapshot, read_tree_limit(limits));
}

pybox_status snapshot_inherit_tree(struct snapshot *snapshot, const struct snapshot *from)
{
    size_t length = snapshot->content.tree_bytes;
    uint8_t *copy = malloc(length + 1);
    if (copy == NULL)
        return error_set_memory("the file tree of a snapshot", length);
    if (length > 0)
        memcpy(copy, from->content.tree, length);
    snapshot->tree = copy;
    snapshot->content.tree = copy;
    return PYBOX_OK;
}

int snapshot_same_tree(const struct snapshot *one, const struct snapshot *other)
{
    const struct snapshot_section *a = &one->head.sections[SNAPSHOT_SECTION_TREE - 1];
    const struct snapshot_section *b = &other->head.sections[SNAPSHOT_SECTION_TREE - 1];
    return a->content_bytes == b->content_bytes && memcmp(a->digest, b->digest, DIGEST_BYTES) == 0;
}

int snapshot_is_delta(const struct snapshot *snapshot)
{
    return snapshot->delta;
}

const uint8_t *snapshot_memory_digest(const struct snapshot *snapshot)
{
    return snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1].digest;
}

const uint8_t *snapshot_digests(const struct snapshot *snapshot)
{
    return snapshot->digests;
}

const struct snapshot_content *snapshot_describe(const struct snapshot *snapshot)
{
    return &snapshot->content;
}

void snapshot_inform(const struct snapshot *snapshot, struct snapshot_info *info)
{
    const struct snapshot_section *memory = &snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    info->form =
        memory->encoding == SNAPSHOT_ENCODING_MAPPED ? PYBOX_FORM_MAPPED : PYBOX_FORM_COMPRESSED;
    memcpy(info->digest, snapshot->head.digest, DIGEST_BYTES);
    memcpy(info->parent, snapshot->head.parent, DIGEST_BYTES);
    info->version = snapshot->head.version;
    info->delta = snapshot->delta;
    info->created_ns = snapshot->created_ns;
    info->file_bytes = snapshot->file_bytes;
    info->memory_stored_bytes = memory->stored_bytes - snapshot->layout.data_offset;
}

int snapshot_descriptor(const struct snapshot *snapshot, uint64_t *memory_offset)
{
    const struct snapshot_section *memory = &snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    *memory_offset = memory->encoding == SNAPSHOT_ENCODING_MAPPED
                         ? memory->offset + snapshot->layout.data_offset
                         : 0;
    return snapshot->fd;
}

pybox_status snapshot_check_module(const struct snapshot *snapshot,
                                   const uint8_t module_hash[DIGEST_BYTES])
{
    if (memcmp(snapshot->content.module_hash, module_hash, DIGEST_BYTES) == 0)
        return PYBOX_OK;
    char found[DIGEST_HEX_BYTES], expected[DIGEST_HEX_BYTES];
    return error_set(PYBOX_ERROR_SNAPSHOT_MODULE,
                     "the snapshot was made by the module %.16s..., not by this one, %.16s...; "
                     "open the module that it belongs to",
                     digest_hex(snapshot->content.module_hash, found),
                     digest_hex(module_hash, expected));
}
