/* SPDX-License-Identifier: MIT */
#include "hmx_user.h"

#include <stdio.h>

#define MAX_HELD 8

/* Reading and writing are told apart as lockdep does. */
struct held_lock {
    const void* lock;
    int reading;
};

static _Thread_local struct held_lock held[MAX_HELD];
static _Thread_local unsigned int nr_held;

int debug_locks = 1;

void hmx_user_warn(const char* file, int line, const char* cond) {
    fprintf(stderr, "%s:%d: %s\n", file, line, cond);
    abort();
}

static struct held_lock* find_held(const void* lock) {
    for (unsigned int i = 0; i < nr_held; i++)
        if (held[i].lock == lock)
            return &held[i];
    return NULL;
}

/* Before it is taken, so that a test ends where it would hang. */
static void note_lock(const void* lock, int reading) {
    WARN_ON_ONCE(find_held(lock));
    WARN_ON_ONCE(nr_held == MAX_HELD);
    held[nr_held].lock = lock;
    held[nr_held].reading = reading;
    nr_held++;
}

static void note_unlock(const void* lock, int reading) {
    struct held_lock* entry = find_held(lock);

    WARN_ON_ONCE(!entry || entry->reading != reading);
    *entry = held[--nr_held];
}

bool lockdep_is_held_type(const void* lock, int mode) {
    const struct held_lock* entry = find_held(lock);

    return entry && (mode == -1 || entry->reading == mode);
}

unsigned int hmx_user_locks_held(void) { return nr_held; }

void rwlock_init(rwlock_t* lock) {
    pthread_rwlockattr_t attr;

    pthread_rwlockattr_init(&attr);
    /* The kernel's are fair; these would let writers starve. */
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock->lock, &attr);
    pthread_rwlockattr_destroy(&attr);
}

void read_lock(rwlock_t* lock) {
    note_lock(lock, 1);
    pthread_rwlock_rdlock(&lock->lock);
}

void read_unlock(rwlock_t* lock) {
    note_unlock(lock, 1);
    pthread_rwlock_unlock(&lock->lock);
}

void write_lock(rwlock_t* lock) {
    note_lock(lock, 0);
    pthread_rwlock_wrlock(&lock->lock);
}

void write_unlock(rwlock_t* lock) {
    note_unlock(lock, 0);
    pthread_rwlock_unlock(&lock->lock);
}

void spin_lock_init(spinlock_t* lock) { pthread_mutex_init(&lock->lock, NULL); }

void spin_lock(spinlock_t* lock) {
    note_lock(lock, 0);
    pthread_mutex_lock(&lock->lock);
}

void spin_unlock(spinlock_t* lock) {
    note_unlock(lock, 0);
    pthread_mutex_unlock(&lock->lock);
}

static void check_gfp(gfp_t gfp) { WARN_ON_ONCE((gfp == GFP_ATOMIC) != (nr_held != 0)); }

void* kzalloc(size_t size, gfp_t gfp) {
    check_gfp(gfp);
    return calloc(1, size);
}

void* kvmalloc_array(size_t n, size_t size, gfp_t gfp) {
    check_gfp(gfp);
    return malloc(n * size);
}

void kfree(const void* ptr) { free((void*)ptr); }

void kvfree(const void* ptr) {
    /* It may sleep. */
    WARN_ON_ONCE(nr_held);
    free((void*)ptr);
}

int kstrtou32(const char* text, unsigned int base, u32* value) {
    char* end;
    unsigned long number;

    /* strtoul() takes spaces and a minus, which the kernel does not. */
    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    number = strtoul(text, &end, (int)base);
    if (*end)
        return -EINVAL;
    if (errno || number > UINT32_MAX)
        return -ERANGE;
    *value = (u32)number;
    return 0;
}

int kstrtou16(const char* text, unsigned int base, u16* value) {
    u32 number;
    int rc = kstrtou32(text, base, &number);

    if (!rc && number > UINT16_MAX)
        rc = -ERANGE;
    if (!rc)
        *value = (u16)number;
    return rc;
}
