// Responsible for all that the program prints, and for its look on terminals of any kind. What is
// said is the commands' and the library's business.
#include "cli/console.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/terminal.h"
#include "base/threads.h"

static const double REDRAW_SECONDS = 0.1;

enum { NOTE_SIZE = 16384 }; // longer ones are cut

// ---- stderr

// Blanks the live line without escape codes, which not every terminal knows.
static void wipe(struct console *console)
{
    if (console->shown_width)
        fprintf(stderr, "\r%*s\r", (int)console->shown_width, "");
    console->shown_width = 0;
}

// Columns that UTF-8 text takes, all of its letters being one wide.
static uint32_t width_of(const char *words, size_t size)
{
    uint32_t width = 0;
    for (size_t i = 0; i < size; i++)
        width += ((unsigned char)words[i] & 0xc0) != 0x80;
    return width;
}

void console_break_lines(struct text *text, uint32_t width, uint32_t column, const char *message)
{
    while (*message) {
        const size_t spaces = strspn(message, " "), size = strcspn(message + spaces, " \n");
        const uint32_t word = width_of(message + spaces, size);
        if (spaces && column > 0 && word > 0 && column + spaces + word > width) {
            text_append(text, "\n  ");
            column = 2;
        } else {
            text_append_bytes(text, message, spaces);
            column += (uint32_t)spaces;
        }
        text_append_bytes(text, message + spaces, size);
        column += word;
        message += spaces + size;
        if (*message == '\n') {
            text_append(text, "\n");
            column = 0;
            message++;
        }
    }
}

// As it is for files and pipes, and where there is no memory to do better.
static void write_broken(const struct console *console, uint32_t column, const char *message)
{
    struct text text;
    text_init(&text);
    if (console->is_live)
        console_break_lines(&text, terminal_width(), column, message);
    fprintf(stderr, "%s\n", text.data && !text.failed ? text.data : message);
    text_deinit(&text);
}

static void write_message(void *user, enum vktl_log_level level, const char *sentence)
{
    static const char *const prefixes[] = {"vktl: error: ", "vktl: warning: ", "", ""};
    static const char *const colours[] = {"\033[1;31m", "\033[1;35m", "", ""};
    struct console *console = user;
    if (level > VKTL_LOG_INFO || (level == VKTL_LOG_INFO && console->quiet))
        return;
    const bool is_coloured = console->has_colour && level < VKTL_LOG_INFO;
    mutex_lock(console->mutex);
    wipe(console);
    fprintf(stderr, "%s%s%s", is_coloured ? colours[level] : "", prefixes[level],
            is_coloured ? "\033[0m" : "");
    write_broken(console, (uint32_t)strlen(prefixes[level]), sentence);
    mutex_unlock(console->mutex);
}

vktl_status console_init(struct console *console)
{
    terminal_reserve();
    *console = (struct console){
        .log = {write_message, console},
        .is_live = terminal_is_live(),
        .has_colour = terminal_has_colour(),
    };
    if (mutex_create(&console->mutex))
        return VKTL_OK;
    fprintf(stderr, "vktl: error: out of host memory\n");
    return VKTL_NO_MEMORY;
}

void console_deinit(struct console *console)
{
    wipe(console);
    mutex_destroy(&console->mutex);
}

