// Responsible for changing environment variables (POSIX has it, C has not).
#include "base/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool list_contains(const char *list, const char *path)
{
    const size_t length = strlen(path);
    for (const char *at = list; (at = strstr(at, path)) != NULL; at += length)
        if ((at == list || at[-1] == ':') && (at[length] == ':' || at[length] == '\0'))
            return true;
    return false;
}

bool environment_append_path(const char *name, const char *path)
{
    const char *list = getenv(name);
    if (list && list_contains(list, path))
        return true;
    struct text text;
    text_init(&text);
    text_format(&text, "%s%s%s", list ? list : "", list && *list ? ":" : "", path);
    const bool done = !text.failed && setenv(name, text.data, 1) == 0;
    text_deinit(&text);
    return done;
}
