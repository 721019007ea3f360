// Responsible for remembering what was logged.
#include "messages.h"

#include <stdio.h>
#include <string.h>

static void remember(void *user, enum vktl_log_level level, const char *sentence)
{
    struct messages *messages = user;
    size_t length = strlen(messages->text);
    messages->count[level]++;
    snprintf(messages->text + length, sizeof messages->text - length, "%s\n", sentence);
}

void messages_init(struct messages *messages)
{
    *messages = (struct messages){.log = {remember, messages}};
}

bool messages_contain(const struct messages *messages, const char *part)
{
    return strstr(messages->text, part) != NULL;
}
