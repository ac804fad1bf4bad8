/* What pybox-snap says of itself and of its commands. */
#ifndef SNAP_HELP_H
#define SNAP_HELP_H

extern const char snap_help_usage[];

/* Prints the page of a command, or with NULL that of all, to standard output; for a name that is none a message.
 * Returns the exit code. */
int snap_help_print(const char *command);

int snap_help_version(void);

/* After something was printed: the exit code. */
int snap_help_printed(void);

#endif
