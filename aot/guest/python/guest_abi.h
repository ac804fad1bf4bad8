/*
 * The protocol between the runtime and the Python guest: exports of the module and the layout of what
 * they return. Compiled into both sides (guest_main.c, runtime/guest.c).
 *
 * The runtime writes a request's bytes to the guest's request buffer and calls an export; the export returns the
 * address of a struct guest_reply in linear memory, whose payload stays valid until the next call. Everything
 * the runtime reads here comes from a hostile guest and is checked there.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#include <stdint.h>

/* Exports. All but STOP and WHERE are called with no guest frame on any stack, or within a host function. Those two are called while
 * another export runs, at any of its loops and function entries, so they only touch what is
 * consistent at all times. */
#define GUEST_EXPORT_START "pybox_start"         /* ":i"   Python's start-up, once; 0, or -1 */
#define GUEST_EXPORT_BUFFER "pybox_buffer"       /* "i:i"  request buffer of that many bytes, or 0 */
#define GUEST_EXPORT_CONFIGURE "pybox_configure" /* "i:i"  JSON options of that length -> reply */
#define GUEST_EXPORT_RUN "pybox_run"             /* "iii:i" mode, code length, file name length -> reply */
#define GUEST_EXPORT_TRACE "pybox_trace"         /* "ii:"  events, length of the pattern of file names in the buffer */
#define GUEST_EXPORT_RESUME "pybox_resume"       /* "i:i"  answers of that length: goes on with the run that waits -> reply */
#define GUEST_EXPORT_REQUESTS "pybox_requests"   /* ":i"   -> reply: PENDING, or DONE if no run waits */
#define GUEST_EXPORT_CONTEXT "pybox_context"     /* "ii:i" enum guest_context_act, number of texts -> reply */
#define GUEST_EXPORT_CONTEXTS "pybox_contexts"   /* ":i"   the address of the first struct guest_context_entry; changes nothing */
#define GUEST_EXPORT_VALUE "pybox_value"         /* "ii:i" enum guest_value_op, request length -> reply */
#define GUEST_EXPORT_ROOM "pybox_room"           /* "i:i"  room for the bytes of a value, of that length; or 0 */
#define GUEST_EXPORT_FINISH "pybox_finish"       /* ":i"   -> reply */
#define GUEST_EXPORT_RESTORE "pybox_restore"     /* ":"    new random numbers after a restore */
#define GUEST_EXPORT_SETTLE "pybox_settle"       /* ":"    before a base image is saved */
#define GUEST_EXPORT_STOP "pybox_stop"           /* "i:"   enum guest_stop: the first step of a stop */
#define GUEST_EXPORT_WHERE "pybox_where"         /* ":i"   -> reply: which line is running */

/* Host functions. A set of them is named by 128 bits, two arguments. Not both 0. */
#define GUEST_EXPORT_FUNCTIONS_KNOWN "pybox_functions_known" /* "II:i"  1: the guest has that set */
#define GUEST_EXPORT_FUNCTIONS "pybox_functions" /* "IIi:i" ..., JSON declarations of that length -> reply: it has it now */

/* Where the runtime shows the standard library's archive, and its file name beside the module. */
#define GUEST_STDLIB_PATH "/usr/lib/python3.13"
#define GUEST_STDLIB_FILE "python313.zip"

/* How to run code: the values of pybox_mode. */
enum guest_mode {
    GUEST_MODE_EXEC = 0,
    GUEST_MODE_EVAL = 1,
    GUEST_MODE_SINGLE = 2,
    GUEST_MODE_CALL = 3, /* within the guest: of pybox_value */
};

/* The values of pybox_form_of_values and pybox_value_kind. */
enum guest_value_form { GUEST_VALUES_PLAIN = 0, GUEST_VALUES_TAGGED = 1 };
enum guest_value_kind { GUEST_VALUE_NONE = 0, GUEST_VALUE_JSON = 1, GUEST_VALUE_BYTES = 2 };

