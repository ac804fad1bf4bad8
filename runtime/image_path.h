/* Opening snapshots as images, with the parents of deltas. */
#ifndef IMAGE_PATH_H
#define IMAGE_PATH_H

#include "handles.h"
#include "snapshot_write.h"

/* Opens the snapshot at `path` as pybox_image_load() does, without a handle. Errors: as pybox_image_load(). */
pybox_status image_path_load(struct pybox_module *module, const char *path,
                             const pybox_image_options *options, struct image **image);

/* Writes what an image holds as a full snapshot. `metadata` takes the place of the image's own if it is not NULL.
 * Errors: as pybox_box_save(). */
pybox_status image_path_write(const struct image *image, const char *path, const char *metadata,
                              const struct snapshot_write_options *how);

/* The folder that a file is in, to be freed; NULL: no memory. */
char *image_path_folder(const char *path);

#endif
