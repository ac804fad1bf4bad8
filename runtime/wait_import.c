#include "wait_import.h"

#include <string.h>

#include "box.h"
#include "guard.h"
#include "wait.h"

/* 0, or an enum guest_wait: why not. */
static int32_t wait_import_refuse(struct pybox_box *box, const uint8_t *list, uint32_t bytes)
{
    if (box->phase != BOX_RUN || box->host_frame != NULL)
        return GUEST_WAIT_REFUSED;
    if (box->stop.step != STOP_GOING)
        return GUEST_WAIT_STOPPED;
    if (list == NULL)
        return GUEST_WAIT_BROKEN;
    guard_charge_moved(box, bytes);
    pybox_status status = wait_read(&box->wait, list, bytes);
    if (status != PYBOX_OK)
        return status == PYBOX_ERROR_NO_MEMORY ? GUEST_WAIT_NO_MEMORY : GUEST_WAIT_BROKEN;
    return 0;
}

void wait_import_wait(struct pybox_box *box, uint64_t *values)
{
    const uint32_t address = (uint32_t)values[0], bytes = (uint32_t)values[1];
    const struct guest_memory memory = box_memory(box);
    wait_clear(&box->wait);
    const int32_t refused = wait_import_refuse(box, guest_range(&memory, address, bytes), bytes);
    values[0] = (uint32_t)refused;
    if (refused != 0 || atomic_load(&box->stop.asked) != 0)
        return; /* what was asked comes first */
    guard_pause(box);
    box->wait.kind = PYBOX_WAIT_STACK;
    box->wait.values = values;
    box->env.stop = MODULE_TRAP_YIELD;
}

void wait_import_answers(struct pybox_box *box, uint64_t *values)
{
    const struct guest_memory memory = box_memory(box);
    struct wait *wait = &box->wait;
    uint8_t *to = guest_range(&memory, (uint32_t)values[0], wait->taken);
    if (to != NULL && wait->taken > 0) {
        memcpy(to, wait->answers, wait->taken);
        guard_charge_moved(box, wait->taken);
    }
    wait_clear(wait);
}