/* What pybox_value is to do with a variable, or with a function that a dotted path names. */
enum guest_value_op { GUEST_VALUE_SET = 1, GUEST_VALUE_GET = 2, GUEST_VALUE_DELETE = 3, GUEST_VALUE_CALL = 4 };

/* Its request: this, an array of parts, and then texts with a NUL behind each: that array, the context, the name, and the
 * bytes of each part. */
struct guest_value_request {
    uint32_t form; /* enum guest_value_form */
    uint32_t frozen;
    uint32_t context_bytes, name_bytes;
    uint32_t count; /* of parts: one to set; of a call its arguments */
    uint32_t has_keywords; /* the last argument is a JSON object of them */
};

struct guest_value_part {
    uint32_t kind; /* enum guest_value_kind, or */
#define GUEST_VALUE_IN_ROOM 3u /* bytes, which are where pybox_room has said; the part's text is empty */
    uint32_t bytes;
};

/* A value crosses only up to these bounds; the first three are those of pybox.h. */
#define GUEST_VALUE_BYTES_MOST (64u << 20)
#define GUEST_VALUE_DEPTH_MOST 200
#define GUEST_VALUE_ITEMS_MOST 4000000
#define GUEST_VALUE_DIGITS_MOST 4300 /* of a number: what Python itself converts by default */

/* Added to the mode: count fuel by function and line. The reply's second payload is the profile. */
#define GUEST_RUN_PROFILE 0x100u
/* Added to the mode: the value is to be in its tagged form. */
#define GUEST_RUN_TAGGED 0x200u
/* Added to the mode: tell the host of events, as the last pybox_trace said. */
#define GUEST_RUN_TRACE 0x400u
#define GUEST_RUN_MODE 0xffu

/* Why a run is stopped. The exception that says so is raised where the interpreter looks for signals, and
 * again whenever code goes on without it; KEYBOARD is raised once. NONE takes back what has not been raised
 * yet: before every run. */
enum guest_stop {
    GUEST_STOP_NONE = 0,
    GUEST_STOP_FUEL = 1,      /* pybox.OutOfFuel */
    GUEST_STOP_DEADLINE = 2,  /* pybox.DeadlineExceeded, for wall-clock time */
    GUEST_STOP_CPU = 3,       /* pybox.DeadlineExceeded, for CPU time */
    GUEST_STOP_INTERRUPT = 4, /* pybox.Interrupted */
    GUEST_STOP_KEYBOARD = 5,  /* KeyboardInterrupt */
};

/* What a guest may import besides WASI. */
#define GUEST_IMPORT_MODULE "pybox"
#define GUEST_IMPORT_FUEL "fuel_used"     /* ":I"    the fuel that its run has used so far */
#define GUEST_IMPORT_RENEW "random_renew" /* "iiii:" base, offset, bytes, epoch: of a generator of random numbers */

/* A generator, at `base` + `offset`, with the `bytes` bytes of its state behind it; at most GUEST_GENERATOR_BYTES. The
 * host brings it up to `epoch`: if the system chose its seed it gets another state. After a restore the first
 * GUEST_RENEWALS calls cost a run nothing, neither fuel nor a host call. So that the fuel is the same with and without,
 * the guest must do nothing else for it, not even add two numbers. */
struct guest_generator {
    uint32_t epoch;
    uint32_t from_system; /* not 0: the system chose its seed */
    uint32_t renewed;     /* becomes 1 with another state */
};
#define GUEST_GENERATOR_BYTES 4096u
#define GUEST_RENEWALS 1024u
/* Event, file name, its length, line, function, its length: 0, or not 0 for "no more". In a run with GUEST_RUN_TRACE. */
#define GUEST_IMPORT_TRACE "trace" /* "iiiiii:i" */
/* Number of the value, MIME type, its length, data, its length: 0, or an errno value of WASI's. */
#define GUEST_IMPORT_DISPLAY "display" /* "iiiii:i" */

/* Bits of what a traced run tells of. */
enum guest_trace {
    GUEST_TRACE_CALL = 1,
    GUEST_TRACE_LINE = 2,
    GUEST_TRACE_RETURN = 4,
    GUEST_TRACE_RAISE = 8,
};

