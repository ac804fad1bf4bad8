/*
 * Snapshot files of hostile bytes: opened, mapped, verified; what opens is written again, in full and
 * as a delta, and must be the same state. Deltas find the parent that they name if it is the state
 * of fixture_content().
 *
 * Checksums keep mutations from getting anywhere, so the digests that a file names of itself are
 * recomputed before it is read, unless the input's last byte is odd.
 */
#include "bytes.h"
#include "snapshot_delta.h"
#include "snapshot_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_LIMIT (1u << 20)
#define MEMORY_LIMIT (16u << 20)
#define TREE_LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

/* The parent of all deltas: one that is trusted and alive is found by its name. */
static struct image *parent;

/* Index and section of a delta: as far as entries are, they change the parent's digests. */
static void seal_delta(uint8_t *head, size_t size, struct snapshot_section *section)
{
    uint32_t chunks = (uint32_t)(section->content_bytes / SNAPSHOT_CHUNK_BYTES);
    uint32_t count = bytes_load_u32(head + SNAPSHOT_MEMORY_CHUNK_COUNT);
    uint64_t data = bytes_load_u64(head + SNAPSHOT_MEMORY_DATA_OFFSET);
    uint32_t inherited = 4;
    const uint8_t *below;
    uint8_t *digests = calloc(chunks + inherited, DIGEST_BYTES);
    require(digests != NULL && image_digest_chunks(parent, &below) == PYBOX_OK);
    memcpy(digests, below, (size_t)inherited * DIGEST_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = SNAPSHOT_MEMORY_HEAD_BYTES + (uint64_t)i * SNAPSHOT_CHANGE_ENTRY_BYTES;
        struct snapshot_change change;
        if (at + SNAPSHOT_CHANGE_ENTRY_BYTES > size)
            break;
        snapshot_format_decode_change(head + at, &change);
        if (change.number < chunks)
            memcpy(digests + (size_t)change.number * DIGEST_BYTES, change.digest, DIGEST_BYTES);
    }
    snapshot_format_memory_digest(SNAPSHOT_VERSION, chunks, digests, DIGEST_BYTES, section->digest);
    free(digests);
    if (data < SNAPSHOT_MEMORY_HEAD_BYTES || data > size)
        return;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, head, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, head + SNAPSHOT_MEMORY_HEAD_BYTES, data - SNAPSHOT_MEMORY_HEAD_BYTES);
    digest_finish(&digest, head + SNAPSHOT_MEMORY_INDEX_DIGEST);
}

/* Digests of the raw sections and of the memory. */
static void seal_section(uint8_t *bytes, size_t size, uint32_t version,
                         struct snapshot_section *section)
{
    if (section->encoding == SNAPSHOT_ENCODING_RAW && section->offset <= size &&
        section->stored_bytes <= size - section->offset)
        digest_bytes(bytes + section->offset, section->stored_bytes, section->digest);
    if (section->type == SNAPSHOT_SECTION_MEMORY && section->content_bytes <= MEMORY_LIMIT &&
        section->encoding == SNAPSHOT_ENCODING_DELTA && section->offset <= size &&
        size - section->offset >= SNAPSHOT_MEMORY_HEAD_BYTES)
        seal_delta(bytes + section->offset, size - section->offset, section);
    if (section->type != SNAPSHOT_SECTION_MEMORY ||
        section->content_bytes > SNAPSHOT_MEMORY_LIMIT_BYTES ||
        (section->encoding != SNAPSHOT_ENCODING_CHUNKS &&
         section->encoding != SNAPSHOT_ENCODING_MAPPED))
        return;
    struct snapshot_memory_layout layout =
        snapshot_format_memory_layout(section->offset, section->encoding, section->content_bytes);
    if (section->offset > size ||
        SNAPSHOT_MEMORY_HEAD_BYTES + layout.index_bytes > size - section->offset)
        return;
    uint8_t *head = bytes + section->offset;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, head, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, head + SNAPSHOT_MEMORY_HEAD_BYTES, layout.index_bytes);
    digest_finish(&digest, head + SNAPSHOT_MEMORY_INDEX_DIGEST);
    snapshot_format_memory_digest(version, layout.chunk_count,
                                  head + SNAPSHOT_MEMORY_HEAD_BYTES + SNAPSHOT_CHUNK_DIGEST,
                                  SNAPSHOT_CHUNK_ENTRY_BYTES, section->digest);
}

