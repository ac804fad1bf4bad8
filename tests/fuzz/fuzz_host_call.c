/*
 * Calls of host functions by a hostile guest: its memory, and the imports' arguments. The input's first 16 bytes say how
 * often and with what host_call and host_take are called, the rest is the guest's memory, repeated.
 */
#include "fake_guest.h"

static pybox_functions *set;

/* Reads all of the call, and answers with it. */
static void answer_all(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    volatile unsigned sum = 0;
    for (size_t i = 0; i <= call->arguments.length; i++)
        sum += (unsigned char)call->arguments.bytes[i];
    for (size_t i = 0; i < call->blob_count; i++)
        for (size_t k = 0; k <= call->blobs[i].length; k++)
            sum += (unsigned char)call->blobs[i].bytes[k];
    if (context != NULL && call->blob_count > 0)
        pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_BYTES, call->blobs[0].bytes, call->blobs[0].length});
    else if (sum % 5 == 0)
        pybox_answer_error(answer, sum % 2 == 0 ? "ValueError" : NULL, call->arguments.bytes);
    else if (pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, call->arguments.bytes,
                                                       call->arguments.length}) != PYBOX_OK)
        abort(); /* arguments have been checked */
}

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    if (pybox_functions_create(&set) != PYBOX_OK ||
        pybox_functions_add(set, &(pybox_function){.name = "f", .signature = "(*a)", .function = answer_all}) != PYBOX_OK ||
        pybox_functions_add(set, &(pybox_function){.name = "g", .signature = "(*a)", .function = answer_all,
                                                   .context = &set}) != PYBOX_OK)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length <= 16)
        return 0;
    struct pybox_box *box = fake_guest_make(set);
    for (size_t i = 0; i < FAKE_GUEST_BYTES; i++)
        box->memory.base[i] = bytes[16 + i % (length - 16)];
    for (int i = 0; i < 4; i++) {
        uint32_t address = bytes[i * 4] | (uint32_t)bytes[i * 4 + 1] << 8, capacity = bytes[i * 4 + 2];
        fake_guest_call(box, bytes[i * 4 + 3] % 3, address);
        fake_guest_take(box, address, capacity << (bytes[i * 4 + 3] % 24));
    }
    fake_guest_free(box);
    return 0;
}
