#include "object.h"

#include <elf.h>
#include <link.h>
#include <string.h>

struct search {
    uintptr_t address;
    struct object *object;
    int found;
};

/* The part of `segment` that stays writable is what lies behind the part made read-only after
 * relocation. */
static void exclude_relro(struct object_segment *segment, uintptr_t start, uintptr_t end)
{
    if (start <= segment->start && end > segment->start && end < segment->end)
        segment->start = end;
    else if (start <= segment->start && end >= segment->end)
        segment->rights &= ~(unsigned)PF_W;
}

static int take_segments(struct dl_phdr_info *info, struct object *object, uintptr_t address)
{
    int inside = 0;
    object->count = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD)
            continue;
        if (object->count == OBJECT_MAX_SEGMENTS)
            return 0;
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        object->segments[object->count++] =
            (struct object_segment){start, start + header->p_memsz, header->p_flags};
        inside |= address >= start && address - start < header->p_memsz;
    }
    return inside;
}

/* Splits what RELRO covers off the writable segment, as a read-only one. */
static void apply_relro(struct dl_phdr_info *info, struct object *object)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type != PT_GNU_RELRO || object->count == OBJECT_MAX_SEGMENTS)
            continue;
        for (int j = 0; j < object->count; j++)
            if (object->segments[j].rights & PF_W)
                exclude_relro(&object->segments[j], start, end);
        object->segments[object->count++] = (struct object_segment){start, end, PF_R};
        return;
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct search *search = context;
    if (!take_segments(info, search->object, search->address))
        return 0;
    apply_relro(info, search->object);
    return search->found = 1;
}

int object_find(const void *address, struct object *object)
{
    struct search search = {(uintptr_t)address, object, 0};
    dl_iterate_phdr(visit, &search);
    return search.found;
}

int object_holds(const struct object *object, const void *address, uint64_t bytes, unsigned rights)
{
    if (bytes == 0)
        return 1;
    for (int i = 0; i < object->count; i++) {
        const struct object_segment *segment = &object->segments[i];
        uintptr_t start = (uintptr_t)address;
        if ((segment->rights & rights) == rights && start >= segment->start &&
            start < segment->end && bytes <= segment->end - start)
            return 1;
    }
    return 0;
}

int object_holds_text(const struct object *object, const char *text, size_t max_length)
{
    for (int i = 0; i < object->count; i++) {
        const struct object_segment *segment = &object->segments[i];
        uintptr_t start = (uintptr_t)text;
        if (!(segment->rights & PF_R) || start < segment->start || start >= segment->end)
            continue;
        size_t room = segment->end - start;
        return memchr(text, '\0', room < max_length + 1 ? room : max_length + 1) != NULL;
    }
    return 0;
}
