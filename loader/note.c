#include "note.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "module_abi.h"
#include "note_layout.h"

/* A linker writes about a dozen program headers. */
#define MAX_PROGRAM_HEADERS 64
/* The note is a few KiB; this holds the largest that note_layout.h allows. */
#define MAX_NOTE_SEGMENT (UINT64_C(8) << 20)
#define HASH_BYTES 32

/* ------------------------------------------------------------------------------------------
 * The descriptor
 */

/* Reads on as long as there is something; then `bad` is set and everything reads as zero. */
struct reader {
    const uint8_t *at, *end;
    char *text; /* where the next string goes: never further than the bytes read for them */
    int bad;
};

static const uint8_t *read_bytes(struct reader *reader, size_t count)
{
    static const uint8_t zeroes[HASH_BYTES];
    if (reader->bad || (size_t)(reader->end - reader->at) < count) {
        reader->bad = 1;
        return zeroes;
    }
    reader->at += count;
    return reader->at - count;
}

static uint32_t read_u16(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 2);
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t read_u32(struct reader *reader)
{
    uint32_t low = read_u16(reader);
    return low | read_u16(reader) << 16;
}

static const char *read_text(struct reader *reader)
{
    uint32_t length = read_u16(reader);
    if (length > NOTE_MAX_STRING)
        reader->bad = 1;
    const uint8_t *bytes = reader->bad ? NULL : read_bytes(reader, length);
    if (reader->bad || memchr(bytes, '\0', length) != NULL) {
        reader->bad = 1;
        return "";
    }
    char *text = reader->text;
    memcpy(text, bytes, length);
    text[length] = '\0';
    reader->text += length + 1; /* its two bytes of length leave room for the NUL */
    return text;
}

static const char *read_type(struct reader *reader)
{
    const char *type = read_text(reader);
    if (!note_type_valid(type))
        reader->bad = 1;
    return type;
}

static void read_padding(struct reader *reader)
{
    if (reader->end - reader->at > 3)
        reader->bad = 1;
    while (!reader->bad && reader->at < reader->end)
        if (*reader->at++ != 0)
            reader->bad = 1;
}

int note_type_valid(const char *type)
{
    type += strspn(type, "iIfF");
    return *type == ':' && type[1 + strspn(type + 1, "iIfF")] == '\0';
}

static pybox_status note_malformed(const char *path)
{
    return error_set(PYBOX_ERROR_MODULE_FORMAT,
                     "%s: its " NOTE_SECTION " note is damaged; rebuild it with pybox-aot", path);
}

/* The fields up to the counts. */
static void read_head(struct reader *reader, struct note *head)
{
    head->metering = read_u32(reader);
    head->flags = read_u32(reader);
    memcpy(head->hash, read_bytes(reader, HASH_BYTES), HASH_BYTES);
    memcpy(head->costs_hash, read_bytes(reader, HASH_BYTES), HASH_BYTES);
    head->import_count = read_u32(reader);
    head->export_count = read_u32(reader);
    if (head->import_count > NOTE_MAX_IMPORTS || head->export_count > NOTE_MAX_EXPORTS)
        reader->bad = 1;
}

static void read_texts(struct reader *reader, struct note *note, struct note_import *imports,
                       struct note_export *exports)
{
    note->name = read_text(reader);
    note->wasm2c = read_text(reader);
    note->compiler = read_text(reader);
    note->imports = imports;
    note->exports = exports;
    for (uint32_t i = 0; i < note->import_count && !reader->bad; i++) {
        imports[i].module = read_text(reader);
        imports[i].name = read_text(reader);
        imports[i].type = read_type(reader);
    }
    for (uint32_t i = 0; i < note->export_count && !reader->bad; i++) {
        exports[i].name = read_text(reader);
        exports[i].type = read_type(reader);
    }
    read_padding(reader);
}

pybox_status note_parse(const uint8_t *bytes, size_t length, const char *path, struct note **note)
{
    *note = NULL;
    struct reader reader = {.at = bytes, .end = bytes + length};
    uint32_t layout = read_u32(&reader);
    struct note head = {.abi = read_u32(&reader)};
    if (reader.bad)
        return note_malformed(path);
    if (layout != NOTE_LAYOUT || head.abi != MODULE_ABI)
        return error_set(
            PYBOX_ERROR_MODULE_ABI,
            "%s: made for module ABI %u (note layout %u); expected ABI %u (layout %u); "
            "rebuild it with the pybox-aot of pybox " PYBOX_VERSION,
            path, head.abi, layout, MODULE_ABI, NOTE_LAYOUT);
    read_head(&reader, &head);
    if (reader.bad)
        return note_malformed(path);
    size_t import_bytes = head.import_count * sizeof(struct note_import);
    size_t export_bytes = head.export_count * sizeof(struct note_export);
    size_t size = sizeof head + import_bytes + export_bytes + length;
    struct note *made = malloc(size);
    if (made == NULL)
        return error_set_memory("a module's note", size);
    *made = head;
    struct note_import *imports = (struct note_import *)(made + 1);
    struct note_export *exports = (struct note_export *)(imports + head.import_count);
    reader.text = (char *)(exports + head.export_count);
    read_texts(&reader, made, imports, exports);
    if (reader.bad) {
        free(made);
        return note_malformed(path);
    }
    *note = made;
    return PYBOX_OK;
}

