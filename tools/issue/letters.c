/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/html.h"
#include "base/message.h"
#include "base/moment.h"
#include "issue/batch_links.h"
#include "issue/letters.h"
#include "session/qr.h"
#include "session/texts.h"

static const char head[] =
    "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n<title>apppass</title>\n<style>\n"
    "@page { margin: 25mm }\n"
    "body { font: 12pt/1.5 sans-serif; color: #000; background: #fff }\n"
    "section { max-width: 42em; margin: 0 auto; overflow-wrap: anywhere }\n"
    "section:not(:last-of-type) { break-after: page }\n"
    "h1 { font-size: 1.5em; line-height: 1.2 }\n"
    "li { margin: 0 0 1em; break-inside: avoid }\n"
    ".qr { display: block; width: 50mm; height: 50mm; margin: 5mm 0 }\n"
    "code { font-size: 1em }\n"
    "@media screen { section { margin: 2em auto; padding: 2em; border: 1px solid #999 } }\n"
    "</style>\n</head>\n<body>\n";

enum status letters_open(struct letters *letters, const struct batch *batch)
{
    bool resumed;

    letters->path = command_option(batch->invocation, OPTION_LETTERS);
    if (letters->path == NULL || batch->dry_run)
        return STATUS_DONE;
    letters->file = results_create(batch, letters->path, "links", &resumed);
    return letters->file >= 0 ? STATUS_DONE : STATUS_REFUSED;
}

static void item(FILE *page, enum text words)
{
    fprintf(page, "<li>%s", text(words));
}

static bool write_steps(FILE *page, char *const *values)
{
    bool drawn;

    fputs("<ol>\n", page);
    item(page, TEXT_LETTER_OPEN);
    drawn = qr_svg(page, values[LINK_LINK], text(TEXT_LETTER_QR));
    fputs("<code>", page);
    html_text(page, values[LINK_LINK]);
    fputs("</code></li>\n", page);
    if (values[LINK_PIN][0] != '\0') {
        item(page, TEXT_LETTER_PIN);
        fputs("</li>\n", page);
    }
    item(page, TEXT_LETTER_MAKE);
    fputs("</li>\n</ol>\n", page);
    return drawn;
}

static enum status write_letter(void *context, char *const *values, off_t end)
{
    FILE *page = context;
    char ends[MOMENT_TEXT_MAX] = "";
    time_t moment;
    bool drawn;

    (void)end;
    texts_choose(values[LINK_LANGUAGE]);
    if (moment_parse(values[LINK_ENDS], 0, false, &moment))
        moment_local(moment, ends);
    fprintf(page, "<section lang=\"%s\">\n<h1>%s ", text(TEXT_LANGUAGE),
            text(TEXT_LETTER));
    html_text(page, values[LINK_DEVICE]);
    fprintf(page, "</h1>\n<p>%s: <strong>", text(TEXT_OF));
    html_text(page, values[LINK_ACCOUNT]);
    fprintf(page, "</strong></p>\n<p>%s</p>\n", text(TEXT_INTRO));
    drawn = write_steps(page, values);
    fprintf(page, "<p>%s %s. %s</p>\n</section>\n", text(TEXT_LETTER_ENDS), ends,
            text(TEXT_LETTER_YOURS));
    return drawn && !ferror(page) ? STATUS_DONE : STATUS_REFUSED;
}

/* All of them again, where an earlier run wrote some. */
static enum status write_all(const struct letters *letters, const struct batch *batch)
{
    FILE *page = fdopen(letters->file, "a");
    enum status status = STATUS_REFUSED;

    if (page == NULL) {
        close(letters->file);
        return STATUS_REFUSED;
    }
    if (ftruncate(letters->file, 0) == 0 && fputs(head, page) >= 0)
        status = results_read(batch, &results_of_links, write_letter, page);
    fputs("</body>\n</html>\n", page);
    if (fflush(page) != 0 || fsync(letters->file) < 0)
        status = STATUS_REFUSED;
    if (fclose(page) != 0)
        status = STATUS_REFUSED;
    return status;
}

enum status letters_write(struct letters *letters, const struct batch *batch)
{
    enum status status;

    if (letters->file < 0)
        return STATUS_DONE;
    if (batch->output_length == 0) {
        unlink(letters->path);
        close(letters->file);
        return STATUS_DONE;
    }
    status = write_all(letters, batch);
    if (status != STATUS_DONE) {
        message_error("could not write %s: %s", letters->path,
                      errno != 0 ? strerror(errno) : "no memory");
        message_hint(
            "the links are in %s; the same again with --resume writes the letters",
            batch->output_path);
    }
    letters->file = -1;
    return status;
}
