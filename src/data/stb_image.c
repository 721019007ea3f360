// Responsible for compiling stb_image, with only the readers that image.c uses: less to attack.
// Its PNM reader is not among them: it takes 16-bit files for little-endian and ignores the maximum
// value (version 2.27), so pnm.c is ours.
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_FAILURE_USERMSG
#define STBI_MAX_DIMENSIONS 16777216
// Its assertions are about the file as much as about itself; a bad file must not end the program.
#define STBI_ASSERT(condition) ((void)0)
#include <stb/stb_image.h>
