/* What a distribution says of itself: METADATA and WHEEL files, which are headers as in mail (PEP 566, PEP 427). */
#ifndef PACKAGE_METADATA_H
#define PACKAGE_METADATA_H

#include <stddef.h>

#include "pybox.h"

/* The value of a header, without white space around it. */
struct package_header {
    const char *text; /* not NUL-terminated; "" if there is none */
    size_t length;
};

/* The header of that name (whatever its case) that is number `index` among those of the name. Text behind the first
 * empty line is not looked at. 0 if there is none. */
int package_header_find(const char *text, size_t length, const char *name, size_t index, struct package_header *found);

/* A distribution's facts. All zero: none. */
struct package_facts {
    char *name, *version, *summary, *requires_python; /* "" if it does not say */
    char **requires; /* each Requires-Dist */
    size_t require_count;
};

/* Reads them from the text of METADATA or PKG-INFO. Values that are no UTF-8, have control characters or are too long
 * are an error. Errors: ARCHIVE, LIMIT, NO_MEMORY. */
pybox_status package_facts_read(const char *text, size_t length, struct package_facts *facts);

/* The facts of what has no metadata: a name and nothing else. Errors: NO_MEMORY. */
pybox_status package_facts_name(const char *name, size_t length, struct package_facts *facts);

void package_facts_free(struct package_facts *facts);

#endif
