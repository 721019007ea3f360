// Messages and the flow of errors.
//
// A message is made once, where the facts are known; the code travels up. Functions that can fail
// return vktl_status and leave through the one label `fail:`.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <vktl/log.h>
#include <vktl/status.h>

#if defined(__GNUC__)
#define LOG_FORMAT(format_index, first_index)                                                      \
    __attribute__((format(printf, format_index, first_index)))
#else
#define LOG_FORMAT(format_index, first_index)
#endif

void log_write(const struct vktl_log *log, enum vktl_log_level level, const char *format, ...)
    LOG_FORMAT(3, 4);

#define log_warning(log, ...) log_write((log), VKTL_LOG_WARNING, __VA_ARGS__)
#define log_info(log, ...)    log_write((log), VKTL_LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_write((log), VKTL_LOG_DEBUG, __VA_ARGS__)

// Writes the sentence as an error and returns `status`, so that a failure is one line.
vktl_status log_fail(const struct vktl_log *log, vktl_status status, const char *format, ...)
    LOG_FORMAT(3, 4);

// The same receiver for what may fail without harm to the whole: errors come as warnings. `log`
// must outlive it.
struct vktl_log log_softened(const struct vktl_log *log);

// For functions with a local `vktl_status status` and a label `fail:`.
#define TRY(expression)                                                                            \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != VKTL_OK)                                                                     \
            goto fail;                                                                             \
    } while (0)

// Says why and leaves: FAIL(log, VKTL_INPUT, "%s: not a PNG", path).
#define FAIL(log, code, ...)                                                                       \
    do {                                                                                           \
        status = log_fail((log), (code), __VA_ARGS__);                                             \
        goto fail;                                                                                 \
    } while (0)

// For a pointer just allocated on the host.
#define TRY_ALLOC(log, pointer)                                                                    \
    do {                                                                                           \
        if (!(pointer))                                                                            \
            FAIL((log), VKTL_NO_MEMORY, "out of host memory");                                     \
    } while (0)

// Our own mistakes: on in all builds. Prints where and aborts.
#define vktl_assert(condition)                                                                     \
    ((condition) ? (void)0 : log_assert_failed(__FILE__, __LINE__, #condition))
_Noreturn void log_assert_failed(const char *file, int line, const char *condition);

#endif
