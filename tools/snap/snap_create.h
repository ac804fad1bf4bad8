/* pybox-snap create: runs code in a box and saves the state that it leaves. */
#ifndef SNAP_CREATE_H
#define SNAP_CREATE_H

/* argv[0] is the command's name. Returns the exit code. */
int snap_create(int argc, char **argv);

#endif
