/* The index over a ZIP file's central directory. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "namehash.h"
#include "zip.h"

#define END_BYTES 22u
#define END_SIGNATURE 0x06054b50u
#define CENTRAL_BYTES 46u
#define CENTRAL_SIGNATURE 0x02014b50u
#define FLAG_ENCRYPTED 0x0001u
#define FLAG_PATCHED 0x0020u
#define FLAG_STRONG 0x0040u
#define FLAG_MASKED 0x2000u
#define NAME_BYTES 255u
#define ENTRIES 500000u /* made-up parent directories included */

/* Where the index is in a file while it is made. */
struct zip_reader {
    struct vfs_archive *archive;
    const char *label;
    uint32_t record; /* number of the central record, for messages */
    uint32_t parent; /* the directory of the previous name: mostly that of the next, too */
    uint32_t parent_name, parent_length;
};

static uint32_t zip_u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t zip_u32(const uint8_t *at)
{
    return zip_u16(at) | zip_u16(at + 2) << 16;
}

static pybox_status zip_bad(const struct zip_reader *reader, const char *what)
{
    return error_set(PYBOX_ERROR_ARCHIVE, "archive %s, entry %u: %s", reader->label, reader->record,
                     what);
}

/* Days from 1970-01-01 (Howard Hinnant's days_from_civil, for years from 1980). */
static uint32_t zip_days(uint32_t year, uint32_t month, uint32_t day)
{
    year -= month <= 2;
    uint32_t of_era = year % 400;
    uint32_t of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
    return year / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* DOS date and time, taken as UTC. Nonsense in it becomes 1980-01-01. */
static uint32_t zip_time(uint32_t time, uint32_t date)
{
    uint32_t month = date >> 5 & 15, day = date & 31;
    if (month < 1 || month > 12 || day < 1)
        return zip_days(1980, 1, 1) * 86400;
    return zip_days(1980 + (date >> 9), month, day) * 86400 + (time >> 11) * 3600 +
           (time >> 5 & 63) * 60 + (time & 31) * 2;
}

static void zip_index_put(struct vfs_archive *archive, uint32_t number)
{
    uint32_t mask = archive->index_size - 1;
    uint32_t slot = archive->entries[number].hash & mask;
    while (archive->index[slot] != 0)
        slot = (slot + 1) & mask;
    archive->index[slot] = number + 1;
}

/* Makes room for `capacity` entries. */
static pybox_status zip_reserve(struct vfs_archive *archive, uint32_t capacity)
{
    struct zip_entry *entries = realloc(archive->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return error_set_memory("an archive's entries", capacity * sizeof *entries);
    archive->entries = entries;
    archive->capacity = capacity;
    uint32_t size = 16;
    while (size < capacity * 2)
        size *= 2;
    uint32_t *index = calloc(size, sizeof *index);
    if (index == NULL)
        return error_set_memory("an archive's index", size * sizeof *index);
    free(archive->index);
    archive->index = index;
    archive->index_size = size;
    for (uint32_t i = 1; i < archive->count; i++)
        zip_index_put(archive, i);
    return PYBOX_OK;
}

/* Adds an entry to its parent's children and to the index; or `*added` is 0 and `*number` what has the name already. */
static pybox_status zip_add(struct vfs_archive *archive, struct zip_entry entry, uint32_t *number,
                            int *added)
{
    uint32_t slot = zip_slot(archive, entry.parent,
                             (const char *)archive->bytes + entry.name + entry.base,
                             (size_t)entry.name_length - entry.base, &entry.hash);
    *number = archive->index[slot] - 1;
    *added = archive->index[slot] == 0;
    if (!*added)
        return PYBOX_OK;
    if (archive->count == archive->capacity) {
        if (archive->capacity > ENTRIES)
            return error_set(PYBOX_ERROR_ARCHIVE,
                             "the archive's names make more than %u directories and files", ENTRIES);
        pybox_status status = zip_reserve(archive, archive->capacity * 2);
        if (status != PYBOX_OK)
            return status;
    }
    *number = archive->count++;
    entry.first = entry.last = entry.next = ZIP_NONE;
    archive->entries[*number] = entry;
    zip_index_put(archive, *number);
    if (archive->entries[ZIP_ROOT].time < entry.time)
        archive->entries[ZIP_ROOT].time = entry.time; /* the root is as old as the newest of its entries */
    struct zip_entry *parent = &archive->entries[entry.parent];
    if (parent->last == ZIP_NONE)
        parent->first = *number;
    else
        archive->entries[parent->last].next = *number;
    parent->last = *number;
    return PYBOX_OK;
}

/* Finds or makes the directory `name[0..length)` (an offset in the file; no final slash), component by component. */
static pybox_status zip_directory(struct zip_reader *reader, uint32_t name, uint32_t length,
                                  uint32_t time, uint32_t *found)
{
    struct vfs_archive *archive = reader->archive;
    const char *text = (const char *)archive->bytes + name;
    uint32_t at = ZIP_ROOT;
    uint32_t depth = 0;
    for (uint32_t start = 0; start < length;) {
        const char *slash = memchr(text + start, '/', length - start);
        uint32_t end = slash == NULL ? length : (uint32_t)(slash - text);
        if (++depth >= ZIP_DEPTH)
            return zip_bad(reader, "its name has too many components; expected at most 64");
        const struct zip_entry entry = {
            .name = name,
            .name_length = (uint16_t)end,
            .base = (uint16_t)start,
            .parent = at,
            .time = time,
            .type = VFS_DIRECTORY,
        };
        uint32_t next;
        int added;
        pybox_status status = zip_add(archive, entry, &next, &added);
        if (status != PYBOX_OK)
            return status;
        if (archive->entries[next].type != VFS_DIRECTORY) {
            return zip_bad(reader, "a file's name is used as a directory");
        }
        at = next;
        start = end + 1;
    }
    *found = at;
    return PYBOX_OK;
}

/* No component may be empty, `.`, `..` or too long; no NUL. A final slash is allowed. */
static int zip_name_is_safe(const char *name, uint32_t length)
{
    if (length == 0 || name[0] == '/' || memchr(name, '\0', length) != NULL)
        return 0;
    if (name[length - 1] == '/')
        length--;
    for (uint32_t start = 0; start <= length;) {
        const char *slash = memchr(name + start, '/', length - start);
        uint32_t size = (slash == NULL ? length : (uint32_t)(slash - name)) - start;
        if (size == 0 || size > NAME_BYTES || (size == 1 && name[start] == '.') ||
            (size == 2 && name[start] == '.' && name[start + 1] == '.'))
            return 0;
        start += size + 1;
    }
    return 1;
}

/* Checks what a central record says of itself. */
static pybox_status zip_check_record(const struct zip_reader *reader, const uint8_t *record)
{
    uint32_t flags = zip_u16(record + 8), method = zip_u16(record + 10);
    uint32_t packed = zip_u32(record + 20), size = zip_u32(record + 24);
    uint32_t mode = record[5] == 3 ? zip_u32(record + 38) >> 16 & 0170000 : 0; /* made on Unix */
    if (flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED))
        return zip_bad(reader, "it is encrypted; expected plain entries");
    if (flags & FLAG_PATCHED)
        return zip_bad(reader, "it is patch data; expected plain entries");
    if (method != 0)
        return zip_bad(reader, "it is compressed; expected stored entries (zip -0)");
    if (packed == UINT32_MAX || size == UINT32_MAX || zip_u32(record + 42) == UINT32_MAX)
        return zip_bad(reader, "it is in ZIP64 format; expected a file below 4 GiB");
    if (packed != size)
        return zip_bad(reader, "its two sizes differ; expected stored entries");
    if (mode != 0 && mode != 0100000 && mode != 0040000)
        return zip_bad(reader, "it is a link or a device; expected files and directories");
    if (zip_u16(record + 34) != 0)
        return zip_bad(reader, "it is on another disk; expected an archive in one part");
    return PYBOX_OK;
}

static pybox_status zip_add_record(struct zip_reader *reader, const uint8_t *record, uint32_t name,
                                   uint32_t length)
{
    struct vfs_archive *archive = reader->archive;
    const char *text = (const char *)archive->bytes + name;
    uint32_t time = zip_time(zip_u16(record + 12), zip_u16(record + 14));
    if (!zip_name_is_safe(text, length))
        return zip_bad(reader, "its name is absolute, or has an empty, `.`, `..` or too long "
                               "component, or a NUL");
    if (text[length - 1] == '/') {
        uint32_t made;
        if (zip_u32(record + 24) != 0)
            return zip_bad(reader, "it is a directory with contents");
        pybox_status status = zip_directory(reader, name, length - 1, time, &made);
        if (status == PYBOX_OK)
            archive->entries[made].time = time;
        return status;
    }
    const char *slash = memrchr(text, '/', length);
    uint32_t base = slash == NULL ? 0 : (uint32_t)(slash - text) + 1;
    if (base != reader->parent_length ||
        memcmp(text, archive->bytes + reader->parent_name, base) != 0) {
        pybox_status status =
            zip_directory(reader, name, base == 0 ? 0 : base - 1, time, &reader->parent);
        if (status != PYBOX_OK)
            return status;
        reader->parent_name = name;
        reader->parent_length = base;
    }
    uint32_t header = zip_u32(record + 42), size = zip_u32(record + 24);
    if (header > archive->directory || size > archive->directory - header)
        return zip_bad(reader, "its contents lie outside the file");
    const struct zip_entry entry = {
        .name = name,
        .name_length = (uint16_t)length,
        .base = (uint16_t)base,
        .header = header,
        .size = size,
        .parent = reader->parent,
        .time = time,
        .type = VFS_REGULAR,
    };
    uint32_t number;
    int added;
    pybox_status status = zip_add(archive, entry, &number, &added);
    return status != PYBOX_OK || added ? status : zip_bad(reader, "its name is there twice");
}

/* Offset of the end record: the last one whose comment reaches exactly to the end of the file. */
static pybox_status zip_find_end(const struct zip_reader *reader, size_t *offset)
{
    const struct vfs_archive *archive = reader->archive;
    size_t lowest = archive->length > END_BYTES + 65535 ? archive->length - END_BYTES - 65535 : 0;
    for (size_t at = archive->length < END_BYTES ? 0 : archive->length - END_BYTES + 1; at > lowest;) {
        at--;
        if (zip_u32(archive->bytes + at) == END_SIGNATURE &&
            zip_u16(archive->bytes + at + 20) == archive->length - at - END_BYTES) {
            *offset = at;
            return PYBOX_OK;
        }
    }
    return error_set(PYBOX_ERROR_ARCHIVE,
                     "archive %s: no end of central directory; expected a complete ZIP file",
                     reader->label);
}

pybox_status zip_index(struct vfs_archive *archive, const char *label)
{
    struct zip_reader reader = {.archive = archive, .label = label};
    size_t end_offset = 0;
    if (archive->length >= UINT32_MAX)
        return error_set(PYBOX_ERROR_ARCHIVE, "archive %s: %zu bytes; expected less than 4 GiB", label,
                         archive->length);
    pybox_status status = zip_find_end(&reader, &end_offset);
    if (status != PYBOX_OK)
        return status;
    const uint8_t *end = archive->bytes + end_offset;
    uint32_t count = zip_u16(end + 10), size = zip_u32(end + 12), offset = zip_u32(end + 16);
    if (count == 0xffff || size == UINT32_MAX || offset == UINT32_MAX)
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "archive %s: in ZIP64 format; expected fewer than 65,535 entries and less "
                         "than 4 GiB", label);
    if (zip_u16(end + 4) != 0 || zip_u16(end + 6) != 0 || zip_u16(end + 8) != count)
        return error_set(PYBOX_ERROR_ARCHIVE, "archive %s: in several parts; expected one", label);
    if (offset > end_offset || size != end_offset - offset)
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "archive %s: the central directory's offset or size is wrong; expected it "
                         "right before its end record, and nothing before the first entry", label);
    archive->directory = offset;
    archive->key = namehash_key();
    status = zip_reserve(archive, count + count / 8 + 16);
    if (status != PYBOX_OK)
        return status;
    archive->entries[ZIP_ROOT] = (struct zip_entry){
        .first = ZIP_NONE,
        .last = ZIP_NONE,
        .next = ZIP_NONE,
        .time = zip_days(1980, 1, 1) * 86400,
        .type = VFS_DIRECTORY,
    };
    archive->count = 1;
    const uint8_t *record = archive->bytes + offset;
    for (reader.record = 0; reader.record < count; reader.record++) {
        size_t left = (size_t)(end - record);
        if (left < CENTRAL_BYTES || zip_u32(record) != CENTRAL_SIGNATURE)
            return zip_bad(&reader, "no central directory record; expected one");
        uint32_t name_length = zip_u16(record + 28);
        size_t whole = CENTRAL_BYTES + name_length + zip_u16(record + 30) + zip_u16(record + 32);
        if (left < whole)
            return zip_bad(&reader, "its record is cut off");
        status = zip_check_record(&reader, record);
        if (status == PYBOX_OK)
            status = zip_add_record(&reader, record,
                                    (uint32_t)(record - archive->bytes) + CENTRAL_BYTES, name_length);
        if (status != PYBOX_OK)
            return status;
        record += whole;
    }
    if (record != end)
        return zip_bad(&reader, "bytes behind the last record; expected none");
    return PYBOX_OK;
}
