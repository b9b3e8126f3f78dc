#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *eg_status_text(int status)
{
    switch (status) {
    case EG_OK:
        return "done";
#define X(code, value, text) \
    case code:               \
        return text;
        EG_STATUS_LIST(X)
#undef X
    default:
        return "an unknown status";
    }
}

int eg_raise_(int status, const char *file, int line)
{
#ifdef EG_TRACE_ERRORS
    fprintf(stderr, "%s:%d: %s\n", file, line, eg_status_text(status));
#else
    (void) file;
    (void) line;
#endif
    return status;
}

int eg_fail_(int status, const char *file, int line, struct eg_message *message, const char *format,
             ...)
{
    if (message) {
        va_list args;
        va_start(args, format);
        const int n = vsnprintf(message->text, sizeof message->text, format, args);
        va_end(args);
        if (n < 0)
            message->text[0] = '\0';
    }
    return eg_raise_(status, file, line);
}
