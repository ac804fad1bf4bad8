/*
 * The work of programs that embed pybox, for pybox_peer.c: host functions, values in and out, many calls that wait together, small
 * expressions over state, contexts. embedding.py does the same with other systems.
 */
#ifndef PYBOX_EMBEDDING_H
#define PYBOX_EMBEDDING_H

#include "pybox.h"

struct embedding_task {
    const char *name;
    const char *set_up;  /* code that runs before */
    int has_data;        /* and `data` is bound to the rows */
    void (*once)(pybox_box *box);
};

/* Of pybox_peer.c: both end the program with an answer that says why. */
_Noreturn __attribute__((format(printf, 1, 2))) void peer_fail(const char *format, ...);
void peer_check(pybox_status status);

/* Once, before anything else. */
void embedding_start(void);
void embedding_end(void);

/* NULL: there is no such task. */
const struct embedding_task *embedding_find(const char *name);

/* A box of the image, ready for the task. */
pybox_box *embedding_box(const struct embedding_task *task, pybox_module *module, pybox_image *image);

/* That calls reach the host, and values arrive as they were. Once; later it does nothing. */
void embedding_check(pybox_module *module, pybox_image *image);

#endif
