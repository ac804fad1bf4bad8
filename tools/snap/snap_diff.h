/* pybox-snap diff: what is different in two snapshots. */
#ifndef SNAP_DIFF_H
#define SNAP_DIFF_H

/* argv[0] is the command's name. Returns the exit code: 0 nothing is, 1 something is. */
int snap_diff(int argc, char **argv);

#endif
