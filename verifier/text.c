/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "text.h"

uint32_t text_point(const void *bytes, size_t left, size_t *length_r)
{
    const unsigned char *at = bytes;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    uint32_t point = at[0];
    size_t length;

    *length_r = 1;
    if (point < 0x80)
        return point;
    if (point < 0xc2 || point > 0xf4)
        return TEXT_INVALID;
    if (point == 0xe0)
        low = 0xa0; /* overlong */
    else if (point == 0xed)
        high = 0x9f; /* surrogates */
    else if (point == 0xf0)
        low = 0x90; /* overlong */
    else if (point == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    length = point < 0xe0 ? 2 : point < 0xf0 ? 3 : 4;
    if (left < length || at[1] < low || at[1] > high)
        return TEXT_INVALID;
    point &= 0x7fU >> length;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return TEXT_INVALID;
        point = point << 6 | (at[i] & 0x3f);
    }
    *length_r = length;
    return point;
}

bool text_valid(const char *bytes, size_t length)
{
    while (length > 0) {
        size_t step;
        uint32_t point = text_point(bytes, length, &step);

        if (point == TEXT_INVALID || point == 0)
            return false;
        bytes += step;
        length -= step;
    }
    return true;
}

bool text_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

bool text_unprintable(uint32_t point)
{
    return text_control(point) || point == 0xad || /* soft hyphen */
           point == 0x200b ||                      /* zero width space */
           (point >= 0x200e && point <= 0x200f) || /* direction marks */
           (point >= 0x2028 && point <= 0x202e) || /* separators, direction */
           (point >= 0x2060 && point <= 0x206f) || /* word joiner, isolates */
           point == 0xfeff;                        /* byte order mark */
}
