/* Any bytes as a guest's memory, with a reply anywhere in it: what is read out of it lies in it, and a value is JSON. */
#include "guest.h"
#include "value_check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_text(const struct guest_memory *memory, const struct guest_text *text)
{
    const uint8_t *at = (const uint8_t *)text->bytes;
    if (text->length > 0 && (at < memory->base || at + text->length > memory->base + memory->bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint32_t address;
    if (length < sizeof address)
        return 0;
    memcpy(&address, bytes, sizeof address);
    const size_t rest = length - sizeof address;
    uint8_t *copy = malloc(rest + (rest == 0));
    if (copy == NULL)
        return 0;
    memcpy(copy, bytes + sizeof address, rest);
    const struct guest_memory memory = {copy, rest};
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS], value;
    pybox_value_kind kind;
    struct value_fault fault;
    if (guest_read_reply(&memory, address, &reply, texts) == PYBOX_OK) {
        for (int i = 0; i < GUEST_MAX_TEXTS; i++)
            check_text(&memory, &texts[i]);
        if (guest_read_profile(&memory, &reply, &value) == PYBOX_OK)
            check_text(&memory, &value);
        if (guest_read_value(&memory, &reply, &kind, &value) == PYBOX_OK) {
            check_text(&memory, &value);
            if (kind == PYBOX_VALUE_JSON && value_check(value.bytes, value.length, &fault) != 0)
                abort();
        }
    }
    free(copy);
    return 0;
}
