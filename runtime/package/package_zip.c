#include "package_zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "error.h"
#include "package_name.h"

#define LOCAL_BYTES 30u
#define LOCAL_SIGNATURE 0x04034b50u
#define CENTRAL_BYTES 46u
#define CENTRAL_SIGNATURE 0x02014b50u
#define END_BYTES 22u
#define END_SIGNATURE 0x06054b50u
#define COMMENT_MOST 65535u

#define FLAG_DESCRIPTOR 0x0008u /* the local header does not know sizes and checksum */
#define FLAG_UTF8 0x0800u
#define FLAGS_HARMLESS (0x0006u | FLAG_DESCRIPTOR | FLAG_UTF8) /* bits 1 and 2: how well it was compressed */

#define METHOD_STORED 0u
#define METHOD_DEFLATED 8u

static uint32_t zip_u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static pybox_status zip_bad(const struct package_zip_entry *entry, const char *what)
{
    return error_set(PYBOX_ERROR_ARCHIVE, "%.*s: %s", (int)(entry->name_length < 200 ? entry->name_length : 200),
                     entry->name, what);
}

/* The end record whose comment reaches to the end of the file, or NULL. */
static const uint8_t *zip_find_end(const uint8_t *bytes, size_t length)
{
    for (size_t comment = 0; comment <= COMMENT_MOST && length >= END_BYTES + comment; comment++) {
        const uint8_t *end = bytes + length - END_BYTES - comment;
        if (bytes_load_u32(end) == END_SIGNATURE && zip_u16(end + 20) == comment)
            return end;
    }
    return NULL;
}

/* What a central record says of itself. */
static pybox_status zip_check_record(const uint8_t *record, const struct package_zip_entry *entry)
{
    uint32_t flags = zip_u16(record + 8);
    uint32_t mode = record[5] == 3 ? bytes_load_u32(record + 38) >> 16 & 0170000 : 0; /* made on Unix */
    if (!package_name_is_safe(entry->name, entry->name_length, (flags & FLAG_UTF8) != 0))
        return zip_bad(entry, "a name that is absolute, too long or deep, not UTF-8, or has an empty, `.` or `..` "
                              "component, a backslash or a control character");
    if ((flags & 1) != 0)
        return zip_bad(entry, "it is encrypted; expected plain entries");
    if ((flags & ~FLAGS_HARMLESS) != 0)
        return zip_bad(entry, "it uses a feature of the ZIP format that wheels do not use");
    if (entry->stored_bytes == UINT32_MAX || entry->bytes == UINT32_MAX || entry->header == UINT32_MAX)
        return zip_bad(entry, "it is in ZIP64 format; expected a file below 4 GiB");
    if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED)
        return zip_bad(entry, "it is compressed in another way than deflate");
    if (entry->method == METHOD_STORED && entry->stored_bytes != entry->bytes)
        return zip_bad(entry, "it is stored, but has two sizes");
    if (mode != 0 && mode != 0100000 && mode != 0040000)
        return zip_bad(entry, "it is a link or a device; expected files and folders");
    if (zip_u16(record + 34) != 0)
        return zip_bad(entry, "it is on another disk; expected an archive in one part");
    return PYBOX_OK;
}

/* The local header agrees with the central record, and all of the entry lies before the central directory. */
static pybox_status zip_check_local(const struct package_zip *zip, const uint8_t *record, uint32_t directory,
                                    struct package_zip_entry *entry)
{
    if (directory < LOCAL_BYTES || entry->header > directory - LOCAL_BYTES)
        return zip_bad(entry, "its contents lie outside the file");
    const uint8_t *local = zip->bytes + entry->header;
    uint64_t data = (uint64_t)entry->header + LOCAL_BYTES + zip_u16(local + 26) + zip_u16(local + 28);
    if (bytes_load_u32(local) != LOCAL_SIGNATURE || data + entry->stored_bytes > directory)
        return zip_bad(entry, "its contents lie outside the file, or have no header");
    int later = (zip_u16(local + 6) & FLAG_DESCRIPTOR) != 0;
    if (zip_u16(local + 26) != entry->name_length ||
        memcmp(local + LOCAL_BYTES, entry->name, entry->name_length) != 0 ||
        zip_u16(local + 6) != zip_u16(record + 8) || zip_u16(local + 8) != entry->method ||
        (!later && (bytes_load_u32(local + 14) != entry->checksum ||
                    bytes_load_u32(local + 18) != entry->stored_bytes || bytes_load_u32(local + 22) != entry->bytes)))
        return zip_bad(entry, "the header before it contradicts the central directory");
    entry->data = (uint32_t)data;
    return PYBOX_OK;
}

