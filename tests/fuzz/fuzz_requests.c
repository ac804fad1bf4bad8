/* Any bytes as the list of what a guest asks its host: what is accepted has ascending ids and texts that can be shown, each can be
 * answered once, and the answers are as long as they must be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wait.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void need(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct wait wait = {0};
    if (wait_read(&wait, bytes, length) == PYBOX_OK) {
        need(wait.count <= GUEST_MAX_REQUESTS && wait_list_open(&wait) == wait.count);
        for (size_t i = 0; i < wait.count; i++) {
            const pybox_request *request = &wait.requests[i];
            need(request->id > (i > 0 ? request[-1].id : 0) && request->id <= wait.last_id);
            need(strlen(request->function) > 0 && strlen(request->function) <= WAIT_MAX_FUNCTION_BYTES);
            need(request->arguments.bytes[request->arguments.length] == '\0');
            need(wait_answer(&wait, request->id, GUEST_ANSWER_JSON, NULL, 0, "12", 2) == PYBOX_OK);
            need(wait_answer(&wait, request->id, GUEST_ANSWER_JSON, NULL, 0, "12", 2) == PYBOX_ERROR_ARGUMENT);
        }
        need(wait_list_open(&wait) == 0 && wait.answer_bytes == wait.count * (GUEST_ANSWER_HEAD + 2));
    } else {
        need(!wait.is_listed && wait.count == 0);
    }
    wait_clear(&wait);
    return 0;
}
