/* A command's own messages: one line on standard error, the command's name first. */
#ifndef COMPLAIN_H
#define COMPLAIN_H

/* To be called once, first: the name that messages begin with. Static storage. */
void complain_as(const char *name);

/* Writes "NAME: message\n"; control characters, which names of files may have, become '?'. Returns -1, so that a
 * function can end with `return complain(...)`. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

#endif
