/*
 * Whether bytes are one JSON value within the caps of pybox.h. Guests are hostile and hosts err, so no text crosses
 * unchecked.
 * Not cJSON: a tree of 64 MiB of "[1,1,1,..." takes over 2 GiB and seconds, and cJSON lets through what is no JSON
 * (control characters in strings, 0x80 alone, 1.e, other numbers that strtod() takes). This reads each byte once and
 * allocates nothing.
 */
#ifndef VALUE_CHECK_H
#define VALUE_CHECK_H

#include "pybox.h"

/* Of a number: what Python converts by default. */
#define VALUE_DIGITS_MOST 4300

struct value_fault {
    const char *what; /* a sentence's end: "a comma or a bracket is expected" */
    size_t offset;
    int is_cap; /* it is JSON so far, but over a cap */
};

/* 0: it is JSON in UTF-8, without lone surrogates, and within the caps. Else -1, and *fault says why. */
int value_check(const char *bytes, size_t length, struct value_fault *fault);

#endif
