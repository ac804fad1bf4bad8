/* Decoding in progress: what decode.c (nodes) and decode_files.c (descriptors) share. */
#ifndef DECODE_H
#define DECODE_H

#include "tree.h"

struct decoded_node {
    struct memfs_node *node;
    const uint8_t *contents; /* of a directory: where its entries are encoded */
    int in_overlay;          /* of a directory: it can be reached from the root of one */
};

struct decoder {
    struct vfs *vfs; /* not changed before all is decoded */
    const uint8_t *at;
    size_t left;
    int bad; /* something was cut off */
    struct memfs memfs; /* the new store */
    uint64_t last_inode;
    struct decoded_node *nodes;
    uint32_t node_count;
    uint32_t version;
    uint32_t roots[VFS_MOUNTS]; /* by mount: node number + 1, or 0 */
    struct file *files;
    uint32_t file_capacity;
    struct lost lost;
};

/* Take bytes from the front. If there are too few, `bad` is set and zeroes are returned. */
const uint8_t *decode_take(struct decoder *decoder, uint64_t length);
uint8_t decode_u8(struct decoder *decoder);
uint16_t decode_u16(struct decoder *decoder);
uint32_t decode_u32(struct decoder *decoder);
uint64_t decode_u64(struct decoder *decoder);
const char *decode_text(struct decoder *decoder, size_t *length);

/* SNAPSHOT_FORMAT: `what`, or that it is cut off. */
pybox_status decode_refuse(const struct decoder *decoder, const char *what);

/* The mount at that guest path, or TREE_SKELETON. */
uint8_t decode_find_mount(const struct vfs *vfs, const char *path, size_t length);

pybox_status decode_descriptors(struct decoder *decoder);

/* Undoes it. */
void decode_drop_descriptors(struct decoder *decoder);

#endif
