/* Checksums keep mutations of a snapshot from getting anywhere: this makes them right. */
#ifndef FUZZ_SEAL_H
#define FUZZ_SEAL_H

#include "image.h"

/* Recomputes the digests that a file names of itself, as far as its layout can be followed. Those of a
 * delta are as if `parent` were its parent. */
void fuzz_seal(uint8_t *bytes, size_t size, struct image *parent);

#endif
