/* Listing the directories of overlays that show something of the host. */
#ifndef LISTING_OVERLAY_H
#define LISTING_OVERLAY_H

#include "overlay.h"

/* vfs_list(). First the names that the host has, with the kernel's cookies, whether they are in memory by now or not;
 * then those that only memory has, with cookies from 2^63 on. So what is copied to memory meanwhile stays where it is in
 * the order, and is listed once. `parent` is the inode number of `..`. */
int listing_overlay(struct vfs *vfs, const struct place *directory, uint64_t parent, uint64_t cookie, vfs_each *each,
                    void *context);

/* What a node is listed as: what is mounted on it, if something is. (listing.c) */
uint8_t listing_node_type(const struct vfs *vfs, const struct memfs_node *node);

#endif
