/* SPDX-License-Identifier: MIT */
/*
 * What the HMX engine takes from the kernel, for user space. The names and the
 * macros are the kernel's, because the code that uses them is.
 *
 * Every thread knows which locks it holds: the engine's assertions are checked
 * against that, and memory is only got as the locks held allow it.
 */
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ring_user.h"

#define CONFIG_LOCKDEP 1

#define PAGE_SIZE 4096ul
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define swap(a, b)                                                                                                     \
    do {                                                                                                               \
        typeof(a) swap_old = (a);                                                                                      \
        (a) = (b);                                                                                                     \
        (b) = swap_old;                                                                                                \
    } while (0)
#define container_of(ptr, type, member) ((type*)((char*)(ptr)-offsetof(type, member)))

/* Errors as pointers: the last page of addresses is nobody's. */

static inline void* ERR_PTR(long err) { return (void*)err; }

static inline long PTR_ERR(const void* ptr) { return (long)ptr; }

static inline bool IS_ERR(const void* ptr) { return (unsigned long)ptr >= -PAGE_SIZE; }

static inline bool IS_ERR_OR_NULL(const void* ptr) { return !ptr || IS_ERR(ptr); }

/* A warning ends the test. */

extern int debug_locks;
void hmx_user_warn(const char* file, int line, const char* cond) __attribute__((noreturn));
#define WARN_ON_ONCE(cond)                                                                                             \
    do {                                                                                                               \
        if (cond)                                                                                                      \
            hmx_user_warn(__FILE__, __LINE__, #cond);                                                                  \
    } while (0)

/* Memory. GFP_KERNEL is refused under a lock, GFP_ATOMIC without one. */

typedef enum { GFP_KERNEL, GFP_ATOMIC } gfp_t;

void* kzalloc(size_t size, gfp_t gfp);
void* kvmalloc_array(size_t n, size_t size, gfp_t gfp);
void kfree(const void* ptr);
void kvfree(const void* ptr);

/* Numbers in text: decimal ones, as far as the engine asks for. */

int kstrtou16(const char* text, unsigned int base, u16* value);
int kstrtou32(const char* text, unsigned int base, u32* value);

/* Locks. */

typedef struct {
    pthread_rwlock_t lock;
} rwlock_t;

typedef struct {
    pthread_mutex_t lock;
} spinlock_t;

void rwlock_init(rwlock_t* lock);
void read_lock(rwlock_t* lock);
void read_unlock(rwlock_t* lock);
void write_lock(rwlock_t* lock);
void write_unlock(rwlock_t* lock);
void spin_lock_init(spinlock_t* lock);
void spin_lock(spinlock_t* lock);
void spin_unlock(spinlock_t* lock);

/* There are no softirqs here. */
#define read_lock_bh read_lock
#define read_unlock_bh read_unlock
#define write_lock_bh write_lock
#define write_unlock_bh write_unlock
#define spin_lock_bh spin_lock
#define spin_unlock_bh spin_unlock

/* mode: 0 for writing, 1 for reading, -1 for either; a spinlock is written. */
bool lockdep_is_held_type(const void* lock, int mode);
#define lockdep_is_held(lock) lockdep_is_held_type(lock, -1)
/* How many locks this thread holds. */
unsigned int hmx_user_locks_held(void);

/* Lists with two ends. */

struct list_head {
    struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = {&(name), &(name)}

static inline void INIT_LIST_HEAD(struct list_head* list) { list->next = list->prev = list; }

static inline void list_add_tail(struct list_head* entry, struct list_head* list) {
    entry->next = list;
    entry->prev = list->prev;
    list->prev->next = entry;
    list->prev = entry;
}

static inline void list_del(struct list_head* entry) {
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->next = entry->prev = NULL;
}

#define list_for_each_entry(pos, list, member)                                                                         \
    for ((pos) = container_of((list)->next, typeof(*(pos)), member); &(pos)->member != (list);                         \
         (pos) = container_of((pos)->member.next, typeof(*(pos)), member))

#define list_for_each_entry_safe(pos, following, list, member)                                                         \
    for ((pos) = container_of((list)->next, typeof(*(pos)), member),                                                   \
        (following) = container_of((pos)->member.next, typeof(*(pos)), member);                                        \
         &(pos)->member != (list);                                                                                     \
         (pos) = (following), (following) = container_of((pos)->member.next, typeof(*(pos)), member))

/* Lists with one end, for hash tables. */

struct hlist_node {
    struct hlist_node *next, **pprev;
};

struct hlist_head {
    struct hlist_node* first;
};

#define HLIST_HEAD(name) struct hlist_head name = {NULL}

static inline bool hlist_unhashed(const struct hlist_node* node) { return !node->pprev; }

static inline void hlist_add_head(struct hlist_node* node, struct hlist_head* list) {
    node->next = list->first;
    node->pprev = &list->first;
    if (list->first)
        list->first->pprev = &node->next;
    list->first = node;
}

static inline void hlist_del_init(struct hlist_node* node) {
    *node->pprev = node->next;
    if (node->next)
        node->next->pprev = node->pprev;
    node->next = NULL;
    node->pprev = NULL;
}

#define hlist_del hlist_del_init

#define hlist_entry_or_null(ptr, type, member) ((ptr) ? container_of(ptr, type, member) : NULL)

#define hlist_for_each_entry(pos, list, member)                                                                        \
    for ((pos) = hlist_entry_or_null((list)->first, typeof(*(pos)), member); pos;                                      \
         (pos) = hlist_entry_or_null((pos)->member.next, typeof(*(pos)), member))

/* following is a node, as the kernel has it. */
#define hlist_for_each_entry_safe(pos, following, list, member)                                                        \
    for ((pos) = hlist_entry_or_null((list)->first, typeof(*(pos)), member);                                           \
         (pos) && ((following) = (pos)->member.next, 1);                                                               \
         (pos) = hlist_entry_or_null((following), typeof(*(pos)), member))
