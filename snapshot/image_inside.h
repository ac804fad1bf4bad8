/* The inside of an image: shared by the parts that make one, no one else's. */
#ifndef IMAGE_INSIDE_H
#define IMAGE_INSIDE_H

#include "image.h"
#include "snapshot_format.h"
#include "snapshot_read.h"

#include <pthread.h>
#include <stdatomic.h>

struct image {
    atomic_uint holds;
    struct image_view view;
    int memory_fd;             /* the memfd; -1: the memory is mapped from the snapshot's file */
    struct snapshot *snapshot; /* owns what the view points to. Its file is open only while it is
                                  mapped */
    int sealed; /* the snapshot is mapped, in a sealed memfd: image_share.c */
    uint32_t depth;     /* how many deltas it was made of */
    struct image *root; /* held; a layered image's, whose memory it is. Else NULL */
    int trusted;        /* in the list of images that serve as parents */
    struct image *next; /* in that list */

    pthread_mutex_t lock; /* of what follows, which is found out when it is needed */
    const uint8_t *bytes; /* the mapped memory, to be read */
    int named;
    uint8_t name[DIGEST_BYTES];
    uint8_t *chunks; /* the digests of the chunks */
    uint8_t **units; /* of each chunk NULL, or the digests of its pages */
    int shared_fd;   /* a copy that can be shared; -1: none yet, or needs none */
};

struct image *image_create(void);

/* An empty memfd of `bytes`, that can be sealed. Errors: UNSUPPORTED, NO_MEMORY. */
pybox_status image_create_memory(uint64_t bytes, int *fd);

/* Blocks, see memory_file_seal(). Errors: UNSUPPORTED, IO. */
pybox_status image_seal_memory(int fd);

/* Fills the image from its open snapshot, which is not a delta. */
pybox_status image_load(struct image *image, const struct image_options *options);

/* Fills the image from its open snapshot, which is a delta: finds and opens its parents. `verify`: and
 * recomputes all digests. */
pybox_status image_chain_load(struct image *image, const struct image_options *options, int verify);

/* Makes the memory of a layered image one. */
pybox_status image_flatten(struct image *image);

/* The limits that the options stand for. */
struct snapshot_limits image_limits(const struct image_options *options);

/* A hold on the image of a full snapshot of that name that was opened from a trusted file and is
 * alive, or NULL. */
struct image *image_find_trusted(const uint8_t digest[DIGEST_BYTES]);

#endif
