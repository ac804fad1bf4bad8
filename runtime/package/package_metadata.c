#include "package_metadata.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "error.h"

#define REQUIRES_MOST 1000u
#define VALUE_MOST 2000u /* bytes of a name, version or requirement */

/* The line that begins at `at`, without its end; `*next` is where the one behind it begins. */
static size_t metadata_line(const char *text, size_t length, size_t at, size_t *next)
{
    const char *end = memchr(text + at, '\n', length - at);
    size_t size = (end == NULL ? length : (size_t)(end - text)) - at;
    *next = end == NULL ? length : at + size + 1;
    return size > 0 && text[at + size - 1] == '\r' ? size - 1 : size;
}

int package_header_find(const char *text, size_t length, const char *name, size_t index, struct package_header *found)
{
    size_t name_length = strlen(name);
    *found = (struct package_header){"", 0};
    for (size_t at = 0, next; at < length; at = next) {
        size_t size = metadata_line(text, length, at, &next);
        if (size == 0)
            return 0;
        if (size <= name_length || text[at + name_length] != ':' || strncasecmp(text + at, name, name_length) != 0 ||
            index-- > 0)
            continue;
        const char *value = text + at + name_length + 1, *end = text + at + size;
        while (value < end && (*value == ' ' || *value == '\t'))
            value++;
        while (value < end && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *found = (struct package_header){value, (size_t)(end - value)};
        return 1;
    }
    return 0;
}

/* A copy of a header; `*copy` is "" for none. */
static pybox_status metadata_copy(const struct package_header *header, const char *name, size_t most, char **copy)
{
    size_t length = header->length;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)header->text[i] < ' ' && header->text[i] != '\t')
            return error_set(PYBOX_ERROR_ARCHIVE, "its metadata have a control character in %s", name);
    if (!bytes_are_utf8(header->text, length))
        return error_set(PYBOX_ERROR_ARCHIVE, "its metadata are no UTF-8, in %s", name);
    if (length > most)
        return error_set(PYBOX_ERROR_LIMIT, "its metadata have %zu bytes in %s; expected at most %zu", length, name,
                         most);
    *copy = strndup(header->text, length);
    return *copy != NULL ? PYBOX_OK : error_set_memory("a package's metadata", length);
}

static pybox_status metadata_take(const char *text, size_t length, const char *name, char **copy)
{
    struct package_header header;
    package_header_find(text, length, name, 0, &header);
    return metadata_copy(&header, name, VALUE_MOST, copy);
}

static pybox_status metadata_take_requires(const char *text, size_t length, struct package_facts *facts)
{
    struct package_header header;
    size_t count = 0;
    while (count <= REQUIRES_MOST && package_header_find(text, length, "Requires-Dist", count, &header))
        count++;
    if (count > REQUIRES_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "its metadata name too many requirements; expected at most %u",
                         REQUIRES_MOST);
    facts->requires = calloc(count + 1, sizeof *facts->requires);
    if (facts->requires == NULL)
        return error_set_memory("a package's requirements", count * sizeof *facts->requires);
    pybox_status status = PYBOX_OK;
    for (; facts->require_count < count && status == PYBOX_OK; facts->require_count++) {
        package_header_find(text, length, "Requires-Dist", facts->require_count, &header);
        status = metadata_copy(&header, "Requires-Dist", VALUE_MOST, &facts->requires[facts->require_count]);
    }
    return status;
}

pybox_status package_facts_read(const char *text, size_t length, struct package_facts *facts)
{
    *facts = (struct package_facts){0};
    pybox_status status = metadata_take(text, length, "Name", &facts->name);
    if (status == PYBOX_OK)
        status = metadata_take(text, length, "Version", &facts->version);
    if (status == PYBOX_OK)
        status = metadata_take(text, length, "Summary", &facts->summary);
    if (status == PYBOX_OK)
        status = metadata_take(text, length, "Requires-Python", &facts->requires_python);
    if (status == PYBOX_OK && (facts->name[0] == '\0' || facts->version[0] == '\0'))
        status = error_set(PYBOX_ERROR_ARCHIVE, "its metadata have no Name or no Version");
    if (status == PYBOX_OK)
        status = metadata_take_requires(text, length, facts);
    if (status != PYBOX_OK)
        package_facts_free(facts);
    return status;
}

pybox_status package_facts_name(const char *name, size_t length, struct package_facts *facts)
{
    const struct package_header header = {name, length}, none = {"", 0};
    *facts = (struct package_facts){0};
    pybox_status status = metadata_copy(&header, "Name", VALUE_MOST, &facts->name);
    if (status == PYBOX_OK)
        status = metadata_copy(&none, "Version", VALUE_MOST, &facts->version);
    if (status == PYBOX_OK)
        status = metadata_copy(&none, "Summary", VALUE_MOST, &facts->summary);
    if (status == PYBOX_OK)
        status = metadata_copy(&none, "Requires-Python", VALUE_MOST, &facts->requires_python);
    if (status != PYBOX_OK)
        package_facts_free(facts);
    return status;
}

void package_facts_free(struct package_facts *facts)
{
    for (size_t i = 0; i < facts->require_count; i++)
        free(facts->requires[i]);
    free(facts->requires);
    free(facts->name);
    free(facts->version);
    free(facts->summary);
    free(facts->requires_python);
    *facts = (struct package_facts){0};
}
