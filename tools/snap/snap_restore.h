/* pybox-snap restore: runs a program from where a snapshot was taken, as pybox --image does. */
#ifndef SNAP_RESTORE_H
#define SNAP_RESTORE_H

/* argv[0] is the command's name. Returns the exit code. */
int snap_restore(int argc, char **argv);

#endif
