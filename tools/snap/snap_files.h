/* pybox-snap files, cat, export: the files in a snapshot. */
#ifndef SNAP_FILES_H
#define SNAP_FILES_H

int snap_files_list(int argc, char **argv);
int snap_files_cat(int argc, char **argv);
int snap_files_export(int argc, char **argv);

#endif
