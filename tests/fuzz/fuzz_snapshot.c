/*
 * Snapshot files of hostile bytes: opened, mapped, verified; what opens is written again, in full and
 * as a delta, and must be the same state. Deltas find the parent that they name if it is the state
 * of fixture_content().
 *
 * Checksums keep mutations from getting anywhere, so the digests that a file names of itself are
 * recomputed before it is read, unless the input's last byte is odd.
 */
#include "fuzz_seal.h"
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
    uint8_t *memory;
    require(image_map(image, &memory) == PYBOX_OK);
    write_again(image, memory);
    if (length > 0)
        memset(memory, 1, length);
    image_unmap(image, memory);
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
        fuzz_seal(bytes, size, parent);
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
