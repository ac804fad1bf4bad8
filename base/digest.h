/* SHA-256, of FIPS 180-4. */
#ifndef DIGEST_H
#define DIGEST_H

#include "pybox.h"

#include <sha2.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX_BYTES 65 /* with the NUL */

/* A digest that is being computed, piece by piece. A plain value: copying it forks it. */
struct digest {
    SHA2_CTX state;
};

void digest_start(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t length);
void digest_add_u32(struct digest *digest, uint32_t value); /* as 4 bytes, little-endian */
void digest_add_u64(struct digest *digest, uint64_t value); /* as 8 bytes, little-endian */
void digest_finish(struct digest *digest, uint8_t result[DIGEST_BYTES]);

/* The digest of `length` bytes. */
void digest_bytes(const void *bytes, size_t length, uint8_t result[DIGEST_BYTES]);

/* The digest of a file from its start to its end, read with pread: the offset does not move. On
 * failure the result is zeroes. Error: IO. */
pybox_status digest_file(int fd, uint8_t result[DIGEST_BYTES]);

/* As 64 lower-case hexadecimal digits and a NUL. Returns `text`. */
char *digest_hex(const uint8_t digest[DIGEST_BYTES], char text[DIGEST_HEX_BYTES]);

/* The other way. 0, or -1 (and zeroes) if the first 64 characters are not lower-case hexadecimal
 * digits or more follow. */
int digest_parse(const char *text, uint8_t digest[DIGEST_BYTES]);

#endif
