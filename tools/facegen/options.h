/* The command line of facegen. */
#ifndef FACEGEN_OPTIONS_H
#define FACEGEN_OPTIONS_H

#include <stdint.h>

enum { PEOPLE_MAX = 10000, PHOTOS_MAX = 10000, LIST_MAX = 64, NAME_MAX_LENGTH = 32 };

struct options {
    const char *out;   /* folder, or NULL: none written */
    const char *sheet; /* PNG file, or NULL: none written */
    uint32_t first_person;
    int people;
    int photos[LIST_MAX]; /* per person; one entry holds for all people */
    int photo_counts;     /* entries of photos */
    uint32_t first_photo;
    char names[LIST_MAX][NAME_MAX_LENGTH + 1];
    int name_count; /* 0: people are named by number */
    int size;       /* pixels per side */
    uint64_t seed;
};

/* Reads the command line. Returns 0, or 2 after a message on the error stream. */
int options_read(struct options *options, int argc, char **argv);

/* Photos to draw of the person at this place of the range. */
int options_photos(const struct options *options, int place);

#endif
