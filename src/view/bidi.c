// Responsible for the order of the letters of one line; their shapes are the font's.
//
// UAX #9 with the classes that file and class names are made of: L, R (with AL), EN (with AN),
// separators between digits, and neutrals. Rule numbers are the standard's.
#include "view/bidi.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum kind { NEUTRAL, LEFT, RIGHT, NUMBER };

// A character with the marks on it.
struct cluster {
    uint16_t start, size; // bytes
    uint8_t kind, level;
};

struct line {
    struct cluster clusters[LABEL_SIZE];
    uint32_t count;
    enum kind base; // LEFT or RIGHT: that of the first letter (P2, P3)
};

// ---- Characters

static uint32_t code_at(const char *text, size_t *size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    *size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    uint32_t code = *size == 1 ? bytes[0] : bytes[0] & (0x7fu >> *size);
    for (size_t i = 1; i < *size; i++)
        code = code << 6 | (bytes[i] & 0x3fu);
    return code;
}

static bool is_within(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

static bool is_mark(uint32_t code)
{
    return is_within(code, 0x300, 0x36f) || is_within(code, 0x591, 0x5bd) || code == 0x5bf ||
           code == 0x5c1 || code == 0x5c2 || code == 0x5c4 || code == 0x5c5 || code == 0x5c7 ||
           is_within(code, 0x610, 0x61a) || is_within(code, 0x64b, 0x65f) || code == 0x670;
}

static enum kind kind_of(uint32_t code)
{
    if (is_within(code, '0', '9') || is_within(code, 0x660, 0x669) || is_within(code, 0x6f0, 0x6f9))
        return NUMBER;
    if (is_within(code, 0x590, 0x8ff) || is_within(code, 0xfb1d, 0xfdff) ||
        is_within(code, 0xfe70, 0xfeff))
        return RIGHT;
    if (code < 0x80)
        return is_within(code | 0x20, 'a', 'z') ? LEFT : NEUTRAL;
    // Punctuation and symbols of Latin-1, then arrows, mathematics, boxes and the like.
    return is_within(code, 0xa0, 0xbf) || code == 0xd7 || code == 0xf7 ||
                   is_within(code, 0x2000, 0x2bff) || is_within(code, 0x3000, 0x303f)
               ? NEUTRAL
               : LEFT;
}

static void line_init(struct line *line, const char *text)
{
    size_t size;
    bool has_letter = false;
    line->count = 0;
    line->base = LEFT;
    for (size_t i = 0; text[i]; i += size) {
        const uint32_t code = code_at(text + i, &size);
        if (is_mark(code) && line->count > 0) {
            line->clusters[line->count - 1].size += (uint16_t)size;
            continue;
        }
        const enum kind kind = kind_of(code);
        line->clusters[line->count++] =
            (struct cluster){(uint16_t)i, (uint16_t)size, (uint8_t)kind, 0};
        if (!has_letter && (kind == LEFT || kind == RIGHT)) {
            line->base = kind;
            has_letter = true;
        }
    }
}

static bool has_right(const struct line *line)
{
    for (uint32_t i = 0; i < line->count; i++)
        if (line->clusters[i].kind == RIGHT)
            return true;
    return false;
}

// ---- Levels

// A separator between two digits is part of the number (W4), and a number after Latin letters is
// part of their text (W7).
static void resolve_numbers(struct line *line, const char *text)
{
    enum kind letter = line->base;
    struct cluster *clusters = line->clusters;
    for (uint32_t i = 1; i + 1 < line->count; i++)
        if (strchr(".,:/+-", text[clusters[i].start]) && clusters[i - 1].kind == NUMBER &&
            clusters[i + 1].kind == NUMBER)
            clusters[i].kind = NUMBER;
    for (uint32_t i = 0; i < line->count; i++) {
        if (clusters[i].kind == NUMBER && letter == LEFT)
            clusters[i].kind = LEFT;
        else if (clusters[i].kind == LEFT || clusters[i].kind == RIGHT)
            letter = clusters[i].kind;
    }
}

// Numbers count as right-to-left for what stands beside them (N1).
static enum kind side_of(const struct line *line, uint32_t index)
{
    if (index >= line->count)
        return line->base;
    return line->clusters[index].kind == LEFT ? LEFT : RIGHT;
}

// Neutrals between two of a kind are of it (N1), others of the line's (N2).
static void resolve_neutrals(struct line *line)
{
    for (uint32_t i = 0; i < line->count;) {
        uint32_t end = i;
        while (end < line->count && line->clusters[end].kind == NEUTRAL)
            end++;
        const enum kind before = i > 0 ? side_of(line, i - 1) : line->base;
        const enum kind kind = before == side_of(line, end) ? before : line->base;
        for (uint32_t k = i; k < end; k++)
            line->clusters[k].kind = (uint8_t)kind;
        i = end == i ? i + 1 : end;
    }
}

static void set_levels(struct line *line)
{
    for (uint32_t i = 0; i < line->count; i++) {
        struct cluster *cluster = &line->clusters[i];
        cluster->level = cluster->kind == RIGHT                        ? 1
                         : cluster->kind == LEFT && line->base == LEFT ? 0
                                                                       : 2;
    }
}

// ---- Order

// Turns round every run of at least this level (L2).
static void reverse_runs(struct line *line, uint8_t level)
{
    for (uint32_t i = 0; i < line->count; i++) {
        uint32_t end = i;
        while (end < line->count && line->clusters[end].level >= level)
            end++;
        for (uint32_t low = i, high = end; low + 1 < high; low++) {
            const struct cluster kept = line->clusters[low];
            line->clusters[low] = line->clusters[--high];
            line->clusters[high] = kept;
        }
        i = end;
    }
}

// The bracket that looks the same from the other side (L4).
static char mirrored(char c)
{
    static const char pairs[] = "()[]{}<>";
    const char *found = c ? strchr(pairs, c) : NULL;
    return found ? pairs[(size_t)(found - pairs) ^ 1] : c;
}

void bidi_reorder(struct label *label)
{
    struct line line;
    struct label drawn;
    size_t length = 0;
    line_init(&line, label->text);
    if (!has_right(&line))
        return;
    resolve_numbers(&line, label->text);
    resolve_neutrals(&line);
    set_levels(&line);
    reverse_runs(&line, 2);
    reverse_runs(&line, 1);
    for (uint32_t i = 0; i < line.count; i++) {
        const struct cluster *cluster = &line.clusters[i];
        memcpy(drawn.text + length, label->text + cluster->start, cluster->size);
        if (cluster->level % 2 == 1)
            drawn.text[length] = mirrored(drawn.text[length]);
        length += cluster->size;
    }
    drawn.text[length] = '\0';
    *label = drawn;
}
