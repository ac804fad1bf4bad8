/* A line on standard error for work that takes long, if that is a terminal: what is done, and for how long already. It
 * comes after half a second and goes at the end. */
#ifndef PROGRESS_H
#define PROGRESS_H

/* Nothing else may be written to standard error until progress_end(). One at a time. */
__attribute__((format(printf, 1, 2))) void progress_begin(const char *format, ...);

void progress_end(void);

#endif
