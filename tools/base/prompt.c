/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/prompt.h"
#include "log.h"

/* Wait for input; false on Ctrl-C. */
static bool await_input(int terminal)
{
    struct pollfd wait[2] = {{.fd = terminal, .events = POLLIN},
                             {.fd = interrupt_descriptor(), .events = POLLIN}};

    while (poll(wait, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return !interrupt_pending();
}

static bool read_line(int terminal, struct secret *line)
{
    line->length = 0;
    for (;;) {
        char c;
        ssize_t got;

        if (!await_input(terminal))
            return false;
        got = read(terminal, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        if (c == '\n' || c == '\r')
            break;
        if (line->length == SECRET_MAX)
            return false;
        line->bytes[line->length++] = c;
    }
    line->bytes[line->length] = '\0';
    return true;
}

static void show(int terminal, const char *text)
{
    ssize_t written = write(terminal, text, strlen(text));

    (void)written;
}

bool prompt_secret(const char *question, struct secret *secret_r)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios saved, quiet;
    bool done = false;

    if (terminal < 0)
        return false;
    if (tcgetattr(terminal, &saved) == 0) {
        quiet = saved;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ICANON | ISIG;
        /* What was typed ahead was echoed already, and is not the answer. */
        if (tcsetattr(terminal, TCSAFLUSH, &quiet) == 0) {
            show(terminal, question);
            done = read_line(terminal, secret_r);
            tcsetattr(terminal, TCSAFLUSH, &saved);
            show(terminal, "\n");
        }
    }
    close(terminal);
    if (!done)
        secret_wipe(secret_r);
    return done;
}

bool prompt_code(struct secret *code_r)
{
    char c;

    code_r->length = 0;
    if (isatty(STDIN_FILENO))
        return prompt_secret("Code (not shown): ", code_r);
    /* The last line of a file may lack its end. */
    while (code_r->length < SECRET_MAX && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
        code_r->bytes[code_r->length++] = c;
    code_r->bytes[code_r->length] = '\0';
    return code_r->length > 0;
}

bool prompt_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool prompt_line(const char *question, struct secret *answer_r)
{
    show(STDERR_FILENO, question);
    if (read_line(STDIN_FILENO, answer_r))
        return true;
    show(STDERR_FILENO, "\n");
    return false;
}

bool prompt_confirm(const char *question)
{
    struct secret answer = {0};
    char text[LOG_LINE_MAX];
    bool yes;

    snprintf(text, sizeof text, "%s", question);
    log_sanitise(text);
    show(STDERR_FILENO, text);
    yes = prompt_line(" (y/N) ", &answer) &&
          (strcasecmp(answer.bytes, "y") == 0 || strcasecmp(answer.bytes, "yes") == 0);
    secret_wipe(&answer);
    return yes;
}
