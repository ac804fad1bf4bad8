/* Numbers as people write and read them. */
#ifndef HUMAN_H
#define HUMAN_H

#include <stddef.h>
#include <stdint.h>

/* What a number counts: it decides which units there are. */
enum human_kind {
    HUMAN_SIZE,  /* bytes: "64M", "1.5G", "65536", "8 KiB"; powers of 1024, whatever the spelling */
    HUMAN_COUNT, /* "10M", "1.5G", "250k", "1000"; powers of 1000 */
    HUMAN_TIME,  /* nanoseconds: "250ms", "2s", "1.5h", "7d"; also ns, us, m; the unit must be there */
};

/* Fractions below one byte, one or one nanosecond are cut off. 0, or -1 if it is none of that
 * kind or over 2^63. */
int human_parse(enum human_kind kind, const char *text, uint64_t *value);

/* A whole decimal or 0x number. 0, or -1. */
int human_parse_number(const char *text, uint64_t *number);

#define HUMAN_BYTES 24

/* For the eye, three digits: "812 bytes", "3.40 MiB"; "999", "1.25M"; "12.3 ms", "1.50 s". Returns
 * `text`. */
const char *human_show(enum human_kind kind, uint64_t value, char text[HUMAN_BYTES]);

#define HUMAN_DATE_BYTES 32

/* "2026-11-21 13:03:19 UTC", of nanoseconds since 1970; 0: "not said". Returns `text`. */
const char *human_date(uint64_t ns, char text[HUMAN_DATE_BYTES]);

/* As human_parse() reads it, exactly that value and as short as can be: "64M", "1.5M", "250ms",
 * "1234567". Returns `text`. */
const char *human_spell(enum human_kind kind, uint64_t value, char text[HUMAN_BYTES]);

#endif
