// Elements of NHWC images by flat index; lanes go along the channels, so loads are contiguous.
#ifndef LIB_IMAGE_GLSL
#define LIB_IMAGE_GLSL

struct cell {
    uint n, h, w, c;
};

cell cell_of(uint i, uint height, uint width, uint channels)
{
    uint pixel = i / channels;
    uint row = pixel / width;
    return cell(row / height, row % height, pixel % width, i % channels);
}

uint index_of(uint n, uint h, uint w, uint c, uint height, uint width, uint channels)
{
    return ((n * height + h) * width + w) * channels + c;
}

#endif
