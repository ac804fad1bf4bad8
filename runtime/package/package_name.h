/* Names of files in packages, and of distributions. */
#ifndef PACKAGE_NAME_H
#define PACKAGE_NAME_H

#include <stddef.h>

#define PACKAGE_NAME_BYTES 1024 /* longest name of a file, all components */
#define PACKAGE_DEPTH 60        /* most components; the archives that boxes mount take 64 */

/* A relative path without empty, `.`, `..` and too long components, backslashes and control characters, in UTF-8 or,
 * unless `utf8`, in ASCII. A final slash is allowed. */
int package_name_is_safe(const char *name, size_t length, int utf8);

/* By bytes, as memcmp. */
int package_name_compare(const char *one, size_t one_length, const char *other, size_t other_length);

/* 1 if `name` ends in `suffix`. */
int package_name_ends(const char *name, size_t length, const char *suffix);

/* 1 if it is a file of native code, by its name. */
int package_name_is_native(const char *name, size_t length);

/* A distribution's name in the one form in which names are compared (PEP 503): lower case, and one - for each row of
 * - _ and . ; cut to `room` with the NUL. Returns `to`. */
char *package_name_normalise(const char *name, size_t length, char *to, size_t room);

/* Of a path whose first component is NAME-VERSION.dist-info or NAME-VERSION.egg-info, how long that is; else 0. */
size_t package_name_dist_info(const char *name, size_t length);

#endif
