/*
 * A file system as simple as can be, to compare the file tree with: nodes in an array, names in lists, paths resolved
 * as POSIX and Linux say, each operation's errors in the order of Linux. It knows names, links and types, no contents.
 * It shares no code with runtime/vfs.
 */
#ifndef PATHS_MODEL_H
#define PATHS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_NODES 200
#define MODEL_ENTRIES 12
#define MODEL_TEXT 64
#define MODEL_ROOT 0
#define MODEL_NONE (-1)

/* Any error will do: what is refused because of where it is has no order among its reasons. */
#define MODEL_REFUSED (-2)

/* The path goes into a directory of the host, of which the model knows nothing. INSIDE: and cannot come out again. */
#define MODEL_UNKNOWN (-3)
#define MODEL_INSIDE (-4)
#define MODEL_HOST 100 /* the number of such a mount */

enum model_type { MODEL_FREE, MODEL_DIRECTORY, MODEL_FILE, MODEL_LINK };

struct model_node {
    enum model_type type;
    int mount;  /* of which mount it is; 0: of what is above them all, which cannot be changed */
    int parent; /* of a directory; MODEL_NONE: it was removed */
    int links;
    uint64_t inode; /* as the tree has shown it first; 0: not yet */
    char target[MODEL_TEXT];
    struct model_entry {
        char name[8];
        int node; /* MODEL_NONE: none */
    } entries[MODEL_ENTRIES];
};

struct paths_model {
    struct model_node nodes[MODEL_NODES];
    int is_full; /* something did not fit: compare no more */
};

void model_start(struct paths_model *model);

/* A mounted directory. Its node. */
int model_mount(struct paths_model *model, int parent, const char *name, int mount);

/* What is there from the start. Its node. */
int model_put(struct paths_model *model, int parent, const char *name, enum model_type type, const char *target);

/* Each resolves its paths from a directory's node. 0, an errno value or one of the above. */
int model_look(const struct paths_model *model, int base, const char *path, int follow, int *node);
int model_open_directory(const struct paths_model *model, int base, const char *path, int follow, int *node);
int model_create(struct paths_model *model, int base, const char *path, int follow, int exclusive, int *node);
int model_make_directory(struct paths_model *model, int base, const char *path);
int model_symlink(struct paths_model *model, const char *target, int base, const char *path);
int model_readlink(const struct paths_model *model, int base, const char *path, const char **target);
int model_unlink(struct paths_model *model, int base, const char *path);
int model_remove_directory(struct paths_model *model, int base, const char *path);
int model_link(struct paths_model *model, int base, const char *from, int to_base, const char *to);
int model_rename(struct paths_model *model, int base, const char *from, int to_base, const char *to);

#endif
