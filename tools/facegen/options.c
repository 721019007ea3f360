/* Reads facegen's command line and refuses what makes no sense. */
#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: facegen --out DIR [--people FIRST:COUNT] [--photos N | --photos-list A,B,C]\n"
    "               [--first-photo K] [--names A,B,C] [--size 64] [--seed S] [--sheet FILE.png]\n"
    "Draws photos of invented people as DIR/NAME/NN.png; --sheet draws an overview as well, and\n"
    "may stand without --out.\n";

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "facegen: %s '%s'\n%s", what, value, usage);
    return 2;
}

/* Reads a whole number in [low, high] that ends at `end`; moves *text behind it. */
static bool number(const char **text, char end, uint64_t low, uint64_t high, uint64_t *value)
{
    char *rest;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    unsigned long long read = strtoull(*text, &rest, 10);
    if (errno != 0 || *rest != end || read < low || read > high)
        return false;
    *value = read;
    *text = rest + (end != '\0');
    return true;
}

static bool read_people(struct options *options, const char *text)
{
    uint64_t first, count;
    if (!number(&text, ':', 0, UINT32_MAX - PEOPLE_MAX, &first) ||
        !number(&text, '\0', 1, PEOPLE_MAX, &count))
        return false;
    options->first_person = (uint32_t)first;
    options->people = (int)count;
    return true;
}

static bool read_photos(struct options *options, const char *text)
{
    int count = 0;
    uint64_t value;
    while (count < LIST_MAX && number(&text, ',', 1, PHOTOS_MAX, &value))
        options->photos[count++] = (int)value;
    if (count == LIST_MAX || !number(&text, '\0', 1, PHOTOS_MAX, &value))
        return false;
    options->photos[count++] = (int)value;
    options->photo_counts = count;
    return true;
}

/* Names become folders: lower-case letters, digits, '-' and '_' alone. */
static bool read_names(struct options *options, const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    options->name_count = 0;
    for (;;) {
        size_t length = strspn(text, allowed);
        if (length == 0 || length > NAME_MAX_LENGTH || options->name_count == LIST_MAX)
            return false;
        memcpy(options->names[options->name_count], text, length);
        options->names[options->name_count++][length] = '\0';
        if (text[length] == '\0')
            return true;
        if (text[length] != ',')
            return false;
        text += length + 1;
    }
}

static bool read_option(struct options *options, const char *name, const char *value)
{
    uint64_t n = 0;
    bool good = true;
    if (strcmp(name, "--out") == 0)
        options->out = value;
    else if (strcmp(name, "--sheet") == 0)
        options->sheet = value;
    else if (strcmp(name, "--people") == 0)
        good = read_people(options, value);
    else if (strcmp(name, "--photos") == 0)
        good = strchr(value, ',') == NULL && read_photos(options, value);
    else if (strcmp(name, "--photos-list") == 0)
        good = read_photos(options, value);
    else if (strcmp(name, "--names") == 0)
        good = read_names(options, value);
    else if (strcmp(name, "--seed") == 0)
        good = number(&value, '\0', 0, UINT64_MAX, &options->seed);
    else if (strcmp(name, "--size") == 0 && (good = number(&value, '\0', 16, 1024, &n)))
        options->size = (int)n;
    else if (strcmp(name, "--first-photo") == 0 && (good = number(&value, '\0', 0, 1000000, &n)))
        options->first_photo = (uint32_t)n;
    return good;
}

static bool is_option(const char *name)
{
    static const char *const known[] = {"--out",    "--sheet",       "--people",
                                        "--photos", "--photos-list", "--names",
                                        "--seed",   "--size",        "--first-photo"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i]) == 0)
            return true;
    }
    return false;
}

static int check(const struct options *options)
{
    if (options->out == NULL && options->sheet == NULL)
        return refuse("nothing to do without --out or", "--sheet");
    if (options->name_count != 0 && options->name_count != options->people)
        return refuse("--names must name each of --people once; last name",
                      options->names[options->name_count - 1]);
    if (options->photo_counts != 1 && options->photo_counts != options->people)
        return refuse("--photos-list must have one number for each of", "--people");
    return 0;
}

int options_read(struct options *options, int argc, char **argv)
{
    *options =
        (struct options){.people = 5, .photos = {8}, .photo_counts = 1, .size = 64, .seed = 1};
    for (int i = 1; i < argc; i += 2) {
        if (!is_option(argv[i]))
            return refuse("unknown option", argv[i]);
        if (i + 1 == argc)
            return refuse("no value after", argv[i]);
        if (!read_option(options, argv[i], argv[i + 1]))
            return refuse("cannot use the value of this option:", argv[i + 1]);
    }
    return check(options);
}

int options_photos(const struct options *options, int place)
{
    return options->photos[options->photo_counts == 1 ? 0 : place];
}
