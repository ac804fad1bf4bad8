/* Mounts: made, released, found again. */
#ifndef MOUNT_H
#define MOUNT_H

#include "tree.h"

/* Releases what a mount holds. */
void mount_drop(struct mount *mount);

/* Marks the in-memory nodes that mounts are on, after a decode replaced all nodes, and makes those that are missing.
 * 0 or an errno value. */
int mount_cover(struct vfs *vfs);

#endif
