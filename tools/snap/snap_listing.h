/* The Python names and the files of a snapshot, as a program in a box of it lists them. The guest may say anything. */
#ifndef SNAP_LISTING_H
#define SNAP_LISTING_H

#include <cjson/cJSON.h>

#include "launch.h"

enum { LISTING_NAMES, LISTING_FILES, LISTING_COUNT };

struct snap_listing {
    cJSON *root;
    const cJSON **entries[LISTING_COUNT]; /* [what, digest of the content] by key, ascending */
    size_t counts[LISTING_COUNT];
    char failure[512]; /* why there is none; "" */
};

/* Lists what is in the image of `launch`, in a box of its own. snap_listing_free() when done. */
void snap_listing_make(struct snap_listing *listing, struct launch *launch,
                       const struct box_options *options);

/* Gets an entry of either listing, or of both with one key. */
typedef void snap_listing_callback(void *context, int kind, const cJSON *before,
                                   const cJSON *after);

/* Calls `each` for what differs: names, then files, ascending. */
void snap_listing_compare(const struct snap_listing *before, const struct snap_listing *after,
                          snap_listing_callback *each, void *context);

#define LISTING_WHAT_BYTES 96

/* The type of a name or the size of a file, for a line on a terminal. Returns `text`. */
const char *snap_listing_what(const cJSON *entry, char text[LISTING_WHAT_BYTES]);

void snap_listing_free(struct snap_listing *listing);

#endif
