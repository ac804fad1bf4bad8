/* Prints the table of WASI calls, a line for each: name, type, family, status, fuel a call, an entry, bytes a unit,
 * whether the host's errors are passed on, and its own errors. For check-calls. */
#include <stdio.h>

#include "wasi.h"

int main(void)
{
    size_t count;
    const struct wasi_call *calls = wasi_calls(&count);
    for (size_t i = 0; i < count; i++) {
        const struct wasi_call *call = &calls[i];
        printf("%s\t%s\t%s\t%s\t%u\t%u\t%u\t%d\t", call->name, call->type, wasi_family_name(call->family),
               call->status == WASI_IMPLEMENTED ? "implemented" : "refused", call->price.call, call->price.entry,
               call->price.bytes_a_unit, call->is_host);
        for (uint16_t error = 1; error < 256; error++)
            if (wasi_call_lists(call, error) == 1)
                printf("%s ", wasi_error_name(error));
        putchar('\n');
    }
    return 0;
}
