/*
 * Memories of boxes that have been destroyed, for the next boxes of their image. Most of the time to a new box's
 * first result would be page faults: 70 pages to copy, as many 64 KiB to map. A spare memory has them; it has been
 * rolled back to the image, byte for byte, as a pool's box is.
 */
#ifndef SPARE_H
#define SPARE_H

#include "handles.h"

/* There are none yet for a new image. */
void spare_init(struct pybox_image *image);

/* Gives the box a memory and its rollback, from a destroyed box of its image, with that limit. Whether there was one. */
int spare_take(struct pybox_box *box, uint64_t limit_pages);

/* Keeps the memory and the rollback of a box that is being destroyed, if they are of use to another. Whether so: they
 * are the box's no more. */
int spare_keep(struct pybox_box *box);

/* Frees those of an image that goes. */
void spare_free(struct pybox_image *image);

#endif
