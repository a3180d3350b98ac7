/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "memo.h"

/*
 * The file: one header, then buckets of eight tags.  A tag is the first 16 bytes of
 * BLAKE2b under the file's random key over (hash, code); the next eight choose the
 * bucket. All zero is an empty place.
 *
 * It is read and written by pread and pwrite rather than mapped.  A mapped file that
 * somebody truncates raises SIGBUS in the middle of a mail server, and no handler of ours
 * may stand there; a short pread is merely "not remembered".  It costs 0.3 us of a login
 * that takes 100 us for its query.
 *
 * There are no locks.  A reader may see an entry half written, say the first bytes of tag
 * A followed by the last of the older tag B, and writers may overwrite each other.  A
 * wrong pair never matches because of that: its tag T is compared as a whole, and T is
 * independent of A and B under a key that clients never see, so it equals a mixture of
 * them (or anything else that is not T) with a probability of 2^-128.  A lost entry costs
 * one hash computation.
 */
#define BUCKET_TAGS  8
#define TAG_BYTES    16
#define BUCKET_BYTES (BUCKET_TAGS * TAG_BYTES)
#define CELLS_BYTES  (MEMO_CELLS * (int)sizeof(int64_t)) /* at the end */
#define BUCKETS      ((MEMO_FILE_SIZE - CELLS_BYTES) / BUCKET_BYTES - 1)
#define KEY_BYTES    32

struct header {
    char magic[16];
    unsigned char key[KEY_BYTES];
    unsigned char reserved[BUCKET_BYTES - 16 - KEY_BYTES];
};

_Static_assert(sizeof(struct header) == BUCKET_BYTES, "the header fills one bucket");
_Static_assert(BUCKET_TAGS == 8, "three bits choose a place");
_Static_assert(KEY_BYTES >= crypto_generichash_KEYBYTES_MIN &&
                   KEY_BYTES <= crypto_generichash_KEYBYTES_MAX,
               "the key suits BLAKE2b");

/* With its NUL; the digit is the version of the format. */
static const char magic[16] = "apppass memo 1\n";

struct memo {
    int fd;
    unsigned char key[KEY_BYTES];
};

struct address {
    unsigned char tag[TAG_BYTES];
    off_t bucket; /* offset in the file */
    int place;    /* where in the bucket to look for room first */
};

/* ---- opening ---- */

/* Writing past RLIMIT_FSIZE raises SIGXFSZ, which kills; better not to try. */
static bool size_allowed(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MEMO_FILE_SIZE);
}

/* NULL where the open file is fit to be a memo, else why not. */
static const char *file_unfit(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return "it belongs to another user";
    if ((status.st_mode & 077) != 0)
        return "it is open to group or others";
    if (status.st_nlink != 1)
        return "it has another name, or none";
    if (status.st_size != MEMO_FILE_SIZE)
        return "it is of the wrong size, remove it if it is a memo";
    return NULL;
}

static const char *read_header(int fd, unsigned char key_r[KEY_BYTES])
{
    struct header header;
    const char *reason = NULL;

    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        reason = "it could not be read";
    else if (memcmp(header.magic, magic, sizeof magic) != 0)
        reason = "it is not a memo, or one of another version";
    else
        memcpy(key_r, header.key, KEY_BYTES);
    sodium_memzero(&header, sizeof header);
    return reason;
}

/* The file's place on the disk: on a full one guesses could not be counted.  0 or an errno. */
static int reserve(int fd)
{
    int error;

    do
        error = posix_fallocate(fd, 0, MEMO_FILE_SIZE);
    while (error == EINTR);
    /* What a file system says that cannot reserve. */
    if (error == EINVAL || error == EOPNOTSUPP)
        error = ftruncate(fd, MEMO_FILE_SIZE) == 0 ? 0 : errno;
    return error;
}

/*
 * Make the file under a temporary name and move it into place, so that nobody ever opens
 * half a memo.  Where another process was faster its file stays and ours goes: that is
 * success too, the caller opens what stands there.
 */
