#include "printable.h"

/* The length of the control character at `s`, or 0: C0, DEL, and C1 (U+0080 to U+009F, which some terminals obey). */
static size_t printable_control(const unsigned char *s, size_t left)
{
    if (*s < 0x20 || *s == 0x7f)
        return 1;
    return *s == 0xc2 && left > 1 && s[1] >= 0x80 && s[1] < 0xa0 ? 2 : 0;
}

const char *printable_copy(char *to, size_t room, const char *from, size_t length)
{
    size_t at = 0;
    for (size_t i = 0; i < length && at + 1 < room; at++) {
        size_t control = printable_control((const unsigned char *)from + i, length - i);
        to[at] = control > 0 ? '?' : from[i];
        i += control > 0 ? control : 1;
    }
    to[at] = '\0';
    return to;
}
