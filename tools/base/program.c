/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/message.h"
#include "base/program.h"
#include "deadline.h"

#define OUTPUT_MAX (1024 * 1024)

/* posix_spawnp takes words that it may change, and does not. */
union words {
    const char *const *from;
    char *const *to;
};

/* 0 and the child, or what errno would be.  apart: in a process group of its own. */
static int start(const char *const *words, int input, int output, int errors, bool apart,
                 pid_t *child_r)
{
    union words arguments = {.from = words};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    if ((error = posix_spawnattr_init(&attributes)) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    if ((error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)) ==
            0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)) ==
            0 &&
        (error = posix_spawnattr_setflags(&attributes,
                                          apart ? POSIX_SPAWN_SETPGROUP : 0)) == 0)
        error =
            posix_spawnp(child_r, words[0], &actions, &attributes, arguments.to, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool succeeded(pid_t child)
{
    int state = -1;

    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

static char *read_all(int input)
{
    char *text = message_needed(malloc(OUTPUT_MAX + 1));
    size_t length = 0;
    ssize_t got = 1;

    while (got != 0 && length < OUTPUT_MAX) {
        got = read(input, text + length, OUTPUT_MAX - length);
        if (got < 0 && errno != EINTR)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    text[length] = '\0';
    return text;
}

char *program_output(const char *const *words)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2];
    char *text = NULL;
    pid_t child;

    if (nothing < 0 || pipe2(ends, O_CLOEXEC) < 0) {
        if (nothing >= 0)
            close(nothing);
        return NULL;
    }
    if (start(words, nothing, ends[1], nothing, false, &child) == 0) {
        close(ends[1]);
        text = read_all(ends[0]);
        if (!succeeded(child)) {
            free(text);
            text = NULL;
        }
    } else {
        close(ends[1]);
    }
    close(ends[0]);
    close(nothing);
    return text;
}

bool program_filter(const char *const *words, const char *bytes, size_t length, int file)
{
    ssize_t written = -1;
    int ends[2], error;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    error = start(words, ends[0], file, STDERR_FILENO, false, &child);
    close(ends[0]);
    if (error == 0)
        written = write(ends[1], bytes, length);
    else
        message_error("could not run %s: %s", words[0], strerror(error));
    close(ends[1]);
    return error == 0 && succeeded(child) && written == (ssize_t)length;
}

/* Wait for it, and end it and what it started where it takes longer. */
static void await(pid_t child, int milliseconds, int *state_r)
{
    struct deadline deadline = deadline_in(milliseconds);
    const struct timespec pause = {.tv_nsec = 10 * 1000000L};
    pid_t ended;

    while ((ended = waitpid(child, state_r, WNOHANG)) == 0 ||
           (ended < 0 && errno == EINTR)) {
        if (deadline_passed(deadline))
            kill(-child, SIGKILL);
        nanosleep(&pause, NULL);
    }
}

bool program_feed(const char *const *words, FILE *input, int milliseconds,
                  char trouble[PROGRAM_TROUBLE_MAX])
{
    int state = -1, error;
    pid_t child = -1;

    if (fflush(input) != 0 || fseek(input, 0, SEEK_SET) != 0)
        error = errno;
    else
        error = start(words, fileno(input), STDERR_FILENO, STDERR_FILENO, true, &child);
    if (error != 0) {
        snprintf(trouble, PROGRAM_TROUBLE_MAX, "could not run %s: %s", words[0],
                 strerror(error));
        return false;
    }
    await(child, milliseconds, &state);
    if (WIFEXITED(state))
        snprintf(trouble, PROGRAM_TROUBLE_MAX, "%s ended with status %d", words[0],
                 WEXITSTATUS(state));
    else
        snprintf(trouble, PROGRAM_TROUBLE_MAX, "%s was ended by signal %d", words[0],
                 WTERMSIG(state));
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}