static const char *create(const char *path)
{
    static const char suffix[] = ".XXXXXX";
    size_t length = strlen(path);
    char *temporary = malloc(length + sizeof suffix);
    struct header header = {.magic = ""};
    const char *reason = NULL;
    int fd = -1, error;

    if (temporary == NULL)
        return strerror(ENOMEM);
    memcpy(temporary, path, length);
    memcpy(temporary + length, suffix, sizeof suffix);
    memcpy(header.magic, magic, sizeof magic);
    randombytes_buf(header.key, sizeof header.key);
    fd = mkostemp(temporary, O_CLOEXEC); /* O_EXCL and 0600 */
    if (fd < 0) {
        reason = strerror(errno);
        goto done;
    }
    if (pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        reason = strerror(errno);
    else if ((error = reserve(fd)) != 0)
        reason = strerror(error);
    else if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        goto done;
    else if (errno == EINVAL || errno == ENOSYS) {
        /* A file system without RENAME_NOREPLACE.  The last one wins; who opened an
         * earlier one has a memo of its own. */
        if (rename(temporary, path) == 0)
            goto done;
        reason = strerror(errno);
    } else if (errno != EEXIST) {
        reason = strerror(errno);
    }
    unlink(temporary);
done:
    if (fd >= 0)
        close(fd);
    free(temporary);
    sodium_memzero(&header, sizeof header);
    return reason;
}

/* The open file, or -1 and why not. */
static int open_file(const char *path, const char **reason_r)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    int fd, high;

    *reason_r = NULL;
    fd = open(path, flags);
    if (fd < 0 && errno == ENOENT) {
        *reason_r = create(path);
        if (*reason_r != NULL)
            return -1;
        fd = open(path, flags);
    }
    if (fd < 0) {
        *reason_r = errno == ELOOP ? "it is a symbolic link" : strerror(errno);
        return -1;
    }
    if (fd > STDERR_FILENO)
        return fd;
    /* Where the host closed a standard stream, what it prints there must not come here.
     */
    high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high < 0)
        *reason_r = strerror(errno);
    close(fd);
    return high;
}

struct memo *memo_open(const char *path, const struct log *log)
{
    struct memo *memo = NULL;
    const char *reason = NULL;

    if (sodium_init() < 0 || (memo = sodium_malloc(sizeof *memo)) == NULL) {
        log_message(log, LOG_LEVEL_WARNING, "could not use memo %s: not enough memory",
                    path);
        return NULL;
    }
    memo->fd = -1;
    if (!size_allowed())
        reason = "the limit on file sizes is too low";
    if (reason == NULL)
        memo->fd = open_file(path, &reason);
    if (reason == NULL)
        reason = file_unfit(memo->fd);
    if (reason == NULL)
        reason = read_header(memo->fd, memo->key);
    if (reason != NULL) {
        log_message(log, LOG_LEVEL_WARNING, "could not use memo %s: %s", path, reason);
        memo_close(&memo);
    }
    return memo;
}

void memo_close(struct memo **memo)
{
    if (memo == NULL || *memo == NULL)
        return;
    if ((*memo)->fd >= 0)
        close((*memo)->fd);
    sodium_free(*memo); /* wipes */
    *memo = NULL;
}

/* ---- pairs ---- */

static void locate(const struct memo *memo, const char *hash, const char *code,
                   size_t length, struct address *address_r)
{
    unsigned char digest[TAG_BYTES + sizeof(uint64_t)];
    crypto_generichash_state state;
    uint64_t hash_length = strlen(hash), number;

    crypto_generichash_init(&state, memo->key, sizeof memo->key, sizeof digest);
    /* Its length in front keeps (hash, code) apart from any other cut of the bytes. */
    crypto_generichash_update(&state, (const unsigned char *)&hash_length,
                              sizeof hash_length);
    crypto_generichash_update(&state, (const unsigned char *)hash, hash_length);
    crypto_generichash_update(&state, (const unsigned char *)code, length);
    crypto_generichash_final(&state, digest, sizeof digest);
    memcpy(address_r->tag, digest, TAG_BYTES);
    memcpy(&number, digest + TAG_BYTES, sizeof number);
    address_r->bucket = (off_t)(number % BUCKETS + 1) * BUCKET_BYTES;
    address_r->place = (int)(number >> 61);
    sodium_memzero(&state, sizeof state); /* holds the code */
    sodium_memzero(digest, sizeof digest);
}

