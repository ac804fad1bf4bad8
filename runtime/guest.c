#include "guest.h"

#include <string.h>

#include "error.h"
#include "value_check.h"

uint8_t *guest_range(const struct guest_memory *memory, uint32_t address, uint64_t length)
{
    if (address > memory->bytes || length > memory->bytes - address)
        return NULL;
    return memory->base + address;
}

pybox_status guest_broken(const char *what)
{
    return error_set(PYBOX_ERROR_GUEST,
                     "the guest broke its protocol (%s): its code has been tampered with; "
                     "destroy the box",
                     what);
}

pybox_status guest_refused(const struct guest_reply *reply, const struct guest_text *why)
{
    const pybox_status status = reply->exit_code == GUEST_REFUSED_LIMIT  ? PYBOX_ERROR_LIMIT
                                : reply->exit_code == GUEST_REFUSED_BUSY ? PYBOX_ERROR_BUSY
                                                                         : PYBOX_ERROR_ARGUMENT;
    return error_set(status, "%.*s", (int)(why->length < 1000 ? why->length : 1000), why->bytes);
}

static int guest_text_count(uint32_t kind)
{
    switch (kind) {
    case GUEST_REPLY_VALUE:
        return 2;
    case GUEST_REPLY_WHERE:
        return 3;
    case GUEST_REPLY_REFUSED:
        return 1;
    case GUEST_REPLY_EXCEPTION:
        return 7;
    default:
        return 0;
    }
}

static pybox_status guest_split(const uint8_t *payload, uint32_t bytes, int count,
                                struct guest_text *texts)
{
    uint32_t used = 0;
    for (int i = 0; i < count; i++) {
        uint32_t length;
        if (bytes - used < sizeof length)
            return guest_broken("a reply's payload is too short");
        memcpy(&length, payload + used, sizeof length);
        used += sizeof length;
        if (length > bytes - used)
            return guest_broken("a text is longer than its payload");
        texts[i] = (struct guest_text){(const char *)payload + used, length};
        used += length;
    }
    return used == bytes ? PYBOX_OK : guest_broken("a reply's payload is too long");
}

pybox_status guest_read_reply(const struct guest_memory *memory, uint32_t address,
                              struct guest_reply *reply, struct guest_text texts[GUEST_MAX_TEXTS])
{
    *reply = (struct guest_reply){0};
    for (int i = 0; i < GUEST_MAX_TEXTS; i++)
        texts[i] = (struct guest_text){"", 0};
    struct guest_reply read;
    const uint8_t *where = guest_range(memory, address, sizeof read);
    if (where == NULL)
        return guest_broken("a reply outside its memory");
    memcpy(&read, where, sizeof read);
    if (read.kind == GUEST_REPLY_FAILED || read.kind > GUEST_REPLY_PENDING)
        return guest_broken(read.kind == GUEST_REPLY_FAILED ? "its bridge failed"
                                                            : "an unknown kind of reply");
    int count = guest_text_count(read.kind);
    if (count > 0) {
        const uint8_t *payload = guest_range(memory, read.payload, read.payload_bytes);
        if (payload == NULL || read.payload_bytes > GUEST_MAX_PAYLOAD_BYTES)
            return guest_broken("a payload outside its memory or over 64 MiB");
        pybox_status status = guest_split(payload, read.payload_bytes, count, texts);
        if (status != PYBOX_OK)
            return status;
    }
    *reply = read;
    return PYBOX_OK;
}

pybox_status guest_read_list(const struct guest_memory *memory, uint32_t address,
                             struct guest_reply *reply, struct guest_text *list)
{
    struct guest_text texts[GUEST_MAX_TEXTS];
    *list = (struct guest_text){"", 0};
    pybox_status status = guest_read_reply(memory, address, reply, texts);
    if (status != PYBOX_OK || reply->kind != GUEST_REPLY_PENDING)
        return status;
    const uint8_t *payload = guest_range(memory, reply->payload, reply->payload_bytes);
    if (payload == NULL || reply->payload_bytes > GUEST_MAX_PAYLOAD_BYTES)
        return guest_broken("a payload outside its memory or over 64 MiB");
    *list = (struct guest_text){(const char *)payload, reply->payload_bytes};
    return PYBOX_OK;
}

pybox_status guest_read_profile(const struct guest_memory *memory, const struct guest_reply *reply,
                                struct guest_text *profile)
{
    const uint8_t *bytes = guest_range(memory, reply->profile, reply->profile_bytes);
    if (bytes == NULL || reply->profile_bytes > GUEST_MAX_PAYLOAD_BYTES)
        return guest_broken("a profile outside its memory or over 64 MiB");
    *profile = (struct guest_text){(const char *)bytes, reply->profile_bytes};
    return PYBOX_OK;
}

pybox_status guest_read_value(const struct guest_memory *memory, const struct guest_reply *reply,
                              pybox_value_kind *kind, struct guest_text *value)
{
    struct value_fault fault;
    *kind = PYBOX_VALUE_NONE;
    *value = (struct guest_text){"", 0};
    if (reply->value_kind == GUEST_VALUE_NONE)
        return PYBOX_OK;
    const uint8_t *bytes = guest_range(memory, reply->value, reply->value_bytes);
    if (bytes == NULL || reply->value_bytes > PYBOX_VALUE_BYTES_MOST || reply->value_kind > GUEST_VALUE_BYTES)
        return guest_broken("a value outside its memory, over 64 MiB, or of an unknown kind");
    if (reply->value_kind == GUEST_VALUE_JSON &&
        value_check((const char *)bytes, reply->value_bytes, &fault) != 0)
        return guest_broken("a value that is no JSON within the caps");
    *kind = (pybox_value_kind)reply->value_kind;
    *value = (struct guest_text){(const char *)bytes, reply->value_bytes};
    return PYBOX_OK;
}

uint32_t guest_text_number(const struct guest_text *text)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < text->length; i++) {
        char c = text->bytes[i];
        if (c < '0' || c > '9')
            return 0;
        number = number * 10 + (uint64_t)(c - '0');
        if (number > UINT32_MAX)
            return 0;
    }
    return (uint32_t)number;
}

void guest_text_copy_line(char *to, size_t bytes, const struct guest_text *text)
{
    size_t length = text->length < bytes - 1 ? text->length : bytes - 1;
    if (length < text->length) /* not in the middle of a character */
        while (length > 0 && ((unsigned char)text->bytes[length] & 0xc0) == 0x80)
            length--;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        to[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    to[length] = '\0';
}
