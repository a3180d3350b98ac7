/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "array.h"
#include "base/interrupt.h"

static volatile sig_atomic_t arrived;
static int wake[2] = {-1, -1};

static void note(int signal_number)
{
    int saved_errno = errno;
    ssize_t written;

    arrived = signal_number;
    /* A full pipe is readable already, which is all that is wanted. */
    written = write(wake[1], "", 1);
    (void)written;
    errno = saved_errno;
}

bool interrupt_catch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note};

    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT(signals); i++) {
        struct sigaction inherited;

        /* nohup(1) and background jobs of old shells ignore them on purpose. */
        if (sigaction(signals[i], NULL, &inherited) == 0 &&
            inherited.sa_handler == SIG_IGN)
            continue;
        sigaction(signals[i], &action, NULL);
    }
    return true;
}

bool interrupt_pending(void)
{
    return arrived != 0;
}

int interrupt_descriptor(void)
{
    return wake[0];
}

bool interrupt_wait(int milliseconds)
{
    struct pollfd wait = {.fd = wake[0], .events = POLLIN};

    poll(&wait, 1, milliseconds);
    return interrupt_pending();
}

void interrupt_die(void)
{
    int signal_number = arrived;

    if (signal_number == 0)
        return;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}
