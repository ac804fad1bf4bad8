/* pybox-snap info and verify. */
#ifndef SNAP_INFO_H
#define SNAP_INFO_H

/* argv[0] is the command's name. Both return the exit code. */
int snap_info(int argc, char **argv);
int snap_info_verify(int argc, char **argv);

/* Prints what the file at `path` says of itself. Returns the exit code. */
int snap_info_print(const char *path, int json);

#endif