/* Waits for the host on the guest's stack: address and length of requests -> length of the answers, or an enum guest_wait;
 * and copies those answers to an address. */
#define GUEST_IMPORT_WAIT "host_wait"       /* "ii:i" */
#define GUEST_IMPORT_ANSWERS "host_answers" /* "i:" */

enum guest_wait {
    GUEST_WAIT_REFUSED = -1,   /* within a host function, or between runs */
    GUEST_WAIT_STOPPED = -2,   /* the run is being stopped */
    GUEST_WAIT_BROKEN = -3,    /* these are no requests */
    GUEST_WAIT_NO_MEMORY = -4, /* the host has none for them */
};

/* What the host is asked: a head of 64, 64 and 32 bits, then the requests with ascending ids: each a 64-bit id, 32-bit lengths of the function's name and the arguments,
 * and these two, without any padding. */
#define GUEST_REQUESTS_HEAD 20 /* bytes: ns to the next timer or 0, the last id so far, how many requests there are */
#define GUEST_REQUEST_HEAD 16
#define GUEST_MAX_REQUESTS (1u << 16)

/* What the host answers: for each request a 64-bit id, 32 bits of enum guest_answer, a 32-bit length and that many bytes. */
#define GUEST_ANSWER_HEAD 16

/* Calls a host function: its number in the set, the address of a struct guest_host_call -> enum guest_answer. The host function
 * may run code in the guest meanwhile: BUFFER, RUN and whatever else runs code, but FINISH and SETTLE. */
#define GUEST_IMPORT_HOST_CALL "host_call" /* "ii:i" */
/* Takes the answer of the last call if it was too long for its buffer: where to, how much -> 0, or 1: there is no such answer. */
#define GUEST_IMPORT_HOST_TAKE "host_take" /* "ii:i" */

struct guest_host_call {
    uint32_t arguments, arguments_bytes; /* JSON object: parameter -> value; {"$blob": i} stands for a bytes object */
    uint32_t blobs, blob_count;          /* those: array of struct guest_blob */
    uint32_t answer, answer_capacity;    /* buffer for the answer's bytes */
    uint32_t answer_bytes;               /* the host writes it: if more than fit, nothing is in the buffer */
    uint32_t error;                      /* the host writes it, for GUEST_ANSWER_ERROR: which one; the bytes are the message */
    uint64_t id;                         /* of the call, for GUEST_ANSWER_LATER */
};

struct guest_blob {
    uint32_t address, bytes;
};

enum guest_answer {
    GUEST_ANSWER_NONE = 0,  /* None */
    GUEST_ANSWER_JSON = 1,  /* the bytes are JSON */
    GUEST_ANSWER_BYTES = 2, /* they are a bytes object */
    GUEST_ANSWER_ERROR = 3, /* to a request: 32 bits of enum guest_error, then the message */
    GUEST_ANSWER_LATER = 4,
    GUEST_ANSWER_GONE = 5,  /* the host has no such function */
};

/* Exceptions that the host may raise by name: those that are made of a message. GUEST_ERROR_HOST is pybox.HostError. */
#define GUEST_ERRORS(X)                                                                            \
    X(ArithmeticError) X(AssertionError) X(AttributeError) X(BlockingIOError) X(BrokenPipeError)   \
    X(BufferError) X(BytesWarning) X(ChildProcessError) X(ConnectionAbortedError)                  \
    X(ConnectionError) X(ConnectionRefusedError) X(ConnectionResetError) X(DeprecationWarning)     \
    X(EOFError) X(EncodingWarning) X(EnvironmentError) X(Exception) X(FileExistsError)             \
    X(FileNotFoundError) X(FloatingPointError) X(FutureWarning) X(IOError) X(ImportError)          \
    X(ImportWarning) X(IndentationError) X(IndexError) X(InterruptedError) X(IsADirectoryError)    \
    X(KeyError) X(LookupError) X(MemoryError) X(ModuleNotFoundError) X(NameError)                  \
    X(NotADirectoryError) X(NotImplementedError) X(OSError) X(OverflowError)                       \
    X(PendingDeprecationWarning) X(PermissionError) X(ProcessLookupError) X(RecursionError)        \
    X(ReferenceError) X(ResourceWarning) X(RuntimeError) X(RuntimeWarning) X(StopAsyncIteration)   \
    X(StopIteration) X(SyntaxError) X(SyntaxWarning) X(SystemError) X(TabError) X(TimeoutError)    \
    X(TypeError) X(UnboundLocalError) X(UnicodeError) X(UnicodeWarning) X(UserWarning)             \
    X(ValueError) X(Warning) X(ZeroDivisionError)
