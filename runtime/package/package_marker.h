/* Requirements of packages, with their conditions: PEP 508. */
#ifndef PACKAGE_MARKER_H
#define PACKAGE_MARKER_H

#include <stddef.h>

/* The name of what a requirement ("rich[all]>=13; python_version < '3.9'") wants: the length of the name at its start,
 * and whether its condition holds in a box, without extras. Returns 0 if it is malformed. A condition that cannot be
 * understood holds. */
size_t package_requirement_read(const char *text, int *applies);

/* Does a list of version bounds (">=3.8, !=3.9.*") hold for the Python of boxes? What cannot be understood holds. */
int package_python_fits(const char *bounds);

#endif
