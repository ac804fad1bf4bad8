/* The block function of SHA-256 with the processor's own instructions, some eight times as fast as
 * in C. */
#ifndef DIGEST_BLOCKS_H
#define DIGEST_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* 1 if this processor has the instructions. */
int digest_blocks_work(void);

/* Puts `count` blocks of 64 bytes into the eight words of state (FIPS 180-4, 6.2.2), where the
 * instructions work. */
void digest_blocks(uint32_t state[8], const uint8_t *bytes, size_t count);

#endif