#define GUEST_ERROR_NUMBER(name) GUEST_ERROR_##name,
enum guest_error { GUEST_ERROR_HOST = 0, GUEST_ERRORS(GUEST_ERROR_NUMBER) GUEST_ERROR_COUNT };
#undef GUEST_ERROR_NUMBER

enum guest_reply_kind {
    GUEST_REPLY_DONE = 0,      /* no payload */
    GUEST_REPLY_VALUE = 1,     /* texts: repr, why there is no value or ""; and the value */
    GUEST_REPLY_EXCEPTION = 2, /* texts: type, message, traceback, line in decimal,
                                  traceback of the program's own frames, JSON object, hint */
    GUEST_REPLY_EXIT = 3,      /* exit_code; no payload */
    GUEST_REPLY_FAILED = 4,    /* the bridge itself failed; no payload */
    GUEST_REPLY_WHERE = 5,     /* texts: file name, function, line in decimal; "", "", "0": unknown */
    GUEST_REPLY_REFUSED = 6,   /* exit_code: enum guest_refusal. Text: why. Nothing has been run or changed */
    GUEST_REPLY_PENDING = 7,   /* the run waits for the host: payload as in GUEST_REQUESTS_HEAD */
};

/* What to do with a context. The request's texts, a NUL behind each, are its name and what follows here. */
enum guest_context_act {
    GUEST_CONTEXT_CREATE = 0,    /* the parent's name, or "" */
    GUEST_CONTEXT_COPY = 1,      /* the name of that which is copied */
    GUEST_CONTEXT_RESET = 2,
    GUEST_CONTEXT_DESTROY = 3,
    GUEST_CONTEXT_PROTECT = 4,   /* names in it */
    GUEST_CONTEXT_UNPROTECT = 5, /* names in it; none: all that are protected */
};

/* A context as the runtime reads it in linear memory: addresses, 0 for none. */
struct guest_context_entry {
    uint32_t next;   /* the entry of the one that was made after it */
    uint32_t parent; /* an entry */
    uint32_t name;
    uint32_t name_bytes;
};

#define GUEST_CONTEXTS_MOST 65536
#define GUEST_CONTEXT_DEPTH_MOST 64
#define GUEST_CONTEXT_NAME_MOST 200 /* bytes */

/* What was wrong with a request that is refused. */
enum guest_refusal {
    GUEST_REFUSED_ARGUMENT = 0,
    GUEST_REFUSED_LIMIT = 1, /* a count or depth is over its cap */
    GUEST_REFUSED_BUSY = 2,  /* a run waits for the host */
};

/* struct guest_reply.flags */
#define GUEST_REPLY_NO_MEMORY 1u /* EXCEPTION: a MemoryError, and in this run an allocation has failed */

/* A request to run: the code, the file name, and the context's name, a NUL behind each (lengths in the call are without
 * the NULs; the context's name has none in it).
 * A payload of texts: each a 32-bit little-endian length and that many bytes of UTF-8. */

struct guest_reply {
    uint32_t kind;
    int32_t exit_code;
    uint32_t payload;
    uint32_t payload_bytes;
    uint32_t flags;
    uint32_t profile; /* after a profiled run: JSON text, in memory until the next call; else 0 */
    uint32_t profile_bytes;
    uint32_t value; /* VALUE: of enum guest_value_kind, in memory until the next call */
    uint32_t value_bytes;
    uint32_t value_kind;
};

#endif
