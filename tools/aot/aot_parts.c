#include "aot_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first of `candidates` (NULL behind the last) that is there, seen from `folder`. 0, or -1. */
static int find(const char *folder, const char *const *candidates, char *path)
{
    for (; *candidates != NULL; candidates++) {
        int length = snprintf(path, PATH_MAX, "%s/%s", folder, *candidates);
        if (length > 0 && length < PATH_MAX && access(path, F_OK) == 0)
            return 0;
    }
    path[0] = 0;
    return -1;
}

/* Cuts the last component off. */
static void cut(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = 0;
}

int aot_parts_find(struct aot_parts *parts, int for_program)
{
    static const char *const scripts[] = {"share/pybox/aot/build-module", NULL};
    static const char *const programs[] = {"libexec/pybox/pybox-glue", "bin/pybox-glue", NULL};
    static const char *const mains[] = {"libexec/pybox/libpybox_program.a",
                                        "lib/libpybox_program.a", NULL};
    static const char *const libraries[] = {PYBOX_LIBDIR "/libpybox.a", "lib/libpybox.a", NULL};
    char root[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", root, sizeof(root) - 1);
    root[length > 0 ? length : 0] = 0;
    cut(root); /* the program's name */
    cut(root); /* bin */
    int failed = find(root, scripts, parts->build_module) + find(root, programs, parts->programs);
    cut(parts->programs);
    if (for_program)
        failed += find(root, mains, parts->program) + find(root, libraries, parts->library);
    if (failed == 0)
        return 0;
    fprintf(stderr,
            "pybox-aot: parts of it are missing; expected in %s: share/pybox/aot/build-module, "
            "libexec/pybox/pybox-glue, libexec/pybox/libpybox_program.a, " PYBOX_LIBDIR
            "/libpybox.a; install pybox again\n",
            root);
    return -1;
}
