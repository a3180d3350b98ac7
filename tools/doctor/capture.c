/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/capture.h"

#define OUTPUT_MAX (1024 * 1024)

/* execvp takes words that it may change, and does not. */
union words {
    const char *const *from;
    char *const *to;
};

static void NORETURN run(const char *const *words, const char *const *settings,
                         int output)
{
    union words arguments = {.from = words};
    char path[1024];
    const char *old = getenv("PATH");
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (; settings != NULL && *settings != NULL; settings++) {
        char *setting = strdup(*settings);

        if (setting == NULL || putenv(setting) != 0)
            _exit(127);
    }
    snprintf(path, sizeof path, "%s:/usr/sbin:/sbin",
             old != NULL ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
        dup2(nothing, STDERR_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
        execvp(words[0], arguments.to);
    _exit(127);
}

static char *read_all(int input)
{
    char *text = malloc(OUTPUT_MAX + 1);
    size_t length = 0;
    ssize_t got = 1;

    while (text != NULL && got != 0 && length < OUTPUT_MAX) {
        got = read(input, text + length, OUTPUT_MAX - length);
        if (got < 0 && errno != EINTR)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    if (text != NULL)
        text[length] = '\0';
    return text;
}

char *capture(const char *const *words, const char *const *settings)
{
    int ends[2], state = -1;
    char *text;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    child = fork();
    if (child == 0)
        run(words, settings, ends[1]);
    close(ends[1]);
    text = child > 0 ? read_all(ends[0]) : NULL;
    close(ends[0]);
    while (child > 0 && waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    if (text != NULL && WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return text;
    free(text);
    return NULL;
}
