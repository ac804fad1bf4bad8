/* ZIP files made byte by byte, so that each field can be forged. */
#ifndef ZIP_FIXTURE_H
#define ZIP_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

struct zip_fixture {
    uint8_t *bytes;
    size_t length, capacity;
    uint8_t central[65536];
    size_t central_length;
    uint32_t count;
    size_t central_at; /* after zip_fixture_end() */
    size_t end_at;
};

void zip_fixture_start(struct zip_fixture *zip);
/* Adds a stored entry (a directory if the name ends in a slash); returns the offset of its central record in
 * `central`. */
size_t zip_fixture_add(struct zip_fixture *zip, const char *name, const char *text);
void zip_fixture_end(struct zip_fixture *zip);
void zip_fixture_free(struct zip_fixture *zip);

void zip_fixture_put16(uint8_t *at, uint32_t value);
void zip_fixture_put32(uint8_t *at, uint32_t value);

#endif