pybox_status note_expect_hash(const struct note *note, const char *path, const uint8_t *expected)
{
    if (memcmp(note->hash, expected, HASH_BYTES) == 0)
        return PYBOX_OK;
    char found[17], wanted[17]; /* enough to tell them apart */
    for (int i = 0; i < 8; i++) {
        static const char digits[] = "0123456789abcdef";
        found[2 * i] = digits[note->hash[i] >> 4];
        found[2 * i + 1] = digits[note->hash[i] & 15];
        wanted[2 * i] = digits[expected[i] >> 4];
        wanted[2 * i + 1] = digits[expected[i] & 15];
    }
    found[16] = wanted[16] = '\0';
    return error_set(
        PYBOX_ERROR_MODULE_HASH,
        "%s: its module hash begins with %s; expected one that begins with %s; use the "
        "module that the snapshot or program was made with",
        path, found, wanted);
}

void note_free(struct note *note)
{
    free(note);
}

/* ------------------------------------------------------------------------------------------
 * The ELF file around it
 */

static pybox_status elf_cut_short(const char *path)
{
    return error_set(PYBOX_ERROR_MODULE_FORMAT,
                     "%s: the file is cut short or its ELF headers are damaged; rebuild it or copy "
                     "it again",
                     path);
}

static int within(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

/* An ELF shared object of this machine, and the header's tables lie in the file. */
static pybox_status elf_check_header(Elf *elf, const char *path, uint64_t size)
{
    GElf_Ehdr header;
    if (gelf_getehdr(elf, &header) == NULL)
        return elf_cut_short(path);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64)
        return error_set(
            PYBOX_ERROR_MODULE_FOREIGN,
            "%s: an ELF file for machine %u, class %u; expected x86-64 (62), 64 bit (2)", path,
            header.e_machine, header.e_ident[EI_CLASS]);
    if (header.e_type != ET_DYN)
        return error_set(PYBOX_ERROR_MODULE_FOREIGN,
                         "%s: an ELF file of type %u; expected a shared object (3)", path,
                         header.e_type);
    if (header.e_phnum == 0 || header.e_phnum > MAX_PROGRAM_HEADERS ||
        header.e_phentsize != sizeof(Elf64_Phdr) ||
        !within(header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr), size))
        return elf_cut_short(path);
    /* Linkers put the section headers last, so this finds a file that lacks its end. */
    if (header.e_shoff != 0 &&
        !within(header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr), size))
        return elf_cut_short(path);
    return PYBOX_OK;
}

/* The pybox note in a segment of notes: its descriptor bytes, or NULL. Valid as long as `elf`. */
static const uint8_t *segment_find_note(Elf *elf, const GElf_Phdr *segment, size_t *length)
{
    Elf_Type type = segment->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz, type);
    if (data == NULL)
        return NULL;
    GElf_Nhdr header;
    size_t at = 0, next, name, descriptor;
    while ((next = gelf_getnote(data, at, &header, &name, &descriptor)) > 0) {
        if (header.n_type == NOTE_TYPE && header.n_namesz == sizeof NOTE_NAME &&
            memcmp((const char *)data->d_buf + name, NOTE_NAME, sizeof NOTE_NAME) == 0) {
            *length = header.n_descsz;
            return (const uint8_t *)data->d_buf + descriptor;
        }
        at = next;
    }
    return NULL;
}

static pybox_status elf_find_note(Elf *elf, const char *path, uint64_t size, struct note **note)
{
    pybox_status status = elf_check_header(elf, path, size);
    size_t count = 0, length = 0;
    if (status != PYBOX_OK)
        return status;
    if (elf_getphdrnum(elf, &count) != 0 || count > MAX_PROGRAM_HEADERS)
        return elf_cut_short(path);
    const uint8_t *found = NULL;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL)
            return elf_cut_short(path);
        if (segment.p_type != PT_LOAD && segment.p_type != PT_NOTE)
            continue;
        if (!within(segment.p_offset, segment.p_filesz, size))
            return elf_cut_short(path);
        if (segment.p_type == PT_NOTE && found == NULL && segment.p_filesz <= MAX_NOTE_SEGMENT)
            found = segment_find_note(elf, &segment, &length);
    }
    if (found == NULL)
        return error_set(
            PYBOX_ERROR_MODULE_FOREIGN,
            "%s: an ELF file without a pybox note; expected a module made by pybox-aot", path);
    return note_parse(found, length, path, note);
}

pybox_status note_read(int fd, const char *path, struct note **note)
{
    *note = NULL;
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return error_set_io(errno, "%s", path);
    char magic[SELFMAG];
    if (!S_ISREG(facts.st_mode) || pread(fd, magic, SELFMAG, 0) != SELFMAG ||
        memcmp(magic, ELFMAG, SELFMAG) != 0)
        return error_set(PYBOX_ERROR_MODULE_FORMAT,
                         "%s: not an ELF file; expected a module made by pybox-aot", path);
    if ((uint64_t)facts.st_size < sizeof(Elf64_Ehdr))
        return elf_cut_short(path);
    if (elf_version(EV_CURRENT) == EV_NONE)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "libelf is older than the one pybox was built with");
    /* Not ELF_C_READ_MMAP: a mapped file that shrinks is a SIGBUS. */
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL)
        return elf_cut_short(path);
    pybox_status status = elf_find_note(elf, path, (uint64_t)facts.st_size, note);
    elf_end(elf);
    return status;
}
