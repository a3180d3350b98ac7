/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>
#include <systemd/sd-daemon.h>

#include "configuration.h"
#include "descriptors.h"
#include "listener.h"
#include "options.h"
#include "privilege.h"
#include "session.h"
#include "sink.h"
#include "sockets.h"
#include "worker.h"

#define EXIT_USAGE         2
#define SPARE_DESCRIPTORS  64 /* libraries, log, listening sockets */
#define WORKER_DESCRIPTORS 12 /* two connections and what opens to make them */

static const char usage[] =
    "usage: apppassd [-c FILE] [-d] [-t]\n"
    "       apppassd -h | -v\n"
    "\n"
    "Answers the saslauthd protocol for app passwords; see apppassd(8).\n"
    "\n"
    "  -c FILE  read this configuration (default " OPTIONS_FILE ")\n"
    "  -d       log debug messages too\n"
    "  -t       check the configuration and exit: 0 good, 1 bad\n"
    "  -h       print this and exit\n"
    "  -v       print the version and exit\n";

struct arguments {
    const char *config_path;
    bool debug;
    bool test;
};

/* What main sets up, in this order. */
struct daemon {
    struct arguments arguments;
    struct options options; /* until the configuration takes it over */
    struct privilege privilege;
    struct sockets sockets;
    struct configuration *configuration;
    struct pool *pool;
    struct workers *workers;
    int signal_fd;
    int wake_fd;
    char error[1024];
};

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;

    arguments->config_path = OPTIONS_FILE;
    while ((option = getopt_long(argc, argv, "c:dhtv", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->config_path = optarg;
            break;
        case 'd':
            arguments->debug = true;
            break;
        case 't':
            arguments->test = true;
            break;
        case 'h':
            return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        case 'v':
            return puts(PACKAGE_STRING) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        default:
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return -1;
}

/* Whom to run as and who may connect, from names to numbers. */
static bool plan_access(struct daemon *daemon, struct sockets_access *access_r)
{
    const struct daemon_settings *settings = &daemon->options.daemon;
    gid_t unused;

    if (!privilege_plan(settings->user, settings->group, &daemon->privilege,
                        daemon->error, sizeof(daemon->error)))
        return false;
    access_r->mode = daemon->options.socket_mode;
    access_r->owner = daemon->privilege.change ? daemon->privilege.user : (uid_t)-1;
    access_r->group = daemon->privilege.change ? daemon->privilege.group : (gid_t)-1;
    if (settings->socket_owner != NULL &&
        !privilege_user(settings->socket_owner, &access_r->owner, &unused, daemon->error,
                        sizeof(daemon->error)))
        return false;
    return settings->socket_group == NULL ||
           privilege_group(settings->socket_group, &access_r->group, daemon->error,
                           sizeof(daemon->error));
}

/* -t: everything that can be seen without taking anything. */
static bool check(struct daemon *daemon)
{
    struct sockets_access access;

    if (!plan_access(daemon, &access))
        return false;
    daemon->configuration =
        configuration_new(&daemon->options, daemon->arguments.config_path, false,
                          sink_log(), daemon->error, sizeof(daemon->error));
    return daemon->configuration != NULL;
}

static size_t worker_count(const struct daemon_settings *settings)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->workers > 0)
        return (size_t)settings->workers;
    return processors > 0 ? (size_t)processors + 1 : 2;
}

/* A descriptor for every place in the pool, or fewer places: how many. */
static size_t fit_pool(const struct daemon_settings *settings)
{
    rlim_t places = (rlim_t)settings->queue;
    rlim_t needed = SPARE_DESCRIPTORS + WORKER_DESCRIPTORS * worker_count(settings);
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return (size_t)places;
    if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < needed + places) {
        rlim_t soft = limit.rlim_cur;

        limit.rlim_cur =
            limit.rlim_max < needed + places ? limit.rlim_max : needed + places;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            limit.rlim_cur = soft;
    }
    if (limit.rlim_cur >= needed + places)
        return (size_t)places;
    places = limit.rlim_cur > needed ? limit.rlim_cur - needed : 1;
    log_message(sink_log(), LOG_LEVEL_WARNING,
                "apppassd_queue: %ld needs more open files than the limit of %lu allows; "
                "holding %lu requests",
                settings->queue, (unsigned long)limit.rlim_cur, (unsigned long)places);
    return (size_t)places;
}

