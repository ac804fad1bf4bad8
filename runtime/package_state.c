#include "package_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "bytes.h"
#include "error.h"
#include "package_handle.h"
#include "package_join.h"
#include "save_metadata.h"

#define STATE_MAGIC 0x53474b50u /* "PKGS" */
#define STATE_VERSION 1u
#define STATE_HEAD_BYTES 16u
#define PACKAGES_MOST 1000u
#define NAMES_MOST 100 /* that are listed; all are counted */

/* The union that is kept, held, or NULL. */
static struct vfs_archive *state_find_joined(struct pybox_package *first, struct vfs_archive *const *parts,
                                             size_t count)
{
    struct vfs_archive *found = NULL;
    pthread_mutex_lock(&first->lock);
    if (first->part_count == count && memcmp(first->parts, parts, count * sizeof *parts) == 0)
        found = vfs_archive_hold(first->joined);
    pthread_mutex_unlock(&first->lock);
    return found;
}

/* Keeps a union for the next box. It does without if there is no memory. */
static void state_keep_joined(struct pybox_package *first, struct vfs_archive *const *parts, size_t count,
                              struct vfs_archive *joined)
{
    struct vfs_archive **copy = malloc(count * sizeof *copy);
    if (copy == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        copy[i] = vfs_archive_hold(parts[i]);
    pthread_mutex_lock(&first->lock);
    struct vfs_archive **old = first->parts, *old_joined = first->joined;
    size_t old_count = first->part_count;
    first->parts = copy;
    first->part_count = count;
    first->joined = vfs_archive_hold(joined);
    pthread_mutex_unlock(&first->lock);
    for (size_t i = 0; i < old_count; i++)
        vfs_archive_close(old[i]);
    free(old);
    vfs_archive_close(old_joined);
}

pybox_status package_state_join(const struct pybox_image *image, const pybox_package *const *packages, size_t count,
                                struct vfs_archive **joined)
{
    struct vfs_archive *const baked = image != NULL ? image->packages : NULL;
    size_t parts_count = 0;
    *joined = NULL;
    if (count == 0) {
        *joined = baked != NULL ? vfs_archive_hold(baked) : NULL;
        return PYBOX_OK;
    }
    if (packages == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "package_count is %zu but packages is NULL", count);
    if (count > PACKAGES_MOST)
        return error_set(PYBOX_ERROR_ARGUMENT, "package_count is %zu; expected at most %u", count, PACKAGES_MOST);
    for (size_t i = 0; i < count; i++)
        if (packages[i] == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "package %zu is NULL", i);
    struct vfs_archive **parts = malloc((count + 1) * sizeof *parts);
    if (parts == NULL)
        return error_set_memory("a box's packages", count * sizeof *parts);
    if (baked != NULL)
        parts[parts_count++] = baked;
    for (size_t i = 0; i < count; i++)
        parts[parts_count++] = packages[i]->contents.archive;
    pybox_package *first = (pybox_package *)(uintptr_t)packages[0]; /* of which only what is locked changes */
    pybox_status status = PYBOX_OK;
    *joined = parts_count > 1 ? state_find_joined(first, parts, parts_count) : NULL;
    if (*joined == NULL) {
        status = package_join(parts, parts_count, joined);
        if (status == PYBOX_OK && parts_count > 1)
            state_keep_joined(first, parts, parts_count, *joined);
    }
    free(parts);
    return status;
}

pybox_status package_state_charge(const struct vfs_archive *packages, struct vfs_quota *quota)
{
    size_t length;
    if (packages == NULL)
        return PYBOX_OK;
    vfs_archive_bytes(packages, &length);
    if (quota->bytes != PYBOX_UNLIMITED && length >= quota->bytes)
        return error_set(PYBOX_ERROR_LIMIT, "the packages take %zu bytes; the box may have %llu of files (files_bytes)",
                         length, (unsigned long long)quota->bytes);
    if (quota->bytes != PYBOX_UNLIMITED)
        quota->bytes -= length;
    return PYBOX_OK;
}

pybox_status package_state_encode(const struct vfs_archive *packages, void **tree, size_t *length)
{
    size_t archive_length;
    if (packages == NULL)
        return PYBOX_OK;
    const void *archive = vfs_archive_bytes(packages, &archive_length);
    uint8_t *grown = realloc(*tree, STATE_HEAD_BYTES + archive_length + *length);
    if (grown == NULL)
        return error_set_memory("a snapshot's packages", archive_length);
    memmove(grown + STATE_HEAD_BYTES + archive_length, grown, *length);
    bytes_store_u32(grown, STATE_MAGIC);
    bytes_store_u32(grown + 4, STATE_VERSION);
    bytes_store_u64(grown + 8, archive_length);
    memcpy(grown + STATE_HEAD_BYTES, archive, archive_length);
    *tree = grown;
    *length += STATE_HEAD_BYTES + archive_length;
    return PYBOX_OK;
}

pybox_status package_state_decode(const void *bytes, size_t length, struct vfs_archive **packages,
                                  const uint8_t **tree, size_t *tree_length)
{
    const uint8_t *head = bytes;
    *packages = NULL;
    *tree = bytes;
    *tree_length = length;
    if (length < STATE_HEAD_BYTES || bytes_load_u32(head) != STATE_MAGIC)
        return PYBOX_OK;
    if (bytes_load_u32(head + 4) != STATE_VERSION)
        return error_set(PYBOX_ERROR_SNAPSHOT_VERSION, "the snapshot's packages: version %u; expected %u",
                         bytes_load_u32(head + 4), STATE_VERSION);
    uint64_t archive_length = bytes_load_u64(head + 8);
    if (archive_length > length - STATE_HEAD_BYTES)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT, "the snapshot's packages are cut off");
    *tree = head + STATE_HEAD_BYTES + archive_length;
    *tree_length = length - STATE_HEAD_BYTES - (size_t)archive_length;
    return vfs_archive_open_bytes(head + STATE_HEAD_BYTES, (size_t)archive_length, "of the snapshot's packages",
                                  packages);
}

/* {"count": ..., "names": [...]}. NULL: no memory. */
static char *state_describe(const struct vfs_archive *packages, double *count)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(object, "names");
    struct package_distribution found;
    int made = names != NULL;
    for (uint32_t at = 0; made && package_distribution_next(packages, &at, &found); ++*count) {
        char text[200];
        const int length = (int)(found.name.length < 120 ? found.name.length : 120);
        snprintf(text, sizeof text, "%.*s %.*s", length, found.name.text, (int)(found.version.length < 60 ? found.version.length : 60), found.version.text);
        if (*count >= NAMES_MOST || !bytes_are_utf8(text, strlen(text)))
            continue;
        cJSON *name = cJSON_CreateString(text);
        made = cJSON_AddItemToArray(names, name);
        if (!made)
            cJSON_Delete(name);
    }
    made = made && cJSON_AddNumberToObject(object, "count", *count) != NULL;
    char *text = made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

pybox_status package_state_add_summary(const struct vfs_archive *packages, const char *metadata, char **with)
{
    double count = 0;
    pybox_status status = PYBOX_OK;
    *with = NULL;
    if (packages == NULL)
        return PYBOX_OK;
    char *text = state_describe(packages, &count);
    if (text == NULL)
        return error_set_memory("a snapshot's metadata", 0);
    *with = save_metadata_join(metadata != NULL ? metadata : "{}", "packages", text, &status);
    cJSON_free(text);
    return status;
}
