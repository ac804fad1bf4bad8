/* Reads hostile wheels, with checksums that are made right where that is possible, so that more than the first check is
 * reached; and the texts in them, each alone. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "package_contents.h"
#include "package_join.h"
#include "package_marker.h"
#include "package_name.h"
#include "package_record.h"
#include "zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define CENTRAL_BYTES 46 /* of a record before its name */

static const struct package_limits limits = {1 << 20, 1000};

/* Corrects the checksums of stored entries, in both places. */
static void mend(uint8_t *bytes, size_t length)
{
    struct package_zip zip;
    if (package_zip_open(bytes, length, &limits, &zip) != PYBOX_OK)
        return;
    for (uint32_t i = 0; i < zip.count; i++) {
        const struct package_zip_entry *entry = &zip.entries[i];
        if (entry->method != 0)
            continue;
        uint32_t sum = (uint32_t)crc32_z(0, bytes + entry->data, entry->bytes);
        bytes_store_u32((uint8_t *)(uintptr_t)entry->name - CENTRAL_BYTES + 16, sum);
        bytes_store_u32(bytes + entry->header + 14, sum);
    }
    package_zip_close(&zip);
}

/* What was accepted is whole: every file can be read, and the archive joins with itself. */
static void look(const struct package_contents *contents)
{
    volatile unsigned sum = 0;
    const struct vfs_archive *archive = contents->archive;
    for (uint32_t i = 0; i < archive->count; i++) {
        const uint8_t *data = archive->entries[i].type == VFS_REGULAR ? zip_data(archive, i) : NULL;
        if (archive->entries[i].type == VFS_REGULAR && data == NULL)
            abort();
        for (uint32_t j = 0; data != NULL && j < archive->entries[i].size; j++)
            sum += data[j];
    }
    struct vfs_archive *joined, *parts[2] = {contents->archive, contents->archive};
    if (package_join(parts, 2, &joined) != PYBOX_OK || joined->count != archive->count)
        abort();
    struct package_distribution found;
    int count = 0;
    for (uint32_t at = 0; package_distribution_next(joined, &at, &found);)
        count++;
    if (count < 1 || contents->facts.name[0] == '\0')
        abort();
    vfs_archive_close(joined);
}

static void read_texts(const char *text, size_t length)
{
    struct package_record record;
    struct package_facts facts;
    const struct package_record_line *line;
    int applies;
    char name[64];
    if (package_record_read(text, length, 100, &record) == PYBOX_OK) {
        for (size_t i = 0; i < record.count; i++)
            package_record_check(&record, record.lines[i].path, record.lines[i].path_length, (const uint8_t *)"x", 1, &line);
        package_record_free(&record);
    }
    if (package_facts_read(text, length, &facts) == PYBOX_OK) {
        for (size_t i = 0; i < facts.require_count; i++)
            package_requirement_read(facts.requires[i], &applies);
        package_facts_free(&facts);
    }
    char *copy = strndup(text, length);
    if (copy == NULL)
        return;
    package_requirement_read(copy, &applies);
    package_python_fits(copy);
    package_name_is_safe(copy, strlen(copy), 1);
    package_name_is_native(copy, strlen(copy));
    package_name_normalise(copy, strlen(copy), name, sizeof name);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct package_contents contents;
    uint8_t *copy = malloc(length + 1);
    if (copy == NULL)
        return 0;
    if (length > 0)
        memcpy(copy, bytes, length);
    mend(copy, length);
    if (package_wheel_read(copy, length, &limits, &contents) == PYBOX_OK) {
        look(&contents);
        package_contents_free(&contents);
    }
    free(copy);
    read_texts((const char *)bytes, length);
    return 0;
}
