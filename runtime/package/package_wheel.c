/* Wheels: PEP 427, and the specification that grew from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "package_build.h"
#include "package_contents.h"
#include "package_name.h"
#include "package_record.h"

#define TEXT_MOST (4u << 20) /* bytes of METADATA and WHEEL; RECORD grows with the files */
#define PYTHON_MINOR 13

/* A wheel while it is read. */
struct wheel {
    struct package_zip zip;
    const char *stem; /* NAME-VERSION of its .dist-info; not NUL-terminated */
    size_t stem_length;
    struct package_record record;
    struct package_builder builder;
    char *list; /* the RECORD that will be there */
    size_t list_length, list_capacity;
};

static int wheel_is_in(const struct wheel *wheel, const struct package_zip_entry *entry, const char *suffix)
{
    size_t size = strlen(suffix);
    return entry->name_length > wheel->stem_length + size &&
           memcmp(entry->name, wheel->stem, wheel->stem_length) == 0 &&
           memcmp(entry->name + wheel->stem_length, suffix, size) == 0;
}

/* There is one .dist-info, at the top. */
static pybox_status wheel_find_stem(struct wheel *wheel)
{
    static const char ending[] = ".dist-info";
    for (uint32_t i = 0; i < wheel->zip.count; i++) {
        const struct package_zip_entry *entry = &wheel->zip.entries[i];
        size_t size = package_name_dist_info(entry->name, entry->name_length);
        if (size == 0 || size == entry->name_length || !package_name_ends(entry->name, size, ending))
            continue;
        if (wheel->stem == NULL) {
            wheel->stem = entry->name;
            wheel->stem_length = size - strlen(ending);
        } else if (!wheel_is_in(wheel, entry, ".dist-info/")) {
            return error_set(PYBOX_ERROR_ARCHIVE, "it has two .dist-info folders, %.*s and %.*s; expected one",
                             (int)(wheel->stem_length + strlen(ending)), wheel->stem, (int)size, entry->name);
        }
    }
    return wheel->stem != NULL ? PYBOX_OK
                               : error_set(PYBOX_ERROR_ARCHIVE, "it has no .dist-info folder, so it is no wheel");
}

/* The contents of a file of .dist-info, to be freed. */
static pybox_status wheel_read_text(const struct wheel *wheel, const char *name, uint64_t most, char **text,
                                    size_t *length)
{
    char *path;
    *text = NULL;
    if (asprintf(&path, "%.*s.dist-info/%s", (int)wheel->stem_length, wheel->stem, name) < 0)
        return error_set_memory("a file's name", wheel->stem_length);
    const struct package_zip_entry *entry = package_zip_find(&wheel->zip, path);
    free(path);
    if (entry == NULL)
        return error_set(PYBOX_ERROR_ARCHIVE, "it has no %s in its .dist-info folder; expected a whole wheel", name);
    if (entry->bytes > most)
        return error_set(PYBOX_ERROR_LIMIT, "its %s has %u bytes; expected at most %llu", name, entry->bytes,
                         (unsigned long long)most);
    *text = malloc((size_t)entry->bytes + 1);
    if (*text == NULL)
        return error_set_memory("a wheel's metadata", entry->bytes);
    pybox_status status = package_zip_extract(&wheel->zip, entry, (uint8_t *)*text);
    if (status == PYBOX_OK) {
        *length = entry->bytes;
        return PYBOX_OK;
    }
    free(*text);
    *text = NULL;
    return status;
}

/* ---- may it run here? ---- */

/* One of the Pythons of a tag's first part ("py2.py3") is this one, or an older py3. */
static int wheel_fits_python(const char *tag, size_t length)
{
    for (size_t at = 0; at <= length;) {
        const char *dot = memchr(tag + at, '.', length - at);
        size_t size = (dot == NULL ? length : (size_t)(dot - tag)) - at;
        const char *name = tag + at;
        if (size >= 3 && (memcmp(name, "py3", 3) == 0 || (size >= 4 && memcmp(name, "cp3", 3) == 0))) {
            unsigned minor = 0;
            for (size_t i = 3; i < size && minor < 1000; i++)
                minor = name[i] >= '0' && name[i] <= '9' ? minor * 10 + (unsigned)(name[i] - '0') : 1000;
            if (minor <= PYTHON_MINOR && (name[0] == 'p' || minor == PYTHON_MINOR))
                return 1;
        }
        at += size + 1;
    }
    return 0;
}

