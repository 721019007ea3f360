/* Small numbers, colours and signed distances that every part of the picture is drawn with.
 *
 * Distances are negative inside a shape and are in the units of their arguments; they are exact
 * enough for anti-aliasing near the edge and need not be exact elsewhere. Everything here is
 * built from + - * / and sqrt, so that pictures are the same on every machine. */
#ifndef FACEGEN_SHAPES_H
#define FACEGEN_SHAPES_H

#include <math.h>

/* A colour; components are display values, 0 to 1, and may leave that range until written. */
struct rgb {
    double r, g, b;
};

struct vec3 {
    double x, y, z;
};

static inline double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static inline double mix(double a, double b, double t)
{
    return a + (b - a) * t;
}

static inline double smoothstep(double low, double high, double value)
{
    double t = clamp((value - low) / (high - low), 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}

static inline double square(double value)
{
    return value * value;
}

static inline double length2(double x, double y)
{
    return sqrt(x * x + y * y);
}

static inline struct rgb rgb_mix(struct rgb a, struct rgb b, double t)
{
    return (struct rgb){mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)};
}

static inline struct rgb rgb_scale(struct rgb a, double k)
{
    return (struct rgb){a.r * k, a.g * k, a.b * k};
}

static inline struct rgb rgb_mul(struct rgb a, struct rgb b)
{
    return (struct rgb){a.r * b.r, a.g * b.g, a.b * b.b};
}

/* Share of a sample that lies inside a shape at signed distance d, for an edge `soft` wide. */
static inline double coverage(double d, double soft)
{
    return clamp(0.5 - d / soft, 0.0, 1.0);
}

static inline double sd_circle(double x, double y, double radius)
{
    return length2(x, y) - radius;
}

/* Approximate distance to an axis-aligned ellipse with half axes a and b. */
static inline double sd_ellipse(double x, double y, double a, double b)
{
    return (length2(x / a, y / b) - 1.0) * (a < b ? a : b);
}

/* Distance to a box of half sizes a and b whose corners are rounded by `radius`. */
static inline double sd_box(double x, double y, double a, double b, double radius)
{
    double dx = fabs(x) - a + radius;
    double dy = fabs(y) - b + radius;
    double outside = length2(dx > 0.0 ? dx : 0.0, dy > 0.0 ? dy : 0.0);
    double inside = dx > dy ? dx : dy;
    return (inside < 0.0 ? inside : outside) - radius;
}

/* Distance to the segment from (ax, ay) to (bx, by). */
static inline double sd_segment(double x, double y, double ax, double ay, double bx, double by)
{
    double dx = bx - ax, dy = by - ay;
    double t = clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
    return length2(x - ax - t * dx, y - ay - t * dy);
}

#endif
