// Responsible for asking about the terminal. What is drawn on it is the program's business.
#include "base/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 80 };

bool terminal_is_live(void)
{
    return isatty(STDERR_FILENO);
}

bool terminal_shows_output(void)
{
    return isatty(STDOUT_FILENO);
}

uint32_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_WIDTH;
    return size.ws_col;
}

bool terminal_has_colour(void)
{
    const char *refused = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    if (refused && *refused)
        return false;
    return terminal_is_live() && kind && strcmp(kind, "dumb") != 0;
}

void terminal_reserve(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != stream)
            return; // nothing can be opened at all
}
