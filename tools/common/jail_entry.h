/* --jail: the process behind the kernel's wall, as far as the command can do without the rest. */
#ifndef JAIL_ENTRY_H
#define JAIL_ENTRY_H

#include "box_options.h"

/* Closes what the command inherited besides its standard streams. */
void jail_entry_close_inherited(void);

/* Enters it. What the options name stays possible: writing to writable mounts and to what the command itself writes. */
pybox_status jail_entry(const struct box_options *options);

#endif
