#include "image.h"

#include "error.h"
#include "file_io.h"
#include "snapshot_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3 */
#endif
#define MEMORY_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct image {
    atomic_uint holds;
    struct image_view view;
    int memory_fd;             /* the memfd; -1: the memory is mapped from the snapshot's file */
    struct snapshot *snapshot; /* owns what the view points to; NULL: `copy` does. Its file is open
                                  only while it is mapped */
    void *copy;
};

/* An empty memfd of `bytes`, that can be sealed. */
static pybox_status image_create_memory(uint64_t bytes, int *result)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create("pybox-image", flags | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("pybox-image", flags);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES))
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "this system does not allow memfd_create(), which images need");
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        error_set_io(reason, "cannot create the memory of an image");
        return error_set(PYBOX_ERROR_NO_MEMORY, "%s", error_message());
    }
    *result = fd;
    return PYBOX_OK;
}

static pybox_status image_seal_memory(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, MEMORY_SEALS) != 0)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "this system cannot seal a memfd, which images need");
    return PYBOX_OK;
}

static struct image *image_create(void)
{
    struct image *image = calloc(1, sizeof *image);
    if (image == NULL)
        return NULL;
    atomic_init(&image->holds, 1);
    image->memory_fd = -1;
    image->view.fd = -1;
    return image;
}

/* Fills the image from its open snapshot. */
static pybox_status image_load(struct image *image, const struct image_options *options)
{
    struct snapshot_info info;
    snapshot_inform(image->snapshot, &info);
    image->view.content = *snapshot_describe(image->snapshot);
    memcpy(image->view.digest, info.digest, DIGEST_BYTES);
    if (info.form == PYBOX_FORM_MAPPED && options->trusted_file) {
        image->view.fd = snapshot_descriptor(image->snapshot, &image->view.memory_offset);
        return PYBOX_OK;
    }
    pybox_status status = image_create_memory(image->view.content.memory_bytes, &image->memory_fd);
    if (status == PYBOX_OK)
        status = snapshot_extract(image->snapshot, image->memory_fd, options->threads);
    if (status == PYBOX_OK)
        status = image_seal_memory(image->memory_fd);
    snapshot_release_file(image->snapshot);
    image->view.fd = image->memory_fd;
    return status;
}

pybox_status image_open(const char *path, const uint8_t *module_hash,
                        const struct image_options *options, struct image **result)
{
    static const struct image_options defaults;
    *result = NULL;
    if (options == NULL)
        options = &defaults;
    struct snapshot_limits limits = {.memory_bytes = options->max_memory_bytes,
                                     .tree_bytes = options->max_tree_bytes};
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    pybox_status status = snapshot_open(path, &limits, &image->snapshot);
    if (status == PYBOX_OK && module_hash != NULL)
        status = snapshot_check_module(image->snapshot, module_hash);
    if (status == PYBOX_OK)
        status = image_load(image, options);
    if (status != PYBOX_OK) {
        image_close(image);
        return status;
    }
    *result = image;
    return PYBOX_OK;
}

/* Copies globals, metadata and tree into one allocation, in the order of their alignment. */
static pybox_status image_copy_content(struct image *image, const struct snapshot_content *content)
{
    const char *metadata = content->metadata != NULL ? content->metadata : "{}";
    size_t metadata_bytes = content->metadata != NULL ? content->metadata_bytes : 2;
    size_t globals_bytes = content->global_count * sizeof *content->globals;
    size_t length =
        globals_bytes + metadata_bytes + 1 + content->tree_bytes; /* capped: no overflow */
    uint8_t *copy = malloc(length);
    if (copy == NULL)
        return error_set_memory("the content of an image", length);
    if (globals_bytes > 0)
        memcpy(copy, content->globals, globals_bytes);
    char *text = (char *)copy + globals_bytes;
    memcpy(text, metadata, metadata_bytes);
    text[metadata_bytes] = '\0';
    uint8_t *tree = (uint8_t *)text + metadata_bytes + 1;
    if (content->tree_bytes > 0)
        memcpy(tree, content->tree, content->tree_bytes);

    image->copy = copy;
    image->view.content = *content;
    image->view.content.memory = NULL;
    image->view.content.globals = (const struct snapshot_global *)(const void *)copy;
    image->view.content.metadata = text;
    image->view.content.metadata_bytes = metadata_bytes;
    image->view.content.tree = tree;
    return PYBOX_OK;
}

pybox_status image_create_from_content(const struct snapshot_content *content,
                                       struct image **result)
{
    *result = NULL;
    pybox_status status = snapshot_content_check(content, PYBOX_ERROR_ARGUMENT);
    if (status != PYBOX_OK)
        return status;
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    status = image_copy_content(image, content);
    if (status == PYBOX_OK)
        status = image_create_memory(content->memory_bytes, &image->memory_fd);
    if (status == PYBOX_OK)
        status = file_io_write_sparse(image->memory_fd, content->memory,
                                      (size_t)content->memory_bytes, 0);
    if (status == PYBOX_OK)
        status = image_seal_memory(image->memory_fd);
    if (status != PYBOX_OK) {
        image_close(image);
        return status;
    }
    image->view.fd = image->memory_fd;
    *result = image;
    return PYBOX_OK;
}

struct image *image_hold(struct image *image)
{
    atomic_fetch_add_explicit(&image->holds, 1, memory_order_relaxed);
    return image;
}

void image_close(struct image *image)
{
    if (image == NULL || atomic_fetch_sub_explicit(&image->holds, 1, memory_order_acq_rel) != 1)
        return;
    if (image->memory_fd >= 0)
        close(image->memory_fd);
    snapshot_close(image->snapshot);
    free(image->copy);
    free(image);
}

const struct image_view *image_describe(const struct image *image)
{
    return &image->view;
}

pybox_status image_map(const struct image *image, void *address)
{
    size_t length = (size_t)image->view.content.memory_bytes;
    if (length == 0)
        return PYBOX_OK;
    void *mapped =
        mmap(address, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
             image->view.fd, (off_t)image->view.memory_offset);
    if (mapped == MAP_FAILED) {
        error_set_io(errno, "cannot map the memory of an image");
        return error_set(PYBOX_ERROR_NO_MEMORY, "%s", error_message());
    }
    return PYBOX_OK;
}