/* Signals are read from a descriptor by the main thread; no other thread sees them. */
static bool block_signals(struct daemon *daemon)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    daemon->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (daemon->signal_fd < 0 || daemon->wake_fd < 0) {
        snprintf(daemon->error, sizeof(daemon->error), "could not set up: %s",
                 strerror(errno));
        return false;
    }
    return true;
}

/* Sockets as root; everything else as the daemon's user, as it will be at a reload. */
static bool open_all(struct daemon *daemon)
{
    struct sockets_access who;

    if (!plan_access(daemon, &who) ||
        !sockets_open(daemon->options.daemon.socket, &who, &daemon->sockets,
                      daemon->error, sizeof(daemon->error)) ||
        !privilege_drop(&daemon->privilege, daemon->options.daemon.user, daemon->error,
                        sizeof(daemon->error)))
        return false;
    if (access(daemon->arguments.config_path, R_OK) < 0)
        log_message(sink_log(), LOG_LEVEL_WARNING,
                    "%s can't be read by the user apppassd runs as: SIGHUP will not work",
                    daemon->arguments.config_path);
    daemon->configuration =
        configuration_new(&daemon->options, daemon->arguments.config_path, true,
                          sink_log(), daemon->error, sizeof(daemon->error));
    return daemon->configuration != NULL;
}

static bool serve(struct daemon *daemon)
{
    const struct daemon_settings *settings = &daemon->configuration->options.daemon;
    size_t count = worker_count(settings);
    struct listener listener = {.sockets = &daemon->sockets,
                                .log = sink_log(),
                                .config_path = daemon->arguments.config_path,
                                .signal_fd = daemon->signal_fd,
                                .wake_fd = daemon->wake_fd};
    struct pool_counts counts;
    bool good;

    daemon->pool =
        pool_new(fit_pool(settings), count - 1, daemon->configuration, daemon->wake_fd);
    listener.pool = daemon->pool;
    if (daemon->pool != NULL)
        daemon->workers = workers_start(count, daemon->pool, sink_log());
    if (daemon->workers == NULL) {
        snprintf(daemon->error, sizeof(daemon->error), "could not start %zu workers",
                 count);
        return false;
    }
    log_message(sink_log(), LOG_LEVEL_NOTICE, "%s: serving, %zu workers", PACKAGE_STRING,
                count);
    sd_notify(0, "READY=1\nSTATUS=Serving");
    good = listener_run(&listener);
    pool_end(daemon->pool);
    workers_join(&daemon->workers);
    counts = pool_counts(daemon->pool);
    log_message(sink_log(), LOG_LEVEL_NOTICE,
                "stopped: %lu accepted, %lu refused, %lu unanswered", counts.accepted,
                counts.refused, counts.unavailable);
    return good;
}

static bool run(struct daemon *daemon)
{
    if (sodium_init() < 0) {
        snprintf(daemon->error, sizeof(daemon->error), "could not initialise libsodium");
        return false;
    }
    if (!options_read(daemon->arguments.config_path, &daemon->options, daemon->error,
                      sizeof(daemon->error)))
        return false;
    if (daemon->arguments.test)
        return check(daemon);
    sink_open(daemon->options.daemon.log == OPTIONS_LOG_SYSLOG,
              options_facility(daemon->options.daemon.log_facility),
              daemon->arguments.debug);
    return block_signals(daemon) && open_all(daemon) && serve(daemon);
}

int main(int argc, char **argv)
{
    struct daemon daemon = {.signal_fd = -1, .wake_fd = -1};
    bool good;
    int status = descriptors_fill() ? parse_arguments(argc, argv, &daemon.arguments)
                                    : EXIT_FAILURE;

    if (status >= 0)
        return status;
    sink_open(false, 0, daemon.arguments.debug);
    good = run(&daemon);
    if (!good && *daemon.error != '\0')
        log_message(sink_log(), LOG_LEVEL_ERROR, "%s", daemon.error);
    else if (good && daemon.arguments.test)
        printf("%s: good\n", daemon.arguments.config_path);
    sockets_close(&daemon.sockets);
    pool_free(&daemon.pool);
    configuration_release(&daemon.configuration);
    options_free(&daemon.options);
    if (daemon.signal_fd >= 0)
        close(daemon.signal_fd);
    if (daemon.wake_fd >= 0)
        close(daemon.wake_fd);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
