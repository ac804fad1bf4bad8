#include "package_join.h"

#include <string.h>

#include "error.h"
#include "package_build.h"
#include "package_name.h"
#include "zip.h"

#define NAME_MOST 256 /* of distributions that are compared: a component's */

static const char *join_name(const struct vfs_archive *archive, uint32_t entry, size_t *length)
{
    *length = archive->entries[entry].name_length;
    return (const char *)archive->bytes + archive->entries[entry].name;
}

/* The file or folder of that whole name, or ZIP_NONE. */
static uint32_t join_find(const struct vfs_archive *archive, const char *name, size_t length)
{
    uint32_t at = ZIP_ROOT;
    for (size_t start = 0; start < length && at != ZIP_NONE;) {
        const char *slash = memchr(name + start, '/', length - start);
        size_t size = (slash == NULL ? length : (size_t)(slash - name)) - start;
        at = zip_find(archive, at, name + start, size);
        start += size + 1;
    }
    return at;
}

/* 1: the file is in `other` with the same bytes. 0: nothing of its name is. Else -1. */
static int join_compare(const struct vfs_archive *archive, uint32_t entry, const struct vfs_archive *other)
{
    size_t length;
    const char *name = join_name(archive, entry, &length);
    uint32_t found = join_find(other, name, length);
    if (found == ZIP_NONE)
        return 0;
    const uint8_t *one = zip_data(archive, entry), *two;
    uint32_t size = archive->entries[entry].size;
    if (other->entries[found].type != VFS_REGULAR || other->entries[found].size != size ||
        (two = zip_data(other, found)) == NULL || one == NULL)
        return -1;
    return size == 0 || memcmp(one, two, size) == 0 ? 1 : -1;
}

/* NAME of a NAME-VERSION.dist-info at the top, in the form in which names are compared; "" for others. */
static char *join_distribution(const struct vfs_archive *archive, uint32_t entry, char name[NAME_MOST])
{
    size_t length;
    const char *folder = zip_name(archive, entry, &length);
    name[0] = '\0';
    if (archive->entries[entry].type != VFS_DIRECTORY || package_name_dist_info(folder, length) == 0)
        return name;
    const char *dash = memchr(folder, '-', length);
    size_t size = dash == NULL ? length - strlen(".egg-info") : (size_t)(dash - folder);
    return package_name_normalise(folder, size, name, NAME_MOST);
}

/* No distribution of `archive` is in `other` under another folder's name: in another version. */
static pybox_status join_check_versions(const struct vfs_archive *archive, const struct vfs_archive *other)
{
    char name[NAME_MOST], other_name[NAME_MOST];
    for (uint32_t i = archive->entries[ZIP_ROOT].first; i != ZIP_NONE; i = archive->entries[i].next) {
        if (*join_distribution(archive, i, name) == '\0')
            continue;
        size_t length, other_length;
        const char *folder = zip_name(archive, i, &length);
        for (uint32_t j = other->entries[ZIP_ROOT].first; j != ZIP_NONE; j = other->entries[j].next) {
            const char *other_folder = zip_name(other, j, &other_length);
            if (strcmp(join_distribution(other, j, other_name), name) == 0 &&
                package_name_compare(folder, length, other_folder, other_length) != 0)
                return error_set(PYBOX_ERROR_ARGUMENT, "two packages of the name %s: %.*s and %.*s; expected one", name,
                                 (int)other_length, other_folder, (int)length, folder);
        }
    }
    return PYBOX_OK;
}

/* Adds the files of archive number `number` that those before it do not have. */
static pybox_status join_add(struct package_builder *builder, struct vfs_archive *const *archives, size_t number)
{
    const struct vfs_archive *archive = archives[number];
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < number && status == PYBOX_OK; i++)
        status = join_check_versions(archive, archives[i]);
    for (uint32_t i = 0; i < archive->count && status == PYBOX_OK; i++) {
        if (archive->entries[i].type != VFS_REGULAR)
            continue;
        size_t length;
        const char *name = join_name(archive, i, &length);
        int same = 0;
        for (size_t j = 0; j < number && same == 0; j++)
            same = join_compare(archive, i, archives[j]);
        if (same < 0)
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "two packages have %.*s, and not the same; expected each file in one", (int)(length < 300 ? length : 300), name);
        const uint8_t *bytes = zip_data(archive, i);
        if (bytes == NULL)
            return error_set(PYBOX_ERROR_ARCHIVE, "a package's archive contradicts itself");
        if (same == 0)
            status = package_builder_put(builder, name, length, bytes, archive->entries[i].size);
    }
    return status;
}

pybox_status package_join(struct vfs_archive *const *archives, size_t count, struct vfs_archive **joined)
{
    struct package_builder builder = {0};
    pybox_status status = PYBOX_OK;
    *joined = NULL;
    if (count == 1) {
        *joined = vfs_archive_hold(archives[0]);
        return PYBOX_OK;
    }
    for (size_t i = 0; i < count && status == PYBOX_OK; i++)
        status = join_add(&builder, archives, i);
    if (status == PYBOX_OK)
        return package_builder_finish(&builder, "of all packages", joined);
    package_builder_free(&builder);
    return status;
}

int package_distribution_next(const struct vfs_archive *archive, uint32_t *position,
                              struct package_distribution *distribution)
{
    static const char *const names[] = {"METADATA", "PKG-INFO"};
    char name[NAME_MOST];
    uint32_t i = *position == ZIP_ROOT ? archive->entries[ZIP_ROOT].first : *position;
    for (; i != ZIP_NONE; i = archive->entries[i].next) {
        if (*join_distribution(archive, i, name) == '\0')
            continue;
        uint32_t file = ZIP_NONE;
        for (size_t j = 0; j < sizeof names / sizeof *names && file == ZIP_NONE; j++)
            file = zip_find(archive, i, names[j], strlen(names[j]));
        const uint8_t *bytes =
            file != ZIP_NONE && archive->entries[file].type == VFS_REGULAR ? zip_data(archive, file) : NULL;
        if (bytes == NULL)
            continue;
        distribution->text = (const char *)bytes;
        distribution->length = archive->entries[file].size;
        package_header_find(distribution->text, distribution->length, "Name", 0, &distribution->name);
        package_header_find(distribution->text, distribution->length, "Version", 0, &distribution->version);
        *position = archive->entries[i].next;
        return 1;
    }
    *position = ZIP_NONE;
    return 0;
}
