/* Images that lie in sealed memory as a whole, so that the memory can be handed to other processes. */
#include "image_inside.h"

#include "error.h"
#include "memory_file.h"
#include "snapshot_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The largest file tree that can be saved. */
static const struct snapshot_limits share_limits = {.tree_bytes = SNAPSHOT_TREE_LIMIT_BYTES};

/* Writes a snapshot in the mapped form to a new memfd, and seals it. */
static pybox_status share_write(const struct snapshot_content *content, uint64_t created_ns,
                                int *result)
{
    const struct snapshot_write_options options = {.form = PYBOX_FORM_MAPPED,
                                                   .created_ns = created_ns};
    int fd;
    pybox_status status = image_create_memory(0, &fd);
    if (status != PYBOX_OK)
        return status;
    status = snapshot_write_descriptor(fd, content, &options);
    if (status == PYBOX_OK)
        status = image_seal_memory(fd);
    if (status == PYBOX_OK)
        *result = fd;
    else
        close(fd);
    return status;
}

/* Fills the image from its open snapshot, which is sealed and in the mapped form. */
static void share_load(struct image *image)
{
    struct snapshot_info info;
    snapshot_inform(image->snapshot, &info);
    image->view.content = *snapshot_describe(image->snapshot);
    image->view.mapped_bytes = image->view.content.memory_bytes;
    image->view.fd = snapshot_descriptor(image->snapshot, &image->view.memory_offset);
    memcpy(image->name, info.digest, DIGEST_BYTES);
    image->named = 1;
    image->sealed = 1;
}

pybox_status image_create_from_content(const struct snapshot_content *content,
                                       struct image **result)
{
    int fd;
    *result = NULL;
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    pybox_status status = share_write(content, 0, &fd);
    if (status == PYBOX_OK) {
        status = snapshot_open_descriptor(fd, &share_limits, &image->snapshot);
        close(fd);
    }
    if (status != PYBOX_OK) {
        image_close(image);
        return status;
    }
    share_load(image);
    *result = image;
    return PYBOX_OK;
}

/* A copy of an image that is not sealed as a whole. */
static pybox_status share_copy(const struct image *image, int *fd)
{
    struct snapshot_content content = image->view.content;
    uint8_t *memory;
    pybox_status status = image_map(image, &memory);
    content.memory = memory;
    if (status == PYBOX_OK)
        status = share_write(&content, image_created_ns(image), fd);
    image_unmap(image, memory);
    return status;
}

pybox_status image_share(struct image *image, int *fd)
{
    *fd = -1;
    if (image->sealed) {
        *fd = image->view.fd;
        return PYBOX_OK;
    }
    if (image->root == NULL && image->memory_fd < 0)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "the image is a file that was mapped, as any process can map it; open it "
                         "there by its path");
    pthread_mutex_lock(&image->lock);
    pybox_status status =
        image->shared_fd < 0 ? share_copy(image, &image->shared_fd) : PYBOX_OK;
    *fd = image->shared_fd;
    pthread_mutex_unlock(&image->lock);
    return status;
}

static pybox_status share_check_seals(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals >= 0 && (seals & MEMORY_FILE_SEALS) == MEMORY_FILE_SEALS)
        return PYBOX_OK;
    return error_set(PYBOX_ERROR_ARGUMENT,
                     "descriptor %d is no sealed memory (%s); expected one that pybox_image_share() "
                     "gave, with the seals against writing, growing, shrinking and other seals",
                     fd, seals < 0 ? strerror(errno) : "seals are missing");
}

/* What is mapped must be so for good, and all of it be what it says. */
static pybox_status share_check(struct image *image, const uint8_t *module_hash)
{
    struct snapshot_info info;
    snapshot_inform(image->snapshot, &info);
    if (snapshot_is_delta(image->snapshot) || info.form != PYBOX_FORM_MAPPED)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "the shared memory is no full snapshot in the mapped form");
    pybox_status status = module_hash != NULL
                              ? snapshot_check_module(image->snapshot, module_hash)
                              : PYBOX_OK;
    return status == PYBOX_OK ? snapshot_verify(image->snapshot, 0) : status;
}

pybox_status image_receive(int fd, const uint8_t *module_hash, struct image **result)
{
    *result = NULL;
    pybox_status status = share_check_seals(fd);
    if (status != PYBOX_OK)
        return status;
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    status = snapshot_open_descriptor(fd, &share_limits, &image->snapshot);
    if (status == PYBOX_OK)
        status = share_check(image, module_hash);
    if (status != PYBOX_OK) {
        image_close(image);
        return status;
    }
    share_load(image);
    *result = image;
    return PYBOX_OK;
}
