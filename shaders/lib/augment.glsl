// One pixel of a distorted image, by bilinear interpolation in the input's bytes.
//
// Included after the buffers `bytes` and `images` and the push constants. Coordinates are whole
// numbers of 64 bits and every other step is rounded once ("precise" forbids what would round
// otherwise), so that a picture has the same bits on every device.
#ifndef LIB_AUGMENT_GLSL
#define LIB_AUGMENT_GLSL

struct coordinate {
    int whole;
    uint fraction; // in 1/2^32
};

coordinate times(coordinate a, uint k)
{
    uint carry, low;
    umulExtended(a.fraction, k, carry, low);
    return coordinate(a.whole * int(k) + int(carry), low);
}

coordinate plus(coordinate a, coordinate b)
{
    uint carry;
    uint low = uaddCarry(a.fraction, b.fraction, carry);
    return coordinate(a.whole + b.whole + int(carry), low);
}

// The remainder of a division that rounds down; GLSL leaves that of negative numbers open.
uint remainder_of(int i, uint n)
{
    return i >= 0 ? uint(i) % n : n - 1 - uint(~i) % n;
}

// d c b a | a b c d | d c b a
uint reflected(int i, uint count)
{
    uint at = remainder_of(i, 2 * count);
    return at < count ? at : 2 * count - 1 - at;
}

// The two cells along an axis between which a coordinate lies, and how far from the first.
struct taps {
    uint first, second;
    float weight;
    bool inside; // else the constant is meant
};

taps taps_of(coordinate at, uint count)
{
    int last = int(count) - 1;
    bool below = at.whole < 0;
    bool above = at.whole > last || (at.whole == last && at.fraction != 0);
    float weight = float(at.fraction >> 8) * (1.0 / 16777216.0);
    if (push.fill == AUGMENT_REFLECT)
        return taps(reflected(at.whole, count), reflected(at.whole + 1, count), weight, true);
    if (!below && !above)
        return taps(uint(at.whole), min(uint(at.whole) + 1, uint(last)), weight, true);
    if (push.fill == AUGMENT_NEAREST || last == 0)
        return taps(below ? 0 : uint(last), below ? 0 : uint(last), 0.0,
                    push.fill != AUGMENT_CONSTANT);
    // Wrapped around as SciPy does it: the last cell lies upon the first.
    uint first = remainder_of(at.whole, uint(last));
    if (below && first == 0 && at.fraction == 0)
        first = uint(last);
    return taps(first, min(first + 1, uint(last)), weight, push.fill != AUGMENT_CONSTANT);
}

vec3 pixel_at(uint n, uint row, uint column)
{
    uint first = (row * push.width + column) * 3;
    vec3 value;
    for (uint c = 0; c < 3; c++) {
        uint word = LOAD(bytes, n * push.words + (first + c) / 4);
        value[c] = float(word >> (first + c) % 4 * 8 & 0xff);
    }
    return value;
}

// Between a and b; the built-in mix may round otherwise.
vec3 mixed(vec3 a, vec3 b, float weight)
{
    precise vec3 between = a + (b - a) * weight;
    return between;
}

vec3 resampled(uint n, uint row, uint column)
{
    coordinate r = coordinate(LOAD(images, n).row_start, LOAD(images, n).row_start_fraction);
    coordinate by_row = coordinate(LOAD(images, n).row_by_row, LOAD(images, n).row_by_row_fraction);
    coordinate by_col = coordinate(LOAD(images, n).row_by_col, LOAD(images, n).row_by_col_fraction);
    taps rows = taps_of(plus(plus(times(by_row, row), times(by_col, column)), r), push.height);
    r = coordinate(LOAD(images, n).col_start, LOAD(images, n).col_start_fraction);
    by_row = coordinate(LOAD(images, n).col_by_row, LOAD(images, n).col_by_row_fraction);
    by_col = coordinate(LOAD(images, n).col_by_col, LOAD(images, n).col_by_col_fraction);
    taps columns = taps_of(plus(plus(times(by_row, row), times(by_col, column)), r), push.width);
    if (!rows.inside || !columns.inside)
        return vec3(push.constant);
    vec3 a = pixel_at(n, rows.first, columns.first);
    vec3 b = pixel_at(n, rows.first, columns.second);
    vec3 c = pixel_at(n, rows.second, columns.first);
    vec3 d = pixel_at(n, rows.second, columns.second);
    return mixed(mixed(a, b, columns.weight), mixed(c, d, columns.weight), rows.weight);
}

// Before flips, shift and brightness.
vec3 sampled(uint n, uint row, uint column)
{
    if ((LOAD(images, n).flags & AUGMENT_RESAMPLE) == 0)
        return pixel_at(n, row, column);
    return resampled(n, row, column);
}

#endif