/* Reads the record at `record`, of which `left` bytes remain. Folders are not added. */
static pybox_status zip_add_record(struct package_zip *zip, const uint8_t *record, size_t left, uint32_t directory,
                                   size_t *whole)
{
    if (left < CENTRAL_BYTES || bytes_load_u32(record) != CENTRAL_SIGNATURE)
        return error_set(PYBOX_ERROR_ARCHIVE, "no central directory record where one is expected");
    struct package_zip_entry entry = {
        .name = (const char *)record + CENTRAL_BYTES,
        .name_length = zip_u16(record + 28),
        .method = zip_u16(record + 10),
        .header = bytes_load_u32(record + 42),
        .stored_bytes = bytes_load_u32(record + 20),
        .bytes = bytes_load_u32(record + 24),
        .checksum = bytes_load_u32(record + 16),
    };
    *whole = CENTRAL_BYTES + entry.name_length + zip_u16(record + 30) + zip_u16(record + 32);
    if (left < *whole)
        return error_set(PYBOX_ERROR_ARCHIVE, "a central directory record is cut off");
    pybox_status status = zip_check_record(record, &entry);
    if (status == PYBOX_OK)
        status = zip_check_local(zip, record, directory, &entry);
    if (status != PYBOX_OK)
        return status;
    zip->total_bytes += entry.bytes;
    if (entry.name[entry.name_length - 1] != '/')
        zip->entries[zip->count++] = entry;
    else if (entry.bytes != 0)
        return zip_bad(&entry, "it is a folder with contents");
    return PYBOX_OK;
}

static int zip_by_place(const void *a, const void *b)
{
    const struct package_zip_entry *const *one = a, *const *other = b;
    return ((*one)->header > (*other)->header) - ((*one)->header < (*other)->header);
}

static int zip_by_name(const void *a, const void *b)
{
    const struct package_zip_entry *const *one = a, *const *other = b;
    return package_name_compare((*one)->name, (*one)->name_length, (*other)->name, (*other)->name_length);
}

/* No two entries share a byte (one small stored part could be claimed by thousands) or a name. */
static pybox_status zip_check_pairs(const struct package_zip *zip)
{
    const struct package_zip_entry **order = calloc(zip->count + 1u, sizeof *order);
    if (order == NULL)
        return error_set_memory("a package's entries", zip->count * sizeof *order);
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < zip->count; i++)
        order[i] = &zip->entries[i];
    qsort(order, zip->count, sizeof *order, zip_by_place);
    for (uint32_t i = 1; i < zip->count && status == PYBOX_OK; i++)
        if (order[i]->header < (uint64_t)order[i - 1]->data + order[i - 1]->stored_bytes)
            status = zip_bad(order[i], "it overlaps another entry");
    qsort(order, zip->count, sizeof *order, zip_by_name);
    for (uint32_t i = 1; i < zip->count && status == PYBOX_OK; i++)
        if (zip_by_name(&order[i - 1], &order[i]) == 0)
            status = zip_bad(order[i], "its name is there twice");
    free(order);
    return status;
}

static pybox_status zip_check_end(const struct package_limits *limits, uint32_t count, uint64_t total_bytes)
{
    if (count > limits->files)
        return error_set(PYBOX_ERROR_LIMIT, "it has %u files; at most %u are allowed", count, limits->files);
    if (total_bytes > limits->bytes)
        return error_set(PYBOX_ERROR_LIMIT, "it is %llu bytes when decompressed; at most %llu are allowed",
                         (unsigned long long)total_bytes, (unsigned long long)limits->bytes);
    return PYBOX_OK;
}

