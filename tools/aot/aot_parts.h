/* Where the parts of the pipeline are: relative to the running program, in the build tree as
 * installed. */
#ifndef AOT_PARTS_H
#define AOT_PARTS_H

#include <limits.h>

struct aot_parts {
    char build_module[PATH_MAX]; /* the script that runs the steps */
    char programs[PATH_MAX];     /* the folder of pybox-meter and pybox-glue */
    char program[PATH_MAX];      /* libpybox_program.a: the main program around a module */
    char library[PATH_MAX];      /* libpybox.a */
};

/* Finds them. `for_program`: the last two are needed as well. 0, or -1 after a message. */
int aot_parts_find(struct aot_parts *parts, int for_program);

#endif
