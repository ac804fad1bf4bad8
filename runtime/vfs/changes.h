/*
 * What has changed in a tree's memory (files in memory, and of overlays) since a moment: a name that was not there, one
 * that is gone, a file or link that is another or has other contents or times. A directory that is gone stands for all
 * that was in it; what is in a new one is told of, too. What was changed back to what it was may be told of.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "host_access.h"

enum changes_since {
    CHANGES_SINCE_RUN,        /* vfs_begin_run() */
    CHANGES_SINCE_CHECKPOINT, /* the one that is `skip` below the newest; without one, as IMAGE */
    CHANGES_SINCE_IMAGE,      /* vfs_begin_image(); or the oldest checkpoint, whichever is older */
    CHANGES_SINCE_HOST,       /* of overlays alone: what the host's directory has not */
};

enum change_kind { CHANGE_CREATED = 1, CHANGE_MODIFIED = 2, CHANGE_REMOVED = 3 };

struct change {
    struct host_file file; /* of what is gone: the path alone */
    enum change_kind kind;
};

/* Sorted by path; to be freed by changes_free() also after a failure. */
struct changes {
    struct change *items;
    size_t count, capacity;
    char *texts;
    size_t text_bytes, text_capacity;
};

/* Of all, or of what is at `path` (absolute, in one form) and below. An errno value. */
int changes_list(struct vfs *vfs, const char *path, enum changes_since since, uint32_t skip, struct changes *changes);
void changes_free(struct changes *changes);

#endif
