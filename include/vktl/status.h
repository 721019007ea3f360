// Status codes: what every vktl function that can fail returns.
#ifndef VKTL_STATUS_H
#define VKTL_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VKTL_API __attribute__((visibility("default")))
#else
#define VKTL_API
#endif

// Every status once: name, exit status of the program, sentence.
#define VKTL_STATUSES(X)                                                                           \
    X(OK, 0, "success")                                                                            \
    X(FAILED, 1, "failed while running")                                                           \
    X(DIVERGED, 1, "the loss is no longer a finite number")                                        \
    X(IO, 1, "a file could not be written")                                                        \
    X(DEVICE_LOST, 1, "the Vulkan device was lost")                                                \
    X(USAGE, 2, "wrong usage")                                                                     \
    X(NO_DEVICE, 3, "no usable Vulkan device")                                                     \
    X(INPUT, 4, "bad input data or file")                                                          \
    X(NO_MEMORY, 5, "does not fit in memory")                                                      \
    X(INTERRUPTED, 130, "interrupted")

#define VKTL_STATUS_NAME(name, exit_status, sentence) VKTL_##name,
typedef enum vktl_status { VKTL_STATUSES(VKTL_STATUS_NAME) } vktl_status;
#undef VKTL_STATUS_NAME

// The sentence that belongs to a status; a static string. Safe from any thread.
VKTL_API const char *vktl_status_text(vktl_status status);

// The exit status that `vktl` ends with for this status (the contract with scripts).
VKTL_API int vktl_status_exit(vktl_status status);

// The library's version, "major.minor.patch"; a static string.
VKTL_API const char *vktl_version(void);

#ifdef __cplusplus
}
#endif
#endif
