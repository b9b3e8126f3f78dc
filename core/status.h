/* core/status.h -- what a function that can fail returns.
 *
 * Functions return EG_OK (0) or one of the negative codes below.  Every code is born
 * in eg_raise_(), so one breakpoint there finds every failure; a build with
 * -Dtrace_errors=true prints where each was born.  Nothing in the library exits or
 * prints otherwise.  A text that names the file, key or shape at fault travels in an
 * eg_message, which belongs to the caller. */
#ifndef EG_CORE_STATUS_H
#define EG_CORE_STATUS_H

#include <stddef.h>

#if defined(__GNUC__)
#define EG_MUST_CHECK __attribute__((warn_unused_result))
#define EG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define EG_MUST_CHECK
#define EG_PRINTF(fmt, args)
#endif

/* clang-format off */
#define EG_STATUS_LIST(X)                                                      \
    X(EG_ERR_NOMEM,    -1, "out of memory")                                    \
    X(EG_ERR_SHAPE,    -2, "shapes do not fit together")                       \
    X(EG_ERR_RANGE,    -3, "a value is out of range")                          \
    X(EG_ERR_CONFIG,   -4, "the configuration is not valid")                   \
    X(EG_ERR_IO,       -5, "input or output failed")                           \
    X(EG_ERR_FORMAT,   -6, "the file is not what it should be")                \
    X(EG_ERR_DIVERGED, -7, "a loss or a gradient stopped being finite")        \
    X(EG_ERR_EXISTS,   -8, "the file exists already")                          \
    X(EG_ERR_DATA,     -9, "the data are not valid")                           \
    X(EG_ERR_MISSING,  -10, "something that is needed is not there")
/* clang-format on */

enum eg_status {
    EG_OK = 0,
#define X(code, value, text) code = (value),
    EG_STATUS_LIST(X)
#undef X
};

/* One sentence for a status; never NULL.  Unknown codes have a sentence too. */
const char *eg_status_text(int status);

/* A sentence for a person about one failure.  `text` is always terminated. */
struct eg_message {
    char text[1024];
};

/* Formats into `message` (which may be NULL: then nothing is kept) and returns
 * `status`, so that `return EG_FAIL(EG_ERR_IO, m, "cannot open %s", path);` is one
 * line.  Longer texts are cut. */
int eg_fail_(int status, const char *file, int line, struct eg_message *message, const char *format,
             ...) EG_PRINTF(5, 6);
#define EG_FAIL(status, message, ...) eg_fail_((status), __FILE__, __LINE__, (message), __VA_ARGS__)

int eg_raise_(int status, const char *file, int line);
#define EG_RAISE(status) eg_raise_((status), __FILE__, __LINE__)

#endif
