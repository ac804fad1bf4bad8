/* The parts of the jail (pybox_jail_enter() in pybox.h). They are an archive of their own, so that who does not use it
 * need not link libseccomp; of the rest of the library they know the public header only. */
#ifndef JAIL_INSIDE_H
#define JAIL_INSIDE_H

#include <stdint.h>

#include "pybox.h"

/* pybox_error_set() with a format. */
__attribute__((format(printf, 2, 3))) pybox_status jail_fail(pybox_status status, const char *format, ...);

/* Puts the filter for what `allow` says (enum pybox_jail_allow) before every system call of every thread. */
pybox_status jail_filter_load(uint32_t allow, int kill);

/* The version of Landlock's interface, 0 if the kernel has none. */
int jail_paths_version(void);

/* Makes the rules for the calling thread, which are not in force yet; *rules is a descriptor. */
pybox_status jail_paths_prepare(const pybox_jail_path *paths, size_t count, int *rules);

/* Puts them in force, and closes them. */
pybox_status jail_paths_enforce(int rules);

#endif
