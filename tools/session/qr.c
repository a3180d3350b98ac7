/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <qrencode.h>
#include <sodium.h>

#include "session/qr.h"

/* ISO/IEC 18004 asks for a margin of four modules. */
#define QUIET 4

/* Is the module dark?  Everything outside is light. */
static bool dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

static void print_line(FILE *file, const QRcode *code, int y, bool colour)
{
    fputs("  ", file);
    if (colour)
        fputs("\033[40;97m", file);
    for (int x = -QUIET; x < code->width + QUIET; x++) {
        bool top = !dark(code, x, y), bottom = !dark(code, x, y + 1);

        fputs(top && bottom ? "█" : top ? "▀" : bottom ? "▄" : " ", file);
    }
    fputs(colour ? "\033[0m\n" : "\n", file);
}

bool qr_print(FILE *file, const char *text, bool colour)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

    if (code == NULL)
        return false;
    for (int y = -QUIET; y < code->width + QUIET; y += 2)
        print_line(file, code, y, colour);
    sodium_memzero(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return true;
}

bool qr_svg(FILE *file, const char *text, const char *label)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    int size;

    if (code == NULL)
        return false;
    size = code->width + 2 * QUIET;
    fprintf(file,
            "<svg role=\"img\" aria-label=\"%s\" class=\"qr\" viewBox=\"0 0 %d %d\" "
            "width=\"%d\" height=\"%d\" shape-rendering=\"crispEdges\">"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><path d=\"",
            label, size, size, 4 * size, 4 * size);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (dark(code, x, y))
                fprintf(file, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
    fputs("\"/></svg>\n", file);
    sodium_memzero(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return true;
}
