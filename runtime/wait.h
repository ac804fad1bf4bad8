/*
 * What a pending run waits for: the requests that the guest has made of the host, and the host's answers until they are
 * handed over. Everything the guest says is checked; the texts are copies.
 */
#ifndef WAIT_H
#define WAIT_H

#include "fuel.h"
#include "guest_abi.h"
#include "pybox.h"

#define WAIT_MAX_FUNCTION_BYTES 1000u
#define WAIT_MAX_ANSWER_BYTES (UINT64_C(1) << 30) /* of all answers that have not been handed over */

struct wait {
    pybox_wait kind;
    int is_listed; /* all that follows is as the guest has said; else it is to be asked */
    uint64_t wake_ns, last_id;
    pybox_request *requests; /* ascending ids */
    size_t count;
    char *texts;             /* theirs */
    pybox_request *open;     /* those of them without an answer, in pybox_box_requests() */
    uint8_t *is_answered;    /* by request */

    uint8_t *answers; /* as guest_abi.h has them */
    size_t answer_bytes, answer_capacity;

    int has_account; /* HOST: the run began in this box, and its account goes on: */
    struct fuel fuel;
    uint64_t *values; /* STACK: of the import that waits */
    size_t taken;     /* bytes of `answers` that the guest is to take now */
};

/* Nothing is waited for; frees everything. */
void wait_clear(struct wait *wait);

/* The same without forgetting answers that have not been handed over. */
void wait_clear_requests(struct wait *wait);

/* Copies the list of requests in a payload. Errors: GUEST, NO_MEMORY: there is no list. */
pybox_status wait_read(struct wait *wait, const uint8_t *payload, uint64_t bytes);

/* Keeps an answer: a head (enum guest_answer) and two parts of its bytes. An answer to a request that is no more is
 * dropped. Errors: ARGUMENT, LIMIT, NO_MEMORY. */
pybox_status wait_answer(struct wait *wait, uint64_t id, enum guest_answer kind, const void *head,
                         size_t head_bytes, const void *body, size_t body_bytes);

/* Fills `open`. */
size_t wait_list_open(struct wait *wait);

#endif
