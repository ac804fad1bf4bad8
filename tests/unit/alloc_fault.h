/* Allocations that fail when a test wants it. Include it in one file of a program linked with --wrap of malloc, calloc,
 * realloc and strdup. */
#ifndef ALLOC_FAULT_H
#define ALLOC_FAULT_H

#include <stddef.h>

/* The allocation of this thread that fails: counts down to 0; negative: none. */
static _Thread_local long fail_at = -1;
static _Thread_local unsigned long allocations; /* so far */

static int fails(void)
{
    allocations++;
    return fail_at >= 0 && fail_at-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

#endif