/* A tag: PYTHON-ABI-PLATFORM. */
static pybox_status wheel_check_tag(const struct package_header *tag)
{
    const int shown = (int)(tag->length < 100 ? tag->length : 100);
    const char *end = tag->text + tag->length;
    const char *last = memrchr(tag->text, '-', tag->length);
    const char *abi = last == NULL ? NULL : memrchr(tag->text, '-', (size_t)(last - tag->text));
    if (abi == NULL)
        return error_set(PYBOX_ERROR_ARCHIVE, "its tag %.*s has no three parts", shown, tag->text);
    if (end - last != 4 || memcmp(last, "-any", 4) != 0 || last - abi != 5 || memcmp(abi, "-none", 5) != 0)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "it was built for one platform (%.*s), so it has native code, which no box can run; expected "
                         "a wheel for any platform (py3-none-any)", shown, tag->text);
    if (!wheel_fits_python(tag->text, (size_t)(abi - tag->text)))
        return error_set(PYBOX_ERROR_UNSUPPORTED, "it is for another Python (%.*s); this is 3.%d", shown, tag->text,
                         PYTHON_MINOR);
    return PYBOX_OK;
}

static pybox_status wheel_check_wheel(const struct wheel *wheel)
{
    char *text;
    size_t length = 0;
    struct package_header header;
    pybox_status status = wheel_read_text(wheel, "WHEEL", TEXT_MOST, &text, &length);
    if (status != PYBOX_OK)
        return status;
    if (!package_header_find(text, length, "Wheel-Version", 0, &header) || header.length < 2 ||
        memcmp(header.text, "1.", 2) != 0)
        status = error_set(PYBOX_ERROR_UNSUPPORTED, "its wheel format is version '%.*s'; expected 1.x",
                           (int)(header.length < 20 ? header.length : 20), header.text);
    size_t tags = 0; /* one that fits is enough */
    while (status == PYBOX_OK && package_header_find(text, length, "Tag", tags, &header)) {
        status = wheel_check_tag(&header);
        if (status == PYBOX_OK)
            break;
        if (package_header_find(text, length, "Tag", ++tags, &header))
            status = PYBOX_OK;
    }
    free(text);
    return status;
}

static pybox_status wheel_check_native(const struct wheel *wheel)
{
    for (uint32_t i = 0; i < wheel->zip.count; i++) {
        const struct package_zip_entry *entry = &wheel->zip.entries[i];
        if (package_name_is_native(entry->name, entry->name_length))
            return error_set(PYBOX_ERROR_UNSUPPORTED, "it has native code, which no box can run: %.*s",
                             (int)(entry->name_length < 300 ? entry->name_length : 300), entry->name);
    }
    return PYBOX_OK;
}

/* ---- its files ---- */

/* The part of the name that the file has in site-packages. */
static pybox_status wheel_place(const struct wheel *wheel, const struct package_zip_entry *entry, const char **name,
                                size_t *length)
{
    static const char *const roots[] = {".data/purelib/", ".data/platlib/"};
    *name = entry->name;
    *length = entry->name_length;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (wheel_is_in(wheel, entry, roots[i])) {
            *name += wheel->stem_length + strlen(roots[i]);
            *length -= wheel->stem_length + strlen(roots[i]);
        }
    size_t info = package_name_dist_info(*name, *length);
    if (info > 0 && *name != entry->name)
        return error_set(PYBOX_ERROR_ARCHIVE, "%.*s: a second distribution; expected one in a wheel",
                         (int)(entry->name_length < 200 ? entry->name_length : 200), entry->name);
    return PYBOX_OK;
}

/* Adds a field to the new RECORD, quoted if need be, and what ends it. */
static pybox_status wheel_list_field(struct wheel *wheel, const char *text, size_t length, char end)
{
    size_t most = wheel->list_length + length * 2 + 4;
    if (most > wheel->list_capacity) {
        char *grown = realloc(wheel->list, most * 2);
        if (grown == NULL)
            return error_set_memory("a wheel's RECORD", most * 2);
        wheel->list = grown;
        wheel->list_capacity = most * 2;
    }
    int quoted = memchr(text, ',', length) != NULL || memchr(text, '"', length) != NULL;
    char *to = wheel->list + wheel->list_length;
    if (quoted)
        *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    if (quoted)
        *to++ = '"';
    *to++ = end;
    wheel->list_length = (size_t)(to - wheel->list);
    return PYBOX_OK;
}

static pybox_status wheel_list(struct wheel *wheel, const char *name, size_t length, const char *digest,
                               const char *size)
{
    pybox_status status = wheel_list_field(wheel, name, length, ',');
    if (status == PYBOX_OK)
        status = wheel_list_field(wheel, digest, strlen(digest), ',');
    if (status == PYBOX_OK)
        status = wheel_list_field(wheel, size, strlen(size), '\n');
    return status;
}

static pybox_status wheel_add(struct wheel *wheel, const struct package_zip_entry *entry)
{
    const struct package_record_line *line;
    const char *name;
    size_t length;
    uint8_t *contents;
    pybox_status status = wheel_place(wheel, entry, &name, &length);
    if (status == PYBOX_OK)
        status = package_builder_add(&wheel->builder, name, length, entry->bytes, &contents);
    if (status == PYBOX_OK)
        status = package_zip_extract(&wheel->zip, entry, contents);
    if (status == PYBOX_OK)
        status = package_record_check(&wheel->record, entry->name, entry->name_length, contents, entry->bytes, &line);
    return status == PYBOX_OK ? wheel_list(wheel, name, length, line->digest, line->size) : status;
}

