// Responsible for turning formats into sentences and handing them to the caller's receiver. Where
// they are printed, and how, is the caller's business.
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

enum { SENTENCE_SIZE = 2048 }; // longer messages are cut: nobody reads further

static void write_sentence(const struct vktl_log *log, enum vktl_log_level level,
                           const char *format, va_list arguments)
{
    if (!log || !log->write)
        return;
    char sentence[SENTENCE_SIZE];
    vsnprintf(sentence, sizeof sentence, format, arguments);
    text_hide_controls(sentence, ""); // it may quote names from files
    log->write(log->user, level, sentence);
}

void log_write(const struct vktl_log *log, enum vktl_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_sentence(log, level, format, arguments);
    va_end(arguments);
}

vktl_status log_fail(const struct vktl_log *log, vktl_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_sentence(log, VKTL_LOG_ERROR, format, arguments);
    va_end(arguments);
    return status;
}

static void soften(void *user, enum vktl_log_level level, const char *sentence)
{
    const struct vktl_log *log = user;
    if (log && log->write)
        log->write(log->user, level == VKTL_LOG_ERROR ? VKTL_LOG_WARNING : level, sentence);
}

struct vktl_log log_softened(const struct vktl_log *log)
{
    return (struct vktl_log){soften, (void *)log};
}

_Noreturn void log_assert_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "vktl: internal error at %s:%d: %s\n", file, line, condition);
    abort();
}
