/* The imports by which a guest waits on its native stack (rows of host_import.c). */
#ifndef WAIT_IMPORT_H
#define WAIT_IMPORT_H

#include <stdint.h>

struct pybox_box;

/* pybox.host_wait: leaves the run where it is until pybox_box_resume(). */
void wait_import_wait(struct pybox_box *box, uint64_t *values);

/* pybox.host_answers: what it was resumed with. */
void wait_import_answers(struct pybox_box *box, uint64_t *values);

#endif