/* Recomputes what it can; reads entries by hand, as the decoder would stop at the digest. */
static void seal(uint8_t *bytes, size_t size)
{
    if (size < SNAPSHOT_HEADER_BYTES)
        return;
    struct snapshot_head head = {.version = bytes_load_u32(bytes + SNAPSHOT_HEADER_VERSION),
                                 .section_count =
                                     bytes_load_u32(bytes + SNAPSHOT_HEADER_SECTION_COUNT)};
    if (head.version < SNAPSHOT_VERSION_OLDEST || head.version > SNAPSHOT_VERSION ||
        head.section_count > SNAPSHOT_SECTION_LIMIT ||
        size < snapshot_format_head_bytes(head.section_count))
        return;
    memcpy(head.parent, bytes + SNAPSHOT_HEADER_PARENT, DIGEST_BYTES);
    for (uint32_t i = 0; i < head.section_count; i++) {
        uint8_t *entry = bytes + snapshot_format_head_bytes(i);
        struct snapshot_section *section = &head.sections[i];
        section->type = bytes_load_u32(entry + SNAPSHOT_ENTRY_TYPE);
        section->flags = bytes_load_u32(entry + SNAPSHOT_ENTRY_FLAGS);
        section->encoding = bytes_load_u32(entry + SNAPSHOT_ENTRY_ENCODING);
        section->offset = bytes_load_u64(entry + SNAPSHOT_ENTRY_OFFSET);
        section->stored_bytes = bytes_load_u64(entry + SNAPSHOT_ENTRY_STORED_BYTES);
        section->content_bytes = bytes_load_u64(entry + SNAPSHOT_ENTRY_CONTENT_BYTES);
        memcpy(section->digest, entry + SNAPSHOT_ENTRY_DIGEST, DIGEST_BYTES);
        seal_section(bytes, size, head.version, section);
        memcpy(entry + SNAPSHOT_ENTRY_DIGEST, section->digest, DIGEST_BYTES);
    }
    snapshot_format_content_digest(&head, bytes + SNAPSHOT_HEADER_DIGEST);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, bytes + SNAPSHOT_HEADER_BYTES,
               snapshot_format_head_bytes(head.section_count) - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
}

/* What was read can be written and read again, and is the same. */
static void write_again(const struct image *image, const uint8_t *memory)
{
    const struct image_view *below = image_describe(parent);
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/fuzz-snapshot-%d", (int)getpid());
    struct snapshot_content content = image_describe(image)->content;
    content.memory = memory;
    uint8_t digest[DIGEST_BYTES], found[DIGEST_BYTES];
    struct snapshot_write_options options = {.level = 1, .threads = 1, .digest = digest};
    int delta = content.memory_bytes >= below->content.memory_bytes &&
                memcmp(content.module_hash, below->content.module_hash, DIGEST_BYTES) == 0;
    for (int i = 0; i < 1 + delta; i++) {
        require((i == 0 ? snapshot_write(path, &content, &options)
                        : snapshot_write_delta(path, &content, parent, NULL, &options)) == PYBOX_OK);
        struct image *again;
        require(image_open(path, content.module_hash, NULL, &again) == PYBOX_OK);
        require(image_digest_name(again, found) == PYBOX_OK);
        require(memcmp(found, digest, DIGEST_BYTES) == 0);
        require(image_describe(again)->content.tree_bytes == content.tree_bytes);
        image_close(again);
        require(image_verify(path, NULL) == (i == 0 ? PYBOX_OK : PYBOX_ERROR_SNAPSHOT_PARENT));
    }
    unlink(path);
}

static void use(const struct image *image)
{
    size_t length = image_describe(image)->content.memory_bytes;
    size_t reserved_bytes = length > 0 ? length : 1;
    uint8_t *memory = mmap(NULL, reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED && image_map(image, memory) == PYBOX_OK);
    write_again(image, memory);
    memset(memory, 1, length);
    munmap(memory, reserved_bytes);
}

static void open_parent(void)
{
    const struct image_options options = {.trusted_file = 1};
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/fuzz-parent-%d", (int)getpid());
    require(snapshot_write(path, fixture_content(), NULL) == PYBOX_OK);
    require(image_open(path, NULL, &options, &parent) == PYBOX_OK);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (parent == NULL)
        open_parent();
    if (size == 0 || size > INPUT_LIMIT)
        return 0;
    uint8_t *bytes = malloc(size);
    require(bytes != NULL);
    memcpy(bytes, data, size);
    if ((data[size - 1] & 1) == 0)
        seal(bytes, size);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    free(bytes);

    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int trusted = 0; trusted < 2; trusted++) {
        struct image_options options = {.threads = 1,
                                        .layered = trusted,
                                        .trusted_file = trusted,
                                        .max_memory_bytes = MEMORY_LIMIT,
                                        .max_tree_bytes = TREE_LIMIT};
        struct image *image;
        if (image_open(path, NULL, &options, &image) == PYBOX_OK)
            use(image);
        image_close(image);
    }
    const struct image_options limits = {
        .threads = 1, .max_memory_bytes = MEMORY_LIMIT, .max_tree_bytes = TREE_LIMIT};
    image_verify(path, &limits);
    close(fd);
    return 0;
}
