/* The ELF object of the process that an address lies in, to check pointers that come out of it. */
#ifndef OBJECT_H
#define OBJECT_H

#include <stddef.h>
#include <stdint.h>

#define OBJECT_MAX_SEGMENTS 16

struct object_segment {
    uintptr_t start, end;
    unsigned rights; /* PF_R, PF_W, PF_X after relocation */
};

struct object {
    struct object_segment segments[OBJECT_MAX_SEGMENTS];
    int count;
};

/* Fills in the object that `address` lies in. Whether there is one (of up to OBJECT_MAX_SEGMENTS
 * segments). */
int object_find(const void *address, struct object *object);

/* Whether the `bytes` at `address` lie in one segment that has the rights. 0 bytes do anywhere. */
int object_holds(const struct object *object, const void *address, uint64_t bytes, unsigned rights);

/* Whether `text` is a NUL-terminated string of at most `max_length` in the object. */
int object_holds_text(const struct object *object, const char *text, size_t max_length);

#endif
