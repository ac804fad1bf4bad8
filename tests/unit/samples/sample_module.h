/* What the sample module and its tests agree on. */
#ifndef SAMPLE_MODULE_H
#define SAMPLE_MODULE_H

#define SAMPLE_HASH                                                                                \
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
        27, 28, 29, 30, 31, 32

#define SAMPLE_EXPORT_COUNT 18
#define SAMPLE_IMPORT_COUNT 5

/* Each takes and returns one u64. */
#define SAMPLE_IMPORT_TWICE 0  /* times two */
#define SAMPLE_IMPORT_STOP 1   /* sets env->stop */
#define SAMPLE_IMPORT_NESTED 2 /* as the test says */
#define SAMPLE_IMPORT_FAULT 3  /* the host reads that address */
#define SAMPLE_IMPORT_SEE 4    /* as the test says */

#ifndef __ASSEMBLER__
#define SAMPLE_IMPORTS                                                                             \
    {"test", "twice", "I:I"}, {"test", "stop", "I:I"}, {"test", "nested", "I:I"},                  \
        {"test", "fault", "I:I"}, {"test", "see", "I:I"}
#endif

#endif
