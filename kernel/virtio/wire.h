/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of the messages between the two sides of VirtIO devices;
 * docs/virtio-argo.md. The functions are pure: they compile in user space too,
 * where they are tested.
 */
#ifndef _ARGO_VIRTIO_WIRE_H
#define _ARGO_VIRTIO_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <asm/byteorder.h>
#else
#include "wire_user.h"
#endif

#include <uapi/linux/argo.h>

/* Types of messages: 'v', and which of the two formats. */
#define VIRTIO_ARGO_CONTROL		0x76000001u
#define VIRTIO_ARGO_DATA		0x76000002u

#define VIRTIO_ARGO_VERSION		1u

#define VIRTIO_ARGO_MAX_DEVICES		256u

/* virtio_argo_control.type */
#define VIRTIO_ARGO_RESPONSE		(1u << 0)
#define VIRTIO_ARGO_BUS			(1u << 1)

/* virtio_argo_control.msg_id of the bus */
#define VIRTIO_ARGO_GET_DEVICES		0x02
#define VIRTIO_ARGO_PING		0x03
#define VIRTIO_ARGO_EVENT_DEVICE	0x40
#define VIRTIO_ARGO_HELLO		0x80
#define VIRTIO_ARGO_LOCATE		0x81
#define VIRTIO_ARGO_EVENT_LOST		0xc0

/* virtio_argo_control.msg_id of a device */
#define VIRTIO_ARGO_GET_DEVICE_INFO	0x02
#define VIRTIO_ARGO_GET_FEATURES	0x03
#define VIRTIO_ARGO_SET_FEATURES	0x04
#define VIRTIO_ARGO_GET_CONFIG		0x05
#define VIRTIO_ARGO_SET_CONFIG		0x06
#define VIRTIO_ARGO_GET_STATUS		0x07
#define VIRTIO_ARGO_SET_STATUS		0x08
#define VIRTIO_ARGO_GET_VQUEUE		0x09
#define VIRTIO_ARGO_SET_VQUEUE		0x0a
#define VIRTIO_ARGO_EVENT_CONFIG	0x40

/* virtio_argo_event_device.state */
#define VIRTIO_ARGO_DEVICE_READY	1
#define VIRTIO_ARGO_DEVICE_REMOVED	2

/* A control message is this header and a payload. */
#define VIRTIO_ARGO_MAX_CONTROL		256u

struct virtio_argo_control {
	u8 type;
	u8 msg_id;
	__le16 dev_num;
	__le16 token;
	__le16 msg_size;
};

struct virtio_argo_hello {
	__le32 version;
	__le32 max_payload;
};

struct virtio_argo_hello_answer {
	__le32 version;
	__le32 max_payload;
	__le32 max_chain;
	__le32 zero;
	u8 instance[16];
};

struct virtio_argo_get_devices {
	__le16 offset;
	__le16 count;
};

/* A bit for each device follows. */
struct virtio_argo_devices {
	__le16 offset;
	__le16 count;
	__le16 next;
};

struct virtio_argo_locate {
	__le16 device;
};

struct virtio_argo_location {
	__le16 device;
	__le16 zero;
	__le32 port;
};

struct virtio_argo_event_device {
	__le16 device;
	__le16 state;
};

struct virtio_argo_info {
	__le32 device_id;
	__le32 vendor_id;
	__le32 feature_bits;
	__le32 config_size;
	__le32 queues;
	__le16 zero[2];
};

/* 64 bits of features, which is all that this driver side knows. */
struct virtio_argo_features {
	__le32 first;
	__le32 blocks;
	__le32 block[2];
};

struct virtio_argo_get_config {
	__le32 offset;
	__le32 len;
};

/* The bytes follow. */
struct virtio_argo_config {
	__le32 generation;
	__le32 offset;
	__le32 len;
};

struct virtio_argo_vqueue {
	__le32 queue;
	__le32 zero;
	__le32 size;
	__le32 zero2;
	__le64 addresses[3];
};

struct virtio_argo_vqueue_answer {
	__le32 queue;
	__le32 max_size;
	__le32 size;
	__le32 zero;
	__le64 addresses[3];
};

struct virtio_argo_event_config {
	__le32 status;
	__le32 generation;
	__le32 zero[2];
};

/* virtio_argo_record.op */
#define VIRTIO_ARGO_REQUEST		1
#define VIRTIO_ARGO_USED		2

/* virtio_argo_record.flags */
#define VIRTIO_ARGO_MORE		(1u << 0)
#define VIRTIO_ARGO_FAILED		(1u << 1)

/* A data message is one record after another; this is the header of one. */
struct virtio_argo_record {
	u8 op;
	u8 flags;
	__le16 dev_num;
	__le16 queue;
	__le16 id;
	__le32 epoch;
	__le32 len;
	__le32 in;
	__le32 offset;
};

/**
 * virtio_argo_control_ok() - does the header of a control message make sense?
 * @control: the header
 * @len: bytes of the message
 */
static inline bool virtio_argo_control_ok(const struct virtio_argo_control *control,
					  u32 len)
{
	return len >= sizeof(*control) &&
	       len <= sizeof(*control) + VIRTIO_ARGO_MAX_CONTROL &&
	       le16_to_cpu(control->msg_size) == len &&
	       !(control->type & ~(VIRTIO_ARGO_RESPONSE | VIRTIO_ARGO_BUS));
}

/**
 * virtio_argo_used_ok() - may this USED be of that chain?
 * @record: the record
 * @room: bytes that the device may write
 * @filled: end of what earlier records of the chain have written
 */
static inline bool virtio_argo_used_ok(const struct virtio_argo_record *record,
				       u32 room, u32 filled)
{
	const u32 offset = le32_to_cpu(record->offset);
	const u32 len = le32_to_cpu(record->len);

	if (record->flags & ~(VIRTIO_ARGO_MORE | VIRTIO_ARGO_FAILED))
		return false;
	if (len && (offset < filled || offset > room || len > room - offset))
		return false;
	if (record->flags & VIRTIO_ARGO_MORE)
		return !(record->flags & VIRTIO_ARGO_FAILED);
	return le32_to_cpu(record->in) <= room;
}

#endif /* _ARGO_VIRTIO_WIRE_H */
