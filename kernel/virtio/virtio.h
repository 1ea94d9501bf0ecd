/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types and functions that the files of virtio_argo share: the driver side of
 * VirtIO over Argo (docs/virtio-argo.md).
 *
 * A struct virtio_argo_backend is a domain that may have devices for this one,
 * as seen through one attachment. It has the one ring that the domain sends to,
 * and a link for each port of the domain. A device belongs to a link, and a
 * queue to a device.
 *
 * Virtqueues are private memory of this domain. The transport takes chains from
 * the available ring, sends what is to be read as records of a message, and
 * puts what comes back into the chains' room and into the used ring.
 *
 * Locks, outermost first:
 *	virtio_argo_dev.ctl		the device's setup: configuration
 *					operations, and setting up anew
 *	  virtio_argo_link.turn		one control request at a time
 *	    virtio_argo_backend.reader	reading the ring, the lists of links and
 *					devices, chains' room; softirqs off
 *	      virtio_argo_queue.lock	available and used ring, chains;
 *					interrupts off
 *	        (core's space_lock)
 *
 * Drivers notify with locks of their own held, some of them with interrupts
 * off. So notifying takes virtio_argo_queue.lock alone, and for a moment; and
 * no driver is called back from there, nor with that lock held. Who owns the
 * queue's pump (virtio_argo_queue.pumping) sends, without a lock, with softirqs
 * off; and with interrupts off only where the hypervisor can.
 */
#ifndef _ARGO_VIRTIO_VIRTIO_H
#define _ARGO_VIRTIO_VIRTIO_H

#include <linux/bitmap.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/refcount.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <argo/argo.h>

#include "compat.h"
#include "wire.h"

/* Limits of this driver side for a device. */
#define VIRTIO_ARGO_MAX_CONFIG		SZ_4K
#define VIRTIO_ARGO_MAX_QUEUES		64u
#define VIRTIO_ARGO_MAX_QUEUE_SIZE	1024u

/* The least that a link must take in a message. */
#define VIRTIO_ARGO_MIN_PAYLOAD		SZ_4K

/* How long a control request waits for its answer. */
#define VIRTIO_ARGO_ANSWER_TIME		(5 * HZ)

/* The most of a chain in one message, so that others get their turn. */
#define VIRTIO_ARGO_MAX_PAYLOAD		SZ_256K

/* Memory of a queue where small chains, or pieces of large ones, are joined. */
#define VIRTIO_ARGO_BUFFER		SZ_128K
/* Bytes of chains that are done and that the back end has not taken yet. */
#define VIRTIO_ARGO_BACKLOG_ROOM	SZ_64K
/* Chains up to this size share a message when several wait. */
#define VIRTIO_ARGO_SMALL		SZ_8K
/* Most chains of a message. */
#define VIRTIO_ARGO_BATCH		64u
/* Most pieces of a message, if the hypervisor takes as many. */
#define VIRTIO_ARGO_IOV			64u

struct virtio_argo_backend;
struct virtio_argo_dev;

enum virtio_argo_count {
	/* chains that the back end was sent, and messages with them */
	VIRTIO_ARGO_REQUESTS,
	VIRTIO_ARGO_MESSAGES,
	/* chains that the back end has answered */
	VIRTIO_ARGO_ANSWERS,
	/* chains that were sent again after the back end had gone */
	VIRTIO_ARGO_RESENT,
	/* times that the back end's ring was full */
	VIRTIO_ARGO_FULL,
	/* chains without room that were dropped, since too many waited */
	VIRTIO_ARGO_OVERRUN,
	/* chains that failed: too large, refused, or aborted */
	VIRTIO_ARGO_CHAINS_FAILED,
	/* answers of an earlier epoch */
	VIRTIO_ARGO_STALE,
	/* times that the back end was found again */
	VIRTIO_ARGO_RECONNECTS,
	VIRTIO_ARGO_COUNTS,
};

/**
 * enum virtio_argo_state - the state of a chain
 * @VIRTIO_ARGO_IDLE: the driver has it
 * @VIRTIO_ARGO_WAITING: it is to be sent, or the rest of it
 * @VIRTIO_ARGO_SENDING: the hypervisor is copying the last of it
 * @VIRTIO_ARGO_SENT: the back end may answer it
 */
enum virtio_argo_state {
	VIRTIO_ARGO_IDLE,
	VIRTIO_ARGO_WAITING,
	VIRTIO_ARGO_SENDING,
	VIRTIO_ARGO_SENT,
};

/**
 * struct virtio_argo_chain - a chain that was taken from the available ring
 * @node: in virtio_argo_queue.chains
 * @state: enum virtio_argo_state
 * @out: bytes that the device reads
 * @in: bytes that the device may write
 * @sent: bytes of @out that were sent
 * @filled: end of what was written of @in
 */
struct virtio_argo_chain {
	struct list_head node;
	u8 state;
	u32 out;
	u32 in;
	u32 sent;
	u32 filled;
};

/**
 * struct virtio_argo_message - the message that a queue sends next
 * @iov: its pieces
 * @niov: number of pieces
 * @len: bytes of all pieces
 * @record: header of the record of a chain that is sent from where it lies
 * @chains: ids of chains whose last record it has, in the order of the chains
 * @nr_chains: number of @chains
 * @part: bytes of a record that is not its chain's last; the message has no
 *	other, and the chain is virtio_argo_queue.unsent
 * @backlog: it is from virtio_argo_queue.old
 */
struct virtio_argo_message {
	struct argo_hv_iov iov[VIRTIO_ARGO_IOV];
	unsigned int niov;
	u32 len;
	struct virtio_argo_record record;
	u16 chains[VIRTIO_ARGO_BATCH];
	unsigned int nr_chains;
	u32 part;
	bool backlog;
};

/**
 * struct virtio_argo_backlog - records that were not sent of chains that are done
 * @records: the records
 * @from: offset of the first
 * @to: end of the last
 */
struct virtio_argo_backlog {
	u8 *records;
	u32 from;
	u32 to;
};

/**
 * struct virtio_argo_queue - a virtqueue, seen from the device's end
 * @dev: the device
 * @vq: the driver's end
 * @ring: the descriptors and rings
 * @index: number of the queue
 * @lock: protects what follows, up to @message
 * @pumping: someone sends, and owns @message, @buffer and @old
 * @again: the pump has to look again before it ends
 * @stopped: nothing is sent
 * @interrupt: the driver is to be called back
 * @next_avail: index in the available ring of what comes next
 * @next_used: index in the used ring of what comes next
 * @chains: chains that were taken, in that order, by virtio_argo_chain.node
 * @unsent: the first of @chains that is to be sent, or NULL
 * @fresh: records that come after @old
 * @message: what is sent next
 * @buffer: memory for @message
 * @old: records that come before any chain
 * @chain: a chain for each id
 */
struct virtio_argo_queue {
	struct virtio_argo_dev *dev;
	struct virtqueue *vq;
	const struct vring *ring;
	u16 index;

	spinlock_t lock; /* see above */
	bool pumping;
	bool again;
	bool stopped;
	bool interrupt;
	u16 next_avail;
	u16 next_used;
	struct list_head chains;
	struct virtio_argo_chain *unsent;
	struct virtio_argo_backlog fresh;

	struct virtio_argo_message message;
	u8 *buffer;
	struct virtio_argo_backlog old;
	struct virtio_argo_chain chain[];
};

/**
 * struct virtio_argo_answer - what a control request is answered with
 * @wanted: header that the answer must have; token 0 while none is awaited
 * @len: bytes of the payload, negative until the answer came
 * @payload: the payload
 */
struct virtio_argo_answer {
	struct virtio_argo_control wanted;
	int len;
	u8 payload[VIRTIO_ARGO_MAX_CONTROL];
};

/**
 * struct virtio_argo_link - a port of a back end
 * @node: in virtio_argo_backend.links
 * @be: the back end
 * @addr: address of the port
 * @waiter: watches @addr
 * @woken: there is room at @addr again
 * @turn: held for one control request at a time
 * @token: token of the last request
 * @answer: the answer to the request; under virtio_argo_backend.reader
 * @greeted: HELLO was answered, and nothing has happened since
 * @tried: HELLO was not answered, in this round of looking
 * @said: errno of the trouble that the log tells of
 * @max_payload: most bytes of a message to @addr
 * @max_chain: most bytes of a chain
 */
struct virtio_argo_link {
	struct list_head node;
	struct virtio_argo_backend *be;
	struct argo_addr addr;
	struct argo_waiter waiter;
	bool woken;
	struct mutex turn; /* see above */
	u16 token;
	struct virtio_argo_answer answer;
	bool greeted;
	bool tried;
	int said;
	u32 max_payload;
	u32 max_chain;
};

/**
 * struct virtio_argo_dev - a device
 * @vdev: the virtio device
 * @parent: its parent, while it is registered
 * @be: the back end
 * @link: the port that it is at; changes while its queues are stopped
 * @num: the back end's number of the device
 * @ctl: protects what follows, up to @queue, but for @config_lock and the flags
 * @features: features that the back end offers
 * @driver_features: what the driver has chosen, without features of the hop
 * @agreed: the driver has chosen
 * @nr_queues: number of queues that the back end has
 * @queue_max: largest size of each
 * @config_size: bytes of @config
 * @written_from: the first byte of @config that the driver has written
 * @written_to: end of what the driver has written
 * @generation: generation of @config
 * @config_lock: protects the bytes of @config
 * @config: configuration space
 * @status: what the driver has set, less what the device refuses
 * @epoch: epoch of what is sent
 * @nr_vqs: number of queues that the driver has, or will have
 * @queue: the queues that the driver has, or NULL; under
 *	virtio_argo_backend.reader, too
 * @online: the back end has the device as the driver set it up
 * @failing: the device is broken off, or about to be: nothing is sent
 * @broken: every chain fails
 * @gone: the device is to be unregistered
 * @registered: the virtio device is registered, or was; @register_work's
 * @finished: @register_work has nothing more to do
 * @missed: the log tells that the back end has it no more
 * @away_since: jiffies when @online was last set or, if later, lost
 * @register_work: registers and unregisters the virtio device
 * @break_work: breaks the device off
 * @config_work: reads the configuration space anew
 * @counts: counters, by enum virtio_argo_count
 */
struct virtio_argo_dev {
	struct virtio_device vdev;
	struct platform_device *parent;
	struct virtio_argo_backend *be;
	struct virtio_argo_link *link;
	u16 num;

	struct mutex ctl; /* see above */
	u64 features;
	u64 driver_features;
	bool agreed;
	unsigned int nr_queues;
	u16 queue_max[VIRTIO_ARGO_MAX_QUEUES];
	u32 config_size;
	u32 written_from;
	u32 written_to;
	u32 generation;
	spinlock_t config_lock; /* innermost */
	u8 config[VIRTIO_ARGO_MAX_CONFIG];
	u8 status;
	u32 epoch;
	unsigned int nr_vqs;
	struct virtio_argo_queue *queue[VIRTIO_ARGO_MAX_QUEUES];

	bool online;
	bool failing;
	bool broken;
	bool gone;
	bool registered;
	bool finished;
	bool missed;
	unsigned long away_since;
	struct work_struct register_work;
	struct work_struct break_work;
	struct work_struct config_work;
	atomic64_t counts[VIRTIO_ARGO_COUNTS];
};

/**
 * struct virtio_argo_backend - a domain that may have devices
 * @node: in the list of all
 * @ref: the list, the ring and each device have a reference
 * @hv: attachment
 * @domid: the domain
 * @ring: what the domain sends to, NULL while there is none
 * @reader: see above
 * @paused: a restore is going on
 * @tasklet: reads @ring, and works for the devices in @kicked
 * @kicked: numbers of devices that the tasklet is to look at
 * @answers: waits for answers to control requests, and for devices to be gone
 * @links: virtio_argo_link.node of the links, the bus's first
 * @bus: the link to the bus
 * @dev: devices by their numbers; under @reader, and @link_work changes it
 * @link_work: finds the back end and its devices; all that follows is its own,
 *	but for flags that others set
 * @lost: the back end may have forgotten this domain
 * @losses: how often that was so
 * @rescan: devices came or went
 * @hurry: the next try is not to wait
 * @stopping: the back end is being given up
 * @removed: devices that went; a bit is set by the reader
 * @up: HELLO was answered, and devices were looked for
 * @up_since: jiffies when that was so
 * @pause: jiffies between tries
 * @not_before: jiffies of the next try
 * @drops: messages that made no sense; the reader's
 */
struct virtio_argo_backend {
	struct list_head node;
	refcount_t ref;
	struct argo_hv *hv;
	u16 domid;
	struct argo_ring *ring;
	spinlock_t reader; /* see above */
	bool paused;
	struct tasklet_struct tasklet;
	DECLARE_BITMAP(kicked, VIRTIO_ARGO_MAX_DEVICES);
	wait_queue_head_t answers;
	struct list_head links;
	struct virtio_argo_link *bus;
	struct virtio_argo_dev *dev[VIRTIO_ARGO_MAX_DEVICES];

	struct delayed_work link_work;
	bool lost;
	atomic_t losses;
	bool rescan;
	bool hurry;
	bool stopping;
	DECLARE_BITMAP(removed, VIRTIO_ARGO_MAX_DEVICES);
	bool up;
	unsigned long up_since;
	unsigned long pause;
	unsigned long not_before;
	u64 drops;
};

static inline void virtio_argo_count(struct virtio_argo_dev *dev,
				     enum virtio_argo_count which)
{
	atomic64_inc(&dev->counts[which]);
}

/* Each line of the log names both ends. */
#define virtio_argo_log(level, where, fmt, ...)				\
({									\
	const struct virtio_argo_link *_link = (where);			\
									\
	pr_##level("%s: devices of %u:%u for domain %u: " fmt,		\
		   argo_hv_params(_link->be->hv)->device,		\
		   _link->addr.domid, _link->addr.port,			\
		   argo_hv_domid(_link->be->hv), ##__VA_ARGS__);	\
})

/* Features of the hops from the driver to here, and from here to the back end. */
#define VIRTIO_ARGO_HOP_FEATURES	GENMASK_ULL(41, 28)

/* main.c */
extern struct workqueue_struct *virtio_argo_link_wq;
extern struct workqueue_struct *virtio_argo_dev_wq;
extern u32 virtio_argo_ring_size;
unsigned long virtio_argo_timeout(void);

/* link.c */
struct virtio_argo_backend *virtio_argo_backend_open(struct argo_hv *hv,
						     u16 domid);
void virtio_argo_backend_close(struct virtio_argo_backend *be);
void virtio_argo_backend_hold(struct virtio_argo_backend *be);
void virtio_argo_backend_put(struct virtio_argo_backend *be);
void virtio_argo_lost(struct virtio_argo_backend *be);
void virtio_argo_look(struct virtio_argo_backend *be);
void virtio_argo_hurry(struct virtio_argo_backend *be);
void virtio_argo_kick(struct virtio_argo_dev *dev);

/* control.c */
int virtio_argo_request(struct virtio_argo_link *link, int num, u8 msg_id,
			const void *request, u32 len, void *answer, u32 room);
bool virtio_argo_answered(struct virtio_argo_link *link,
			  const struct virtio_argo_control *header,
			  const struct argo_ring_msg *msg);

/* ring.c */
int virtio_argo_ring_open(struct virtio_argo_backend *be);
void virtio_argo_ring_close(struct virtio_argo_backend *be);
void virtio_argo_ring_init(struct virtio_argo_backend *be);

/* device.c */
struct virtio_argo_dev *virtio_argo_dev_create(struct virtio_argo_link *link,
					       u16 num);
void virtio_argo_dev_free(struct virtio_argo_dev *dev);
void virtio_argo_dev_register(struct virtio_argo_dev *dev);
void virtio_argo_dev_fail(struct virtio_argo_dev *dev, const char *why);
void virtio_argo_dev_remove(struct virtio_argo_dev *dev);
void virtio_argo_dev_away(struct virtio_argo_dev *dev);
void virtio_argo_dev_config_event(struct virtio_argo_dev *dev, u32 status);
u32 virtio_argo_max_segment(const struct virtio_argo_dev *dev);

/* config.c */
extern const struct virtio_config_ops virtio_argo_config_ops;

/* setup.c */
int virtio_argo_setup(struct virtio_argo_dev *dev);
int virtio_argo_setup_again(struct virtio_argo_dev *dev);
int virtio_argo_set_status(struct virtio_argo_dev *dev, u8 status);
int virtio_argo_set_features(struct virtio_argo_dev *dev);
int virtio_argo_read_config(struct virtio_argo_dev *dev, bool *changed);
int virtio_argo_write_config(struct virtio_argo_dev *dev, u32 offset, u32 len);
int virtio_argo_set_queue(struct virtio_argo_dev *dev, u16 index);
void virtio_argo_new_epoch(struct virtio_argo_dev *dev);
void virtio_argo_queues_start(struct virtio_argo_dev *dev);
void virtio_argo_queues_stop(struct virtio_argo_dev *dev);

/* queue.c */
struct virtio_argo_queue *virtio_argo_queue_create(struct virtio_argo_dev *dev,
						   u16 index, u32 size,
						   const struct virtqueue_info *info);
void virtio_argo_queue_destroy(struct virtio_argo_queue *q);
bool virtio_argo_queue_notify(struct virtqueue *vq);
void virtio_argo_queue_work(struct virtio_argo_queue *q);
void virtio_argo_queue_stop(struct virtio_argo_queue *q);
void virtio_argo_queue_start(struct virtio_argo_queue *q);
bool virtio_argo_queue_waits(const struct virtio_argo_queue *q);
void virtio_argo_queue_abort(struct virtio_argo_queue *q, bool all);
const char *virtio_argo_queue_used(struct virtio_argo_queue *q,
				   const struct virtio_argo_record *record,
				   const struct argo_ring_msg *msg, u32 from);

/* chain.c */
bool virtio_argo_chain_measure(const struct virtio_argo_queue *q, u16 id,
			       u32 *out, u32 *in);
void virtio_argo_chain_read(const struct virtio_argo_queue *q, u16 id, u32 from,
			    void *to, u32 n);
unsigned int virtio_argo_chain_pieces(const struct virtio_argo_queue *q, u16 id,
				      u32 from, u32 n, struct argo_hv_iov *iov,
				      unsigned int room);
void virtio_argo_chain_write(const struct virtio_argo_queue *q, u16 id, u32 at,
			     const void *from, u32 n);
void virtio_argo_chain_spoil(const struct virtio_argo_queue *q, u16 id);

/* dma.c */
int virtio_argo_dma_init(struct device *dev);

/* sysfs.c */
extern const struct attribute_group *virtio_argo_groups[];

#endif /* _ARGO_VIRTIO_VIRTIO_H */
