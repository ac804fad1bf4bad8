/* pybox-snap merge: a delta and its parents become one full snapshot. */
#ifndef SNAP_MERGE_H
#define SNAP_MERGE_H

/* argv[0] is the command's name. Returns the exit code. */
int snap_merge(int argc, char **argv);

#endif