/* The place of the tag in its bucket, or -1.  False where the bucket can't be read. */
static bool find(const struct memo *memo, const struct address *address,
                 unsigned char bucket[BUCKET_BYTES], int *place_r)
{
    *place_r = -1;
    if (pread(memo->fd, bucket, BUCKET_BYTES, address->bucket) != BUCKET_BYTES)
        return false;
    if (sodium_is_zero(address->tag, TAG_BYTES))
        return false; /* would match an empty place */
    for (int i = 0; i < BUCKET_TAGS; i++)
        if (sodium_memcmp(bucket + i * TAG_BYTES, address->tag, TAG_BYTES) == 0)
            *place_r = i;
    return true;
}

bool memo_contains(struct memo *memo, const char *hash, const char *code, size_t length)
{
    unsigned char bucket[BUCKET_BYTES];
    struct address address;
    int place;

    if (memo == NULL || length < MEMO_CODE_LENGTH_MIN)
        return false;
    locate(memo, hash, code, length, &address);
    return find(memo, &address, bucket, &place) && place >= 0;
}

void memo_add(struct memo *memo, const char *hash, const char *code, size_t length)
{
    unsigned char bucket[BUCKET_BYTES];
    struct address address;
    int place;
    ssize_t ignored;

    if (memo == NULL || length < MEMO_CODE_LENGTH_MIN)
        return;
    locate(memo, hash, code, length, &address);
    /* A bucket that can't be read whole lies behind a truncation; don't grow the file. */
    if (!find(memo, &address, bucket, &place) || place >= 0 || !size_allowed())
        return;
    /* An empty place, each tag having its own order: writers shall rarely meet. */
    place = (int)randombytes_uniform(BUCKET_TAGS);
    for (int i = 0; i < BUCKET_TAGS; i++)
        if (sodium_is_zero(bucket + (address.place ^ i) * TAG_BYTES, TAG_BYTES))
            place = address.place ^ i;
    /* Full disk, say: the pair is computed again next time. */
    ignored =
        pwrite(memo->fd, address.tag, TAG_BYTES, address.bucket + place * TAG_BYTES);
    (void)ignored;
}

/* ---- cells ---- */

size_t memo_cell_of(const struct memo *memo, const void *bytes, size_t length)
{
    uint64_t number;

    _Static_assert(sizeof number == crypto_shorthash_BYTES, "a digest is a number");
    _Static_assert(KEY_BYTES >= crypto_shorthash_KEYBYTES, "the key suits SipHash");
    crypto_shorthash((unsigned char *)&number, bytes, length, memo->key);
    return number % MEMO_CELLS;
}

static off_t cell_offset(size_t cell)
{
    return MEMO_FILE_SIZE - CELLS_BYTES + (off_t)(cell * sizeof(int64_t));
}

int64_t memo_cell(const struct memo *memo, size_t cell)
{
    int64_t value;

    if (pread(memo->fd, &value, sizeof value, cell_offset(cell)) != sizeof value)
        return 0;
    return value;
}

void memo_cell_set(struct memo *memo, size_t cell, int64_t value)
{
    int64_t before;
    ssize_t ignored;

    /* A cell that can't be read lies behind a truncation; don't grow the file. */
    if (pread(memo->fd, &before, sizeof before, cell_offset(cell)) != sizeof before ||
        !size_allowed())
        return;
    ignored = pwrite(memo->fd, &value, sizeof value, cell_offset(cell));
    (void)ignored;
}

/* ---- locks ---- */

static struct flock lock_on(int64_t from, int64_t end, short type)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = end - from};
}

bool memo_lock(const struct memo *memo, int64_t byte)
{
    struct flock lock = lock_on(byte, byte + 1, F_WRLCK);

    if (memo == NULL || fcntl(memo->fd, F_SETLK, &lock) == 0)
        return true;
    return errno != EAGAIN && errno != EACCES;
}

void memo_unlock(const struct memo *memo, int64_t byte)
{
    struct flock lock = lock_on(byte, byte + 1, F_UNLCK);

    if (memo != NULL)
        (void)fcntl(memo->fd, F_SETLK, &lock);
}

bool memo_find_lock(const struct memo *memo, int64_t from, int64_t end, int64_t *byte_r)
{
    struct flock lock = lock_on(from, end, F_WRLCK);

    if (memo == NULL || from >= end || fcntl(memo->fd, F_GETLK, &lock) != 0 ||
        lock.l_type == F_UNLCK)
        return false;
    *byte_r = lock.l_start > from ? lock.l_start : from;
    return true;
}