static pybox_status zip_read(struct package_zip *zip, const uint8_t *end, const struct package_limits *limits)
{
    uint32_t count = zip_u16(end + 10), size = bytes_load_u32(end + 12), offset = bytes_load_u32(end + 16);
    uint64_t end_offset = (uint64_t)(end - zip->bytes);
    if (count == 0xffff || size == UINT32_MAX || offset == UINT32_MAX)
        return error_set(PYBOX_ERROR_ARCHIVE, "it is in ZIP64 format; expected a file below 4 GiB with fewer than "
                                              "65,535 entries");
    if (zip_u16(end + 4) != 0 || zip_u16(end + 6) != 0 || zip_u16(end + 8) != count)
        return error_set(PYBOX_ERROR_ARCHIVE, "it is an archive in several parts; expected one");
    if (offset > end_offset || size != end_offset - offset)
        return error_set(PYBOX_ERROR_ARCHIVE, "its central directory is not where its end record says; expected it "
                                              "right before that, and nothing before the first entry");
    pybox_status status = zip_check_end(limits, count, 0);
    if (status != PYBOX_OK)
        return status;
    zip->entries = calloc(count + 1u, sizeof *zip->entries);
    if (zip->entries == NULL)
        return error_set_memory("a package's entries", count * sizeof *zip->entries);
    const uint8_t *record = zip->bytes + offset;
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        size_t whole = 0;
        status = zip_add_record(zip, record, (size_t)(end - record), offset, &whole);
        record += whole;
    }
    if (status == PYBOX_OK && record != end)
        return error_set(PYBOX_ERROR_ARCHIVE, "bytes behind the last central directory record; expected none");
    if (status == PYBOX_OK)
        status = zip_check_end(limits, zip->count, zip->total_bytes);
    return status == PYBOX_OK ? zip_check_pairs(zip) : status;
}

pybox_status package_zip_open(const uint8_t *bytes, size_t length, const struct package_limits *limits,
                              struct package_zip *zip)
{
    *zip = (struct package_zip){.bytes = bytes, .length = length};
    if (length >= UINT32_MAX)
        return error_set(PYBOX_ERROR_ARCHIVE, "it has %zu bytes; expected less than 4 GiB", length);
    const uint8_t *end = zip_find_end(bytes, length);
    if (end == NULL)
        return error_set(PYBOX_ERROR_ARCHIVE, "it has no end of central directory; expected a complete ZIP file");
    pybox_status status = zip_read(zip, end, limits);
    if (status != PYBOX_OK)
        package_zip_close(zip);
    return status;
}

/* Decompresses to exactly what is expected: all of what is stored is used, and all of the room. */
static pybox_status zip_inflate(const struct package_zip *zip, const struct package_zip_entry *entry, uint8_t *to)
{
    uint8_t nothing; /* zlib wants an address, also for no bytes */
    z_stream stream = {
        .next_in = (uint8_t *)(uintptr_t)(zip->bytes + entry->data), /* it is only read */
        .avail_in = entry->stored_bytes,
        .next_out = entry->bytes > 0 ? to : &nothing,
        .avail_out = entry->bytes,
    };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return error_set_memory("decompressing a package", 0);
    int result = inflate(&stream, Z_FINISH);
    int complete = result == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    inflateEnd(&stream);
    if (result == Z_MEM_ERROR)
        return error_set_memory("decompressing a package", 0);
    return complete ? PYBOX_OK
                    : zip_bad(entry, "what is stored does not decompress to the size that the archive says");
}

pybox_status package_zip_extract(const struct package_zip *zip, const struct package_zip_entry *entry, uint8_t *to)
{
    pybox_status status = PYBOX_OK;
    if (entry->method == METHOD_DEFLATED)
        status = zip_inflate(zip, entry, to);
    else if (entry->bytes > 0)
        memcpy(to, zip->bytes + entry->data, entry->bytes);
    if (status == PYBOX_OK && crc32_z(0, entry->bytes > 0 ? to : (const uint8_t *)"", entry->bytes) != entry->checksum)
        return zip_bad(entry, "its checksum does not match");
    return status;
}

const struct package_zip_entry *package_zip_find(const struct package_zip *zip, const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = 0; i < zip->count; i++)
        if (zip->entries[i].name_length == length && memcmp(zip->entries[i].name, name, length) == 0)
            return &zip->entries[i];
    return NULL;
}

void package_zip_close(struct package_zip *zip)
{
    free(zip->entries);
    *zip = (struct package_zip){0};
}
