// A log that remembers, for tests that look at messages.
#ifndef HARNESS_MESSAGES_H
#define HARNESS_MESSAGES_H

#include <stdbool.h>

#include <vktl/log.h>

struct messages {
    struct vktl_log log; // give &messages.log to what is tested
    unsigned count[VKTL_LOG_DEBUG + 1];
    char text[16384]; // one a line; what does not fit is cut
};

void messages_init(struct messages *messages);
bool messages_contain(const struct messages *messages, const char *part);

#endif
