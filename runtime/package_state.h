/* Packages as part of a box's state. In a snapshot they are kept with the file tree: the section TREE is then
 *
 *     magic "PKGS" | version 1 (4 bytes) | length of the archive (8 bytes) | the archive | the encoded tree
 */
#ifndef PACKAGE_STATE_H
#define PACKAGE_STATE_H

#include "handles.h"

/* What stands behind the public handle. */
struct pybox_package;

/* The archive of all packages that a box of that image has with those options, held, or NULL if there are none.
 * Errors: ARGUMENT (a NULL, or two that do not go together), LIMIT, NO_MEMORY. */
pybox_status package_state_join(const struct pybox_image *image, const pybox_package *const *packages, size_t count,
                                struct vfs_archive **joined);

/* Takes what packages take from what a box may have of files. Errors: LIMIT. */
pybox_status package_state_charge(const struct vfs_archive *packages, struct vfs_quota *quota);

/* Puts the archive (or NULL: nothing) before an encoded tree, which is freed. Errors: NO_MEMORY. */
pybox_status package_state_encode(const struct vfs_archive *packages, void **tree, size_t *length);

/* Splits what a snapshot's tree is. `*packages` lies over these bytes, which must stay; NULL if there are none.
 * Errors: SNAPSHOT_FORMAT, SNAPSHOT_VERSION, ARCHIVE, NO_MEMORY. */
pybox_status package_state_decode(const void *bytes, size_t length, struct vfs_archive **packages,
                                  const uint8_t **tree, size_t *tree_length);

/* As context_add_summary(), with "packages": {"count": 2, "names": ["jinja2 3.1.6", ...]}. */
pybox_status package_state_add_summary(const struct vfs_archive *packages, const char *metadata, char **with);

#endif
