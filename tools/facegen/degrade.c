/* What a camera and a lossy file do to a picture: blur, noise and coarse 8 x 8 frequencies. */
#include "render.h"

#include "draw.h"

enum { BLOCK = 8 };

/* One pass of a 1-2-1 filter along a line of `count` colours, `stride` apart. */
static void blur_line(struct rgb *line, int count, int stride)
{
    struct rgb before = line[0];
    for (int i = 0; i < count; i++) {
        struct rgb here = line[i * stride];
        struct rgb after = line[(i + 1 < count ? i + 1 : i) * stride];
        line[i * stride] = rgb_mix(here, rgb_mix(before, after, 0.5), 0.5);
        before = here;
    }
}

static void blur(struct rgb *canvas, int size)
{
    for (int i = 0; i < size; i++) {
        blur_line(canvas + i * size, size, 1);
        blur_line(canvas + i, size, size);
    }
}

static void add_noise(const struct photo *photo, struct rgb *canvas, int size)
{
    struct draw draw = draw_start(photo->seed, photo->person, photo->index, PURPOSE_NOISE);
    for (int i = 0; i < size * size; i++) {
        double shared = draw_bell(&draw, 0.0, photo->noise);
        canvas[i].r += shared + draw_bell(&draw, 0.0, photo->noise * 0.5);
        canvas[i].g += shared;
        canvas[i].b += shared + draw_bell(&draw, 0.0, photo->noise * 0.5);
    }
}

/* The 8-point cosine basis, orthonormal: row k holds frequency k. */
static void cosine_basis(double basis[BLOCK][BLOCK])
{
    for (int k = 0; k < BLOCK; k++) {
        for (int i = 0; i < BLOCK; i++) {
            double angle = (2 * i + 1) * k * 3.14159265358979323846 / (2 * BLOCK);
            basis[k][i] = cos(angle) * sqrt((k == 0 ? 1.0 : 2.0) / BLOCK);
        }
    }
}

/* out = m * in, or m transposed * in, along the second index; called twice it does both. */
static void transform(double basis[BLOCK][BLOCK], double in[BLOCK][BLOCK], double out[BLOCK][BLOCK],
                      bool inverse)
{
    for (int i = 0; i < BLOCK; i++) {
        for (int k = 0; k < BLOCK; k++) {
            double sum = 0.0;
            for (int j = 0; j < BLOCK; j++)
                sum += in[i][j] * (inverse ? basis[j][k] : basis[k][j]);
            out[k][i] = sum;
        }
    }
}

static double round_to(double value, double step)
{
    double scaled = value / step;
    return step * (double)(long)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

static void coarsen(double basis[BLOCK][BLOCK], double block[BLOCK][BLOCK], double step)
{
    double half[BLOCK][BLOCK], freq[BLOCK][BLOCK];
    transform(basis, block, half, false);
    transform(basis, half, freq, false);
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < BLOCK; j++)
            freq[i][j] = round_to(freq[i][j], step * (1.0 + 0.5 * (i + j)));
    transform(basis, freq, half, true);
    transform(basis, half, block, true);
}

static double *channel_of(struct rgb *colour, int channel)
{
    return channel == 0 ? &colour->r : channel == 1 ? &colour->g : &colour->b;
}

/* One channel of the block whose first pixel is `corner`. */
static void compress_block(double basis[BLOCK][BLOCK], struct rgb *corner, int size, int channel,
                           double step)
{
    double block[BLOCK][BLOCK];
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < BLOCK; j++)
            block[i][j] = *channel_of(&corner[i * size + j], channel);
    coarsen(basis, block, step);
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < BLOCK; j++)
            *channel_of(&corner[i * size + j], channel) = block[i][j];
}

/* Pixels beyond the last whole block are left as they are. */
static void compress(struct rgb *canvas, int size, double step)
{
    double basis[BLOCK][BLOCK];
    cosine_basis(basis);
    for (int row = 0; row + BLOCK <= size; row += BLOCK) {
        for (int column = 0; column + BLOCK <= size; column += BLOCK) {
            struct rgb *corner = canvas + row * size + column;
            for (int channel = 0; channel < 3; channel++)
                compress_block(basis, corner, size, channel, step);
        }
    }
}

void degrade(const struct photo *photo, int size, struct rgb *canvas)
{
    for (int pass = 0; pass < photo->blur_passes; pass++)
        blur(canvas, size);
    if (photo->noise > 0.0)
        add_noise(photo, canvas, size);
    if (photo->quantiser > 0.0)
        compress(canvas, size, photo->quantiser);
}
