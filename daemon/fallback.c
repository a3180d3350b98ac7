/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "fallback.h"

/* Four strings, each with its length.  The user's name may be as long as login and realm
 * together. */
#define MESSAGE_MAX (4 * 2 + REQUEST_USER_MAX + SECRET_MAX + REQUEST_SERVICE_MAX)
#define ANSWER_MAX  1024 /* libsasl2 takes no longer one either */

static size_t put_string(char *message, size_t at, const char *bytes, size_t length)
{
    message[at++] = (char)(length >> 8);
    message[at++] = (char)(length & 0xff);
    memcpy(message + at, bytes, length);
    return at + length;
}

static size_t build(const char *user, const struct request *request,
                    char message[MESSAGE_MAX])
{
    const char *cut = strrchr(user, '@');
    size_t login = cut == NULL ? strlen(user) : (size_t)(cut - user), at = 0;

    at = put_string(message, at, user, login);
    at = put_string(message, at, request->password, request->lengths[REQUEST_PASSWORD]);
    at = put_string(message, at, request->service, request->lengths[REQUEST_SERVICE]);
    return put_string(message, at, cut == NULL ? "" : cut + 1,
                      cut == NULL ? 0 : strlen(cut + 1));
}

/* The next call on the socket ends by the deadline; false where that has passed. */
static bool arm(int fd, int option, struct deadline deadline)
{
    int left = deadline_left_ms(deadline);
    struct timeval time = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};

    return left > 0 && setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)) == 0;
}

static bool send_all(int fd, const char *bytes, size_t length, struct deadline deadline)
{
    while (length > 0) {
        ssize_t count;

        if (!arm(fd, SO_SNDTIMEO, deadline))
            return false;
        count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

static bool receive_all(int fd, char *bytes, size_t length, struct deadline deadline)
{
    while (length > 0) {
        ssize_t count;

        if (!arm(fd, SO_RCVTIMEO, deadline))
            return false;
        count = recv(fd, bytes, length, 0);
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* Only what is known to be a yes or a no is one. */
static enum outcome read_answer(int fd, struct deadline deadline)
{
    unsigned char header[2];
    char answer[ANSWER_MAX];
    size_t length;

    if (!receive_all(fd, (char *)header, sizeof(header), deadline))
        return OUTCOME_UNAVAILABLE;
    length = (size_t)header[0] << 8 | header[1];
    if (length < 2 || length > sizeof(answer) ||
        !receive_all(fd, answer, length, deadline))
        return OUTCOME_UNAVAILABLE;
    if (memcmp(answer, "OK", 2) == 0)
        return OUTCOME_OK;
    return memcmp(answer, "NO", 2) == 0 ? OUTCOME_DENIED : OUTCOME_UNAVAILABLE;
}

enum outcome fallback_ask(const char *path, const char *user,
                          const struct request *request, struct deadline deadline,
                          const char **reason_r)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum outcome outcome = OUTCOME_UNAVAILABLE;
    char message[MESSAGE_MAX];
    int fd = -1;

    *reason_r = "the name or the path is too long";
    if (strlen(user) <= REQUEST_USER_MAX && strlen(path) < sizeof(address.sun_path)) {
        memcpy(address.sun_path, path, strlen(path));
        *reason_r = "could not connect";
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    if (fd >= 0 && arm(fd, SO_SNDTIMEO, deadline) &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        *reason_r = "no answer";
        if (send_all(fd, message, build(user, request, message), deadline))
            outcome = read_answer(fd, deadline);
    }
    sodium_memzero(message, sizeof(message));
    if (fd >= 0)
        close(fd);
    return outcome;
}
