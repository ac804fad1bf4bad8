/* What becomes of the state that a program leaves: --save. */
#ifndef KEEP_H
#define KEEP_H

#include "launch.h"
#include "save_options.h"

/* Writes the box's state to the file of --save. */
pybox_status keep_save(const struct save_options *save, const struct launch *launch);

/* Tells of the files that were open in the snapshot and are not to be found under the box's mounts. Before the box's
 * next call. */
void keep_warn(const struct launch *launch);

#endif
