/* facegen: writes photos of invented people as PNG files, and an overview of them. Who people are
 * is left to identity.c, how photos differ to photo.c, drawing to render.c. */
#include "identity.h"
#include "options.h"
#include "photo.h"
#include "render.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

enum { SHEET_COLUMNS = 8, SHEET_GAP = 2, PATH_SIZE = 1024 };

/* What a run needs besides its options: one photo, its scratch space and the overview. */
struct work {
    struct rgb *canvas;
    uint8_t *pixels;
    uint8_t *sheet; /* NULL: no overview */
    int sheet_columns, sheet_width, sheet_height;
};

static bool make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    fprintf(stderr, "facegen: cannot create the folder %s: %s\n", path, strerror(errno));
    return false;
}

static bool write_png(const char *path, int width, int height, const uint8_t *pixels)
{
    if (stbi_write_png(path, width, height, 3, pixels, width * 3) != 0)
        return true;
    fprintf(stderr, "facegen: cannot write %s\n", path);
    return false;
}

/* Joins DIR/NAME, or DIR/person_NNN, into `path`; false where it does not fit. */
static bool person_folder(const struct options *options, int place, char path[PATH_SIZE])
{
    int length;
    unsigned person = (unsigned)options->first_person + (unsigned)place;
    if (options->name_count > 0)
        length = snprintf(path, PATH_SIZE, "%s/%s", options->out, options->names[place]);
    else
        length = snprintf(path, PATH_SIZE, "%s/person_%03u", options->out, person);
    if (length > 0 && length < PATH_SIZE - 16)
        return make_folder(path);
    fprintf(stderr, "facegen: the path of --out is too long\n");
    return false;
}

/* The overview keeps five bits of each value, which makes a much smaller file. */
static void copy_to_sheet(struct work *work, int size, int row, int column)
{
    int step = size + SHEET_GAP;
    for (int y = 0; y < size; y++) {
        size_t pixel = (size_t)(row * step + SHEET_GAP + y) * (size_t)work->sheet_width +
                       (size_t)(column * step + SHEET_GAP);
        for (int i = 0; i < 3 * size; i++) {
            uint8_t value = work->pixels[3 * y * size + i];
            work->sheet[3 * pixel + (size_t)i] = (uint8_t)((value & 0xf8) | (value >> 5));
        }
    }
}

static bool draw_person(const struct options *options, struct work *work, int place)
{
    char path[PATH_SIZE] = "";
    uint32_t person = options->first_person + (uint32_t)place;
    if (options->out != NULL && !person_folder(options, place, path))
        return false;
    size_t folder_length = strlen(path);
    struct identity who = identity_draw(options->seed, person);
    for (int i = 0; i < options_photos(options, place); i++) {
        uint32_t index = options->first_photo + (uint32_t)i;
        struct photo photo = photo_draw(options->seed, person, index);
        render(&who, &photo, options->size, work->canvas, work->pixels);
        if (work->sheet != NULL && i < work->sheet_columns)
            copy_to_sheet(work, options->size, place, i);
        if (options->out == NULL)
            continue;
        snprintf(path + folder_length, PATH_SIZE - folder_length, "/%02u.png", (unsigned)index);
        if (!write_png(path, options->size, options->size, work->pixels))
            return false;
    }
    return true;
}

static bool prepare(const struct options *options, struct work *work)
{
    size_t area = (size_t)options->size * (size_t)options->size;
    work->canvas = malloc(area * sizeof *work->canvas);
    work->pixels = malloc(area * 3);
    if (options->sheet != NULL) {
        for (int i = 0; i < options->people; i++) {
            int photos = options_photos(options, i);
            photos = photos < SHEET_COLUMNS ? photos : SHEET_COLUMNS;
            work->sheet_columns = photos > work->sheet_columns ? photos : work->sheet_columns;
        }
        work->sheet_width = work->sheet_columns * (options->size + SHEET_GAP) + SHEET_GAP;
        work->sheet_height = options->people * (options->size + SHEET_GAP) + SHEET_GAP;
        size_t bytes = 3 * (size_t)work->sheet_width * (size_t)work->sheet_height;
        work->sheet = malloc(bytes);
        if (work->sheet != NULL)
            memset(work->sheet, 255, bytes);
    }
    if (work->canvas != NULL && work->pixels != NULL && (work->sheet || !options->sheet))
        return true;
    fprintf(stderr, "facegen: out of memory for pictures of %d pixels a side\n", options->size);
    return false;
}

static bool draw_all(const struct options *options, struct work *work)
{
    if (options->out != NULL && !make_folder(options->out))
        return false;
    for (int place = 0; place < options->people; place++) {
        if (!draw_person(options, work, place))
            return false;
    }
    return options->sheet == NULL ||
           write_png(options->sheet, work->sheet_width, work->sheet_height, work->sheet);
}

int main(int argc, char **argv)
{
    struct options options;
    struct work work = {0};
    int refused = options_read(&options, argc, argv);
    if (refused != 0)
        return refused;
    stbi_write_png_compression_level = 32;
    bool done = prepare(&options, &work) && draw_all(&options, &work);
    free(work.canvas);
    free(work.pixels);
    free(work.sheet);
    return done ? 0 : 1;
}