/* RECORD and what signs it are not in it, with digests. */
static int wheel_is_record(const struct wheel *wheel, const char *name, size_t length)
{
    static const char *const names[] = {".dist-info/RECORD", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (length == wheel->stem_length + strlen(names[i]) && memcmp(name, wheel->stem, wheel->stem_length) == 0 &&
            memcmp(name + wheel->stem_length, names[i], strlen(names[i])) == 0)
            return 1;
    return 0;
}

static pybox_status wheel_add_all(struct wheel *wheel)
{
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < wheel->zip.count && status == PYBOX_OK; i++)
        if (!wheel_is_record(wheel, wheel->zip.entries[i].name, wheel->zip.entries[i].name_length))
            status = wheel_add(wheel, &wheel->zip.entries[i]);
    for (size_t i = 0; i < wheel->record.count && status == PYBOX_OK; i++) {
        const struct package_record_line *line = &wheel->record.lines[i];
        if (!line->seen && !wheel_is_record(wheel, line->path, line->path_length))
            status = error_set(PYBOX_ERROR_ARCHIVE, "%.200s: it is in the wheel's RECORD, but not in the wheel",
                               line->path);
    }
    char name[PACKAGE_NAME_BYTES + 20];
    int length = snprintf(name, sizeof name, "%.*s.dist-info/RECORD", (int)wheel->stem_length, wheel->stem);
    if (status == PYBOX_OK)
        status = wheel_list(wheel, name, (size_t)length, "", "");
    return status == PYBOX_OK
               ? package_builder_put(&wheel->builder, name, (size_t)length, wheel->list, wheel->list_length)
               : status;
}

/* Its metadata are of what its folder is named after: installers and importlib.metadata go by one or the other. */
static pybox_status wheel_read_facts(const struct wheel *wheel, struct package_facts *facts)
{
    char *text, named[200], told[200];
    size_t length = 0;
    pybox_status status = wheel_read_text(wheel, "METADATA", TEXT_MOST, &text, &length);
    if (status == PYBOX_OK)
        status = package_facts_read(text, length, facts);
    free(text);
    if (status != PYBOX_OK)
        return status;
    const char *dash = memchr(wheel->stem, '-', wheel->stem_length);
    size_t size = dash == NULL ? wheel->stem_length : (size_t)(dash - wheel->stem);
    package_name_normalise(wheel->stem, size, named, sizeof named);
    package_name_normalise(facts->name, strlen(facts->name), told, sizeof told);
    if (dash == NULL || strcmp(named, told) != 0)
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "its folder %.*s.dist-info is not named after what its METADATA say it is: %.200s %.100s",
                         (int)(wheel->stem_length < 200 ? wheel->stem_length : 200), wheel->stem, facts->name,
                         facts->version);
    return PYBOX_OK;
}

static pybox_status wheel_read(struct wheel *wheel, struct package_contents *contents)
{
    char *record;
    size_t length = 0;
    pybox_status status = wheel_find_stem(wheel);
    if (status == PYBOX_OK)
        status = wheel_check_wheel(wheel);
    if (status == PYBOX_OK)
        status = wheel_check_native(wheel);
    if (status == PYBOX_OK)
        status = wheel_read_facts(wheel, &contents->facts);
    if (status == PYBOX_OK)
        status = wheel_read_text(wheel, "RECORD", TEXT_MOST + (uint64_t)wheel->zip.count * PACKAGE_NAME_BYTES, &record,
                                 &length);
    if (status != PYBOX_OK)
        return status;
    status = package_record_read(record, length, wheel->zip.count, &wheel->record);
    free(record);
    if (status == PYBOX_OK)
        status = wheel_add_all(wheel);
    contents->files = wheel->zip.count;
    contents->bytes = wheel->zip.total_bytes;
    return status == PYBOX_OK ? package_builder_finish(&wheel->builder, contents->facts.name, &contents->archive)
                              : status;
}

pybox_status package_wheel_read(const uint8_t *bytes, size_t length, const struct package_limits *limits,
                                struct package_contents *contents)
{
    struct wheel wheel = {0};
    *contents = (struct package_contents){0};
    pybox_status status = package_zip_open(bytes, length, limits, &wheel.zip);
    if (status == PYBOX_OK)
        status = wheel_read(&wheel, contents);
    package_builder_free(&wheel.builder);
    package_record_free(&wheel.record);
    package_zip_close(&wheel.zip);
    free(wheel.list);
    if (status != PYBOX_OK)
        package_contents_free(contents);
    return status;
}

void package_contents_free(struct package_contents *contents)
{
    vfs_archive_close(contents->archive);
    package_facts_free(&contents->facts);
    *contents = (struct package_contents){0};
}
