/* Text from a guest or a snapshot, for a line on somebody's terminal. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>

/* Copies as much as there is room for, with a NUL behind it; control characters become '?'. `to` may be `from`.
 * Returns `to`. */
const char *printable_copy(char *to, size_t room, const char *from, size_t length);

#endif