void console_say(struct console *console, const char *format, ...)
{
    char note[NOTE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
    text_hide_controls(note, "\n\t");
    write_message(console, VKTL_LOG_INFO, note);
}

// ---- The live line

bool console_wants_line(const struct console *console)
{
    return console->is_live && !console->quiet &&
           clock_seconds() - console->shown_seconds >= REDRAW_SECONDS;
}

void console_format_line(char line[CONSOLE_LINE_SIZE], uint32_t width, const char *left,
                         uint32_t done, uint32_t total, const char *right)
{
    enum { MIN_BAR = 5, MAX_BAR = 40 };
    char numbers[CONSOLE_LINE_SIZE], bar[MAX_BAR + 4] = "";
    snprintf(numbers, sizeof numbers, "%u/%u%s", done, total, right);
    const size_t taken = strlen(left) + strlen(numbers) + strlen(" []  ");
    const size_t room = width > taken ? width - taken : 0;
    if (room >= MIN_BAR && total) {
        const size_t length = room < MAX_BAR ? room : MAX_BAR;
        const size_t filled = (size_t)((uint64_t)length * (done < total ? done : total) / total);
        bar[0] = '[';
        memset(bar + 1, '=', filled);
        memset(bar + 1 + filled, ' ', length - filled);
        if (filled < length)
            bar[1 + filled] = '>';
        memcpy(bar + 1 + length, "] ", 3);
    }
    // The last column stays free: a full line would move some terminals on to the next.
    const size_t size = width && width < CONSOLE_LINE_SIZE ? width : CONSOLE_LINE_SIZE;
    if (snprintf(line, size, "%s %s%s", left, bar, numbers) < 0)
        line[0] = '\0';
}

void console_draw(struct console *console, const char *left, uint32_t done, uint32_t total,
                  const char *right)
{
    char line[CONSOLE_LINE_SIZE];
    if (!console->is_live || console->quiet)
        return;
    console_format_line(line, terminal_width(), left, done, total, right);
    const uint32_t width = (uint32_t)strlen(line);
    const uint32_t rest = console->shown_width > width ? console->shown_width - width : 0;
    mutex_lock(console->mutex);
    fprintf(stderr, "\r%s%*s", line, (int)rest, "");
    fflush(stderr);
    console->shown_width = width;
    console->shown_seconds = clock_seconds();
    mutex_unlock(console->mutex);
}

void console_clear(struct console *console)
{
    mutex_lock(console->mutex);
    wipe(console);
    mutex_unlock(console->mutex);
}

// ---- stdout

static bool write_all(const char *data)
{
    const size_t size = strlen(data);
    return fwrite(data, 1, size, stdout) == size && fflush(stdout) == 0;
}

// What a program reads stays as it is; names from files must not steer a terminal.
vktl_status console_write(struct console *console, const char *data)
{
    vktl_status status;
    struct text shown;
    text_init(&shown);
    console_clear(console);
    if (terminal_shows_output()) {
        text_append(&shown, data);
        TRY(text_status(&console->log, &shown));
        text_hide_controls(shown.data, "\n\t");
    }
    status = VKTL_OK;
    if (!write_all(shown.data ? shown.data : data))
        FAIL(&console->log, VKTL_IO, "standard output cannot be written: is the disk full?");
fail:
    text_deinit(&shown);
    return status;
}

// ---- Words

const char *console_time(double seconds, char text[CONSOLE_TIME_SIZE])
{
    if (!(seconds >= 0 && seconds < 3600.0 * 1000)) {
        snprintf(text, CONSOLE_TIME_SIZE, "-:--");
        return text;
    }
    const unsigned whole = (unsigned)lround(seconds);
    if (whole < 3600)
        snprintf(text, CONSOLE_TIME_SIZE, "%u:%02u", whole / 60, whole % 60);
    else
        snprintf(text, CONSOLE_TIME_SIZE, "%u:%02u:%02u", whole / 3600, whole / 60 % 60,
                 whole % 60);
    return text;
}

const char *console_duration(double seconds, char text[CONSOLE_TIME_SIZE])
{
    const unsigned whole = (unsigned)lround(seconds);
    if (seconds < 0.9995)
        snprintf(text, CONSOLE_TIME_SIZE, "%.0f ms", seconds * 1000);
    else if (seconds < 59.95)
        snprintf(text, CONSOLE_TIME_SIZE, "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(text, CONSOLE_TIME_SIZE, "%u min %02u s", whole / 60, whole % 60);
    else
        snprintf(text, CONSOLE_TIME_SIZE, "%u h %02u min", whole / 3600, whole / 60 % 60);
    return text;
}

bool console_has_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8") ||
                   strstr(value, "utf-8");
    }
    return false;
}
