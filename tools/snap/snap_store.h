/* pybox-snap list, remove and gc: a folder of sessions. */
#ifndef SNAP_STORE_H
#define SNAP_STORE_H

/* argv[0] is the command's name. All return the exit code. */
int snap_store_list(int argc, char **argv);
int snap_store_remove(int argc, char **argv);
int snap_store_collect(int argc, char **argv);

#endif
