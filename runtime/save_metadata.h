/* A snapshot's metadata: the host's JSON object, and what the library adds. */
#ifndef SAVE_METADATA_H
#define SAVE_METADATA_H

#include "pybox.h"

/* The host's object with one member more, `key`, whose value is the JSON text `value`; its other text stays as it is.
 * To be freed. NULL: no memory (and then *status is set), it has such a member, or would be no object of a size that
 * can be kept. */
char *save_metadata_join(const char *metadata, const char *key, const char *value, pybox_status *status);

#endif
