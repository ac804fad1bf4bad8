/* Numbers as people write and read them. */
#ifndef HUMAN_H
#define HUMAN_H

#include <stddef.h>
#include <stdint.h>

/* "64M", "1.5G", "65536", "8 KiB": powers of 1024, whatever the unit's spelling. 0, or -1 if it is
 * no size or over 2^63 bytes. */
int human_parse_size(const char *text, uint64_t *bytes);

/* A whole decimal or 0x number. 0, or -1. */
int human_parse_number(const char *text, uint64_t *number);

#define HUMAN_SIZE_BYTES 16

/* "812 bytes", "3.4 MiB": three digits, for the eye. Returns `text`. */
const char *human_size(uint64_t bytes, char text[HUMAN_SIZE_BYTES]);

#endif
