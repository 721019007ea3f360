// Where messages go. The library never prints: whoever calls it decides.
#ifndef VKTL_LOG_H
#define VKTL_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

enum vktl_log_level {
    VKTL_LOG_ERROR,   // why the call fails: what, where, what to do
    VKTL_LOG_WARNING, // the call goes on, but the user should know
    VKTL_LOG_INFO,    // what was done
    VKTL_LOG_DEBUG,   // for those who look into vktl
};

// A receiver of messages. A NULL log, or a NULL `write`, is silence.
//
// `write` gets one sentence at a time, without a newline, valid only during the call. It may be
// called from any thread, one call at a time. The struct must outlive whatever it was given to.
struct vktl_log {
    void (*write)(void *user, enum vktl_log_level level, const char *sentence);
    void *user;
};

#ifdef __cplusplus
}
#endif
#endif
