/*
 * The runtime's side of the protocol with the Python guest (aot/guest/python/guest_abi.h): reading replies out of
 * linear memory. The guest is hostile: every address and length is checked, and what is returned points into
 * linear memory, so it must be copied before the guest runs again.
 */
#ifndef GUEST_H
#define GUEST_H

#include "guest_abi.h"
#include "pybox.h"

#define GUEST_MAX_TEXTS 7
#define GUEST_MAX_PAYLOAD_BYTES (64u << 20)

struct guest_memory {
    uint8_t *base;
    uint64_t bytes;
};

/* A text in linear memory; not NUL-terminated, perhaps not valid UTF-8. */
struct guest_text {
    const char *bytes;
    uint32_t length;
};

/* The address of `length` bytes at guest address `address`, or NULL if they are not all inside memory. */
uint8_t *guest_range(const struct guest_memory *memory, uint32_t address, uint64_t length);

/* Reads the reply at `address` and splits its payload into texts, of which the kind says how many there
 * must be (REFUSED 1, VALUE 2, WHERE 3, EXCEPTION 7, else 0). Errors: GUEST. */
pybox_status guest_read_reply(const struct guest_memory *memory, uint32_t address,
                              struct guest_reply *reply, struct guest_text texts[GUEST_MAX_TEXTS]);

/* Reads the reply at `address`: any that a run may end with, or that says what is waited for; the latter's payload
 * goes to `list`, which else is empty. Errors: GUEST. */
pybox_status guest_read_list(const struct guest_memory *memory, uint32_t address,
                             struct guest_reply *reply, struct guest_text *list);

/* The error of a guest that broke its protocol, with what it did. */
pybox_status guest_broken(const char *what);

/* The error of a request that the guest has refused: ARGUMENT, LIMIT, BUSY. */
pybox_status guest_refused(const struct guest_reply *reply, const struct guest_text *why);

/* The profile that comes with a reply; empty if there is none. Errors: GUEST. */
pybox_status guest_read_profile(const struct guest_memory *memory, const struct guest_reply *reply,
                                struct guest_text *profile);

/* The value that comes with a reply: JSON that has been checked, or bytes. Errors: GUEST (it is none, or over a cap). */
pybox_status guest_read_value(const struct guest_memory *memory, const struct guest_reply *reply,
                              pybox_value_kind *kind, struct guest_text *value);

/* Copies a text so that it can be shown in one line: control characters become "?", and what does not fit into `bytes` with
 * a NUL is cut off, not in the middle of a character. */
void guest_text_copy_line(char *to, size_t bytes, const struct guest_text *text);

/* The decimal number in a text, or 0 if it is none or above UINT32_MAX. */
uint32_t guest_text_number(const struct guest_text *text);

#endif
