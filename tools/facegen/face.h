/* The parts a picture is painted from. Each painter takes the colour so far and returns it with
 * its part laid over; the order of calls is the order of depth and belongs to render.c. */
#ifndef FACEGEN_FACE_H
#define FACEGEN_FACE_H

#include "identity.h"
#include "photo.h"
#include "shapes.h"

/* One point of a picture, seen on one head. Lengths are in halves of a head's height. */
struct point {
    const struct identity *who;
    const struct photo *photo;
    double px, py;  /* in the picture, -1 to 1 */
    double x, y;    /* in the plane of the head, roll undone */
    double u, v;    /* on the face as seen from the front, turn undone */
    double r;       /* 1 on the outline of the head, less inside */
    double soft;    /* width of an anti-aliased edge */
    struct rgb lit; /* light that falls on the head here */
};

/* Finds the point of the head under (px, py); `sample` is the width of a sample in the picture. */
struct point point_at(const struct identity *who, const struct photo *photo, double px, double py,
                      double sample);

/* `base` with `paint` laid over it where the signed distance d says so. */
static inline struct rgb lay(struct rgb base, struct rgb paint, double d, double soft, double alpha)
{
    return rgb_mix(base, paint, coverage(d, soft) * alpha);
}

struct rgb paint_background(struct rgb base, const struct point *at);
struct rgb paint_body(struct rgb base, const struct point *at);
struct rgb paint_occluder(struct rgb base, const struct point *at);

struct rgb paint_hair_behind(struct rgb base, const struct point *at);
struct rgb paint_beard(struct rgb base, const struct point *at);
struct rgb paint_hair(struct rgb base, const struct point *at);

/* `near` paints the ears that a turned head shows, otherwise those it half hides. */
struct rgb paint_ears(struct rgb base, const struct point *at, bool near);
struct rgb paint_skin(struct rgb base, const struct point *at);
struct rgb paint_eyes(struct rgb base, const struct point *at);
struct rgb paint_nose(struct rgb base, const struct point *at);
struct rgb paint_mouth(struct rgb base, const struct point *at);
struct rgb paint_glasses(struct rgb base, const struct point *at);

#endif
